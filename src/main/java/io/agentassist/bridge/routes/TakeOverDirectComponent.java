package io.agentassist.bridge.routes;

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

	@Override
	public void addConsumer(String key, DirectConsumer consumer) {
		this.takeOver.lock();
		try {
			DirectConsumer previous = getConsumer(key, false, 0);
			if (previous != null) {
				removeConsumer(key, previous);
			}
			super.addConsumer(key, consumer);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		finally {
			this.takeOver.unlock();
		}
	}

}
