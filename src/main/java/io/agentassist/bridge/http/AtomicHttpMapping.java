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
 * Paths and the routes that serve them. A new route takes over the path of an old one
 * without a request in between that finds neither, and a path goes when its route does:
 * Camel's own mapping does neither.
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
	 * Takes the paths away that a consumer still has.
	 * @param consumer of a route that is no more
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
