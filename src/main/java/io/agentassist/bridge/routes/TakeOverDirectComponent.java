package io.agentassist.bridge.routes;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.direct.DirectConsumer;

/**
 * Provides {@code direct:} endpoints whose consumer can be replaced while messages
 * arrive: those that arrive in between wait for some microseconds. Two routes with the
 * same name are refused elsewhere, by Camel and by {@link RouteValidator}.
 */
class TakeOverDirectComponent extends DirectComponent {

	private final ReentrantLock takeOver = new ReentrantLock();

	/** The consumers that have their names. */
	private final Set<DirectConsumer> called = ConcurrentHashMap.newKeySet();

	@Override
	public void addConsumer(String key, DirectConsumer consumer) {
		this.takeOver.lock();
		try {
			DirectConsumer previous = getConsumer(key, false, 0);
			if (previous != null) {
				removeConsumer(key, previous);
			}
			super.addConsumer(key, consumer);
			this.called.add(consumer);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		finally {
			this.takeOver.unlock();
		}
	}

	@Override
	public void removeConsumer(String key, DirectConsumer consumer) {
		this.called.remove(consumer);
		super.removeConsumer(key, consumer);
	}

	/** Whether messages to a consumer's name go to this one. */
	boolean isCalled(DirectConsumer consumer) {
		return this.called.contains(consumer);
	}

}
