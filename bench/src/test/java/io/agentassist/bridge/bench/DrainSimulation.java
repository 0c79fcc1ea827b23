package io.agentassist.bridge.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.scenario;

/**
 * How fast a backlog of events goes to analytics after an outage, {@code -Dbacklog} of
 * them.
 */
public class DrainSimulation extends BridgeSimulation {

	private static final int BACKLOG = Integer.getInteger("backlog", 200_000);

	private static final int WANTED_PER_SECOND = 2000;

	/**
	 * Sets the run up.
	 */
	public DrainSimulation() {
		setUp(scenario("drain").exec((session) -> session.set("drain_ms", (int) awaitDrain().toMillis()))
			.exec(dummy("drain", "#{drain_ms}"))
			.injectOpen(atOnceUsers(1))).protocols(this.protocol)
			.maxDuration(GRACE)
			.assertions(details("drain").responseTime().max().lt(BACKLOG * 1000 / WANTED_PER_SECOND));
	}

	@Override
	void fill() {
		this.database.addBacklog(BACKLOG);
	}

	/** From the first event on: the start of the process is not measured. */
	private Duration awaitDrain() {
		awaitReceived(1);
		long first = System.nanoTime();
		List<Long> rates = new ArrayList<>();
		for (int tenth = 1; tenth <= 10; tenth++) {
			long start = System.nanoTime();
			awaitReceived(BACKLOG / 10 * tenth);
			rates.add(BACKLOG / 10 * 1_000_000_000L / (System.nanoTime() - start));
		}
		Duration time = Duration.ofNanos(System.nanoTime() - first);
		print("%d events in %d ms, %d events/s, each tenth %s; stub %s".formatted(BACKLOG, time.toMillis(),
				BACKLOG * 1000L / time.toMillis(), rates, this.provider.stats()));
		return time;
	}

	private void awaitReceived(int events) {
		while (this.provider.received() < events) {
			sleep();
		}
	}

	private static void sleep() {
		try {
			Thread.sleep(5);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
