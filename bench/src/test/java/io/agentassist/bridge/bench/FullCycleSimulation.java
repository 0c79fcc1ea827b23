package io.agentassist.bridge.bench;

import java.util.concurrent.atomic.LongAdder;

import io.gatling.javaapi.core.Session;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

/**
 * How many cycles the bridge does in a second, and how long each takes, while a fixed
 * number of users start the next as soon as the last is done (a closed model). Each keeps
 * its connection, as a desktop and a provider do, which Gatling's own closed injection
 * would not: there each cycle would be a new user.
 */
public class FullCycleSimulation extends BridgeSimulation {

	private final LongAdder cycles = new LongAdder();

	/**
	 * Sets the run up.
	 */
	public FullCycleSimulation() {
		setUp(scenario("full cycle")
			.exec(during(this.load.warmup(), false).on(this.cycle.in("warm-up")),
					during(this.load.measured(), false).on(exec(this.cycle.in("cycle")).exec(this::count)))
			.injectOpen(atOnceUsers(this.load.users()))
			.andThen(reconcile())).protocols(this.protocol)
			.maxDuration(this.load.warmup().plus(this.load.measured()).plus(GRACE))
			.assertions(global().failedRequests().count().is(0L),
					details("reconcile").successfulRequests().count().is(1L),
					// The contract's promise for every callback.
					details("cycle", "callback").responseTime().max().lt(5000));
	}

	@Override
	public void after() {
		long seconds = this.load.measured().toSeconds();
		print("%d users, %d cycles in %d s, %d cycles/s".formatted(this.load.users(), this.cycles.sum(), seconds,
				this.cycles.sum() / seconds));
		super.after();
	}

	private Session count(Session session) {
		if (!session.isFailed()) {
			this.cycles.increment();
		}
		return session;
	}

}
