package io.agentassist.bridge.routes;

import java.util.concurrent.locks.ReentrantLock;

import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.direct.DirectConsumer;

/**
 * {@code direct:} endpoints whose consumer may be followed by another one while messages
 * come: those that come in between wait, which takes microseconds. Two routes of one name
 * are refused elsewhere, by Camel and by {@link RouteValidator}.
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
