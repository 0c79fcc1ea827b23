package io.agentassist.bridge.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpProtocolBuilder;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.scenario;

/**
 * Whether two replicas on one PostgreSQL do more cycles in a second than one. Each is
 * pinned to a CPU of its own, as if that were its machine; driver, stub and database run
 * wherever there is room. Both are warmed up, then one alone and both take turns: while
 * one is alone, the other is frozen (SIGSTOP) and has nothing in hand.
 */
public class ReplicasSimulation extends BridgeSimulation {

	private static final int ROUNDS = 2;

	private static final Duration DELIVERY_LIMIT = Duration.ofSeconds(60);

	static {
		// Of the base class's database: replicas share a PostgreSQL.
		System.setProperty("database", "postgresql");
	}

	private final BridgeProcess second = new BridgeProcess(getClass().getSimpleName() + "-second");

	private final List<LongAdder> alone = new ArrayList<>();

	private final List<LongAdder> together = new ArrayList<>();

	/**
	 * Sets the run up.
	 */
	public ReplicasSimulation() {
		HttpProtocolBuilder both = this.protocol.baseUrls(this.bridge.uri().toString(), this.second.uri().toString());
		PopulationBuilder run = cycles("warm-up", both, this.load.warmup(), new LongAdder());
		for (int round = 1; round <= ROUNDS; round++) {
			this.alone.add(new LongAdder());
			this.together.add(new LongAdder());
			run = run.andThen(step("freeze " + round, this.second::freeze))
				.andThen(cycles("one " + round, this.protocol, this.load.measured(), this.alone.get(round - 1)))
				.andThen(step("thaw " + round, this.second::thaw))
				.andThen(cycles("two " + round, both, this.load.measured(), this.together.get(round - 1)));
		}
		setUp(run.andThen(reconcile()).andThen(compare()))
			.maxDuration(this.load.warmup().plus(this.load.measured().multipliedBy(2 * ROUNDS)).plus(GRACE))
			.assertions(details("reconcile").successfulRequests().count().is(1L),
					details("two beat one").successfulRequests().count().is(1L));
	}

	private PopulationBuilder cycles(String name, HttpProtocolBuilder target, Duration time, LongAdder count) {
		return scenario(name).exec(during(time, false).on(exec(this.cycle.in(name)).exec((session) -> {
			if (!session.isFailed()) {
				count.increment();
			}
			return session;
		}))).injectOpen(atOnceUsers(this.load.users())).protocols(target);
	}

	/** Between two loads, once everything is delivered. */
	private PopulationBuilder step(String name, Runnable action) {
		return scenario(name).exec((session) -> {
			awaitDelivered();
			action.run();
			return session;
		}).injectOpen(atOnceUsers(1));
	}

	private void awaitDelivered() {
		long deadline = System.nanoTime() + DELIVERY_LIMIT.toNanos();
		while (this.provider.events().size() < this.ledger.size() && System.nanoTime() < deadline) {
			try {
				Thread.sleep(100);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
		}
	}

	private PopulationBuilder compare() {
		return scenario("compare").exec((Session session) -> {
			double ratio = (double) sum(this.together) / sum(this.alone);
			print("one replica %s cycles/s, two %s cycles/s, two/one %.2f".formatted(rates(this.alone),
					rates(this.together), ratio));
			return session.set("ratio", ratio);
		})
			.exec(dummy("two beat one", 0).withSuccess((session) -> session.getDouble("ratio") > 1))
			.injectOpen(atOnceUsers(1));
	}

	private List<Long> rates(List<LongAdder> phases) {
		return phases.stream().map((cycles) -> cycles.sum() / this.load.measured().toSeconds()).toList();
	}

	private static long sum(List<LongAdder> phases) {
		return phases.stream().mapToLong(LongAdder::sum).sum();
	}

	@Override
	List<Path> auditDirectories() {
		return List.of(this.bridge.auditDirectory(), this.second.auditDirectory());
	}

	@Override
	public void before() {
		this.bridge.pinTo(0);
		this.second.pinTo(1);
		super.before();
		this.second.startAfresh(this.provider.uri(), this.database.settings());
	}

	@Override
	void stop() {
		this.second.close();
		super.stop();
	}

}
