package io.agentassist.bridge.bench;

import java.time.Duration;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.scenario;

/**
 * How fast a backlog of events goes to analytics after an outage, {@code -Dbacklog} of
 * them.
 */
public class DrainSimulation extends BridgeSimulation {

	private static final int BACKLOG = Integer.getInteger("backlog", 50_000);

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
		long first = 0;
		for (int count = 0; count < BACKLOG; count = this.provider.received()) {
			first = (first == 0 && count > 0) ? System.nanoTime() : first;
			sleep();
		}
		Duration time = Duration.ofNanos(System.nanoTime() - first);
		print("%d events in %d ms, %d events/s; stub %s".formatted(BACKLOG, time.toMillis(),
				BACKLOG * 1000L / time.toMillis(), this.provider.stats()));
		return time;
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
