package io.agentassist.bridge.routes;

import java.util.HashMap;
import java.util.Map;

import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.direct.DirectConsumer;
import org.springframework.stereotype.Component;

/**
 * Provides {@code direct:} endpoints whose consumer can be replaced while messages
 * arrive: those that arrive in between wait for some microseconds. Two routes with the
 * same name are refused elsewhere, by Camel and by {@link RouteValidator}.
 */
@Component("direct-component")
class TakeOverDirectComponent extends DirectComponent {

	/** The consumers that have their names. */
	private final Map<String, DirectConsumer> called = new HashMap<>();

	@Override
	public synchronized void addConsumer(String key, DirectConsumer consumer) {
		DirectConsumer previous = this.called.put(key, consumer);
		if (previous != null) {
			super.removeConsumer(key, previous);
		}
		super.addConsumer(key, consumer);
	}

	@Override
	public synchronized void removeConsumer(String key, DirectConsumer consumer) {
		this.called.remove(key, consumer);
		super.removeConsumer(key, consumer);
	}

	/** Whether messages to a consumer's name go to this one. */
	synchronized boolean isCalled(DirectConsumer consumer) {
		return this.called.containsValue(consumer);
	}

}
