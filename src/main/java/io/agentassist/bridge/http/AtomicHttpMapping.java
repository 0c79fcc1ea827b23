package io.agentassist.bridge.http;

import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

import jakarta.servlet.http.HttpServletRequest;

import org.apache.camel.component.platform.http.HttpEndpointModel;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.springboot.CamelRequestHandlerMapping;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;

/**
 * Maps paths to the routes that serve them. Unlike in Camel's own mapping, a new route
 * takes over an old one's path without a gap in which a request finds neither, and a path
 * disappears with its route. Thread safe.
 */
public class AtomicHttpMapping extends CamelRequestHandlerMapping {

	private final ReadWriteLock lock = new ReentrantReadWriteLock();

	AtomicHttpMapping(PlatformHttpComponent component, PlatformHttpEngine engine) {
		super(component, engine);
	}

	@Override
	protected HandlerMethod getHandlerInternal(HttpServletRequest request) throws Exception {
		this.lock.readLock().lock();
		try {
			return super.getHandlerInternal(request);
		}
		finally {
			this.lock.readLock().unlock();
		}
	}

	@Override
	public void registerHttpEndpoint(HttpEndpointModel model) {
		this.lock.writeLock().lock();
		try {
			super.registerHttpEndpoint(model);
		}
		finally {
			this.lock.writeLock().unlock();
		}
	}

	/**
	 * Removes the paths that a consumer still has.
	 * @param consumer the consumer of a removed route
	 */
	public void unregister(PlatformHttpConsumer consumer) {
		List<RequestMappingInfo> own = getHandlerMethods().entrySet()
			.stream()
			.filter((mapping) -> mapping.getValue().getBean() == consumer)
			.map(Map.Entry::getKey)
			.toList();
		own.forEach(this::unregisterMapping);
	}

}
