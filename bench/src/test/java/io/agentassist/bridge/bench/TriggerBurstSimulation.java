package io.agentassist.bridge.bench;

import java.time.Duration;
import java.util.concurrent.atomic.LongAccumulator;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantConcurrentUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

/**
 * Whether a slow provider costs each desktop its own wait only: a thousand requests at
 * once, each on a new connection, to a provider that takes half a second. Taken one after
 * another by 32 threads they would need 16 seconds.
 */
public class TriggerBurstSimulation extends BridgeSimulation {

	private static final int TRIGGERS = 1000;

	private static final Duration PROVIDER_DELAY = Duration.ofMillis(500);

	private static final int LIMIT_MS = 3000;

	private final LongAccumulator first = new LongAccumulator(Math::min, Long.MAX_VALUE);

	private final LongAccumulator last = new LongAccumulator(Math::max, Long.MIN_VALUE);

	/**
	 * Sets the run up.
	 */
	public TriggerBurstSimulation() {
		// Each cycle on a new connection: the burst needs that path warm, at both ends.
		setUp(scenario("warm-up").exec(this.cycle.in("warm-up"))
			.injectClosed(constantConcurrentUsers(this.load.users()).during(this.load.warmup()))
			.andThen(burst().andThen(total().andThen(reconcile())))).protocols(this.protocol)
			.maxDuration(this.load.warmup().plus(GRACE))
			.assertions(global().failedRequests().count().is(0L),
					details("trigger").successfulRequests().count().is((long) TRIGGERS),
					details("all answers").responseTime().max().lt(LIMIT_MS),
					details("reconcile").successfulRequests().count().is(1L));
	}

	private PopulationBuilder burst() {
		return scenario("burst").exec(this::begin)
			.exec(Cycle.trigger())
			.exec(this::end)
			.injectOpen(atOnceUsers(TRIGGERS));
	}

	/**
	 * The time from the first trigger to the last answer, as a request of its own: no
	 * figure of Gatling's has it.
	 * @return the population that reports it
	 */
	private PopulationBuilder total() {
		return scenario("total").exec((session) -> {
			int total = (int) Duration.ofNanos(this.last.get() - this.first.get()).toMillis();
			print("%d triggers at once, all answered after %d ms (provider: %d ms)".formatted(TRIGGERS, total,
					PROVIDER_DELAY.toMillis()));
			return session.set("total_ms", total);
		}).exec(dummy("all answers", "#{total_ms}")).injectOpen(atOnceUsers(1));
	}

	private Session begin(Session session) {
		this.provider.answerQueriesAfter(PROVIDER_DELAY);
		this.first.accumulate(System.nanoTime());
		return this.cycle.next(session);
	}

	private Session end(Session session) {
		this.last.accumulate(System.nanoTime());
		return session;
	}

}
