package io.agentassist.bridge.bench;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

/**
 * How many cycles the bridge does in a second, and how long each takes, while a fixed
 * number of users start the next as soon as the last is done (a closed model). Each keeps
 * its connection, as a desktop and a provider do, which Gatling's own closed injection
 * would not: there each cycle would be a new user. It also tells how long the events that
 * went to analytics meanwhile had waited: that grows where delivery does not keep up.
 */
public class FullCycleSimulation extends BridgeSimulation {

	/** Poll interval, batch and a pause of the JVM; a growing backlog takes longer. */
	private static final int DELIVERY_LIMIT_MS = 5000;

	private final LongAdder cycles = new LongAdder();

	private final AtomicBoolean warm = new AtomicBoolean();

	/**
	 * Sets the run up.
	 */
	public FullCycleSimulation() {
		setUp(scenario("full cycle")
			.exec(during(this.load.warmup(), false).on(this.cycle.in("warm-up")),
					exec(this::beginDelivery),
					during(this.load.measured(), false).on(exec(this.cycle.in("cycle")).exec(this::count)))
			.injectOpen(atOnceUsers(this.load.users()))
			.andThen(reconcile())
			.andThen(delivery())).protocols(this.protocol)
			.maxDuration(this.load.warmup().plus(this.load.measured()).plus(GRACE))
			.assertions(global().failedRequests().count().is(0L),
					details("reconcile").successfulRequests().count().is(1L),
					details("delivery").responseTime().max().lt(DELIVERY_LIMIT_MS),
					// The contract's promise for every callback.
					details("cycle", "callback").responseTime().max().lt(5000));
	}

	/** What the warm-up left behind does not count. */
	private Session beginDelivery(Session session) {
		if (this.warm.compareAndSet(false, true)) {
			this.provider.takeAges();
		}
		return session;
	}

	/** The longest wait of an event, as a request of its own. */
	private PopulationBuilder delivery() {
		return scenario("delivery").exec((session) -> {
			List<Long> ages = this.provider.takeAges().stream().sorted().toList();
			long longest = ages.get(ages.size() - 1);
			print("%d events went to analytics meanwhile, after p50 %d ms, p99 %d ms, at most %d ms".formatted(
					ages.size(), ages.get(ages.size() / 2), ages.get(ages.size() * 99 / 100), longest));
			return session.set("longest_ms", (int) longest);
		}).exec(dummy("delivery", "#{longest_ms}")).injectOpen(atOnceUsers(1));
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
