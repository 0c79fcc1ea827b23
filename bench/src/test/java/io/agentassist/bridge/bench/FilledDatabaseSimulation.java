package io.agentassist.bridge.bench;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.gatling.javaapi.core.Assertion;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.scenario;

/**
 * Whether a cycle takes longer where the database holds the requests of a week,
 * {@code -Dfill} of them, and twice as many feedback counts. Two bridges, one with an
 * empty database and one with a filled one, get the same rate of cycles at the same time
 * (an open model): whatever else the machine does concerns both.
 */
public class FilledDatabaseSimulation extends BridgeSimulation {

	private static final int REQUESTS = Integer.getInteger("fill", 1_000_000);

	/** For each of the two, a second. */
	private static final int RATE = Integer.getInteger("rate", 50);

	private static final double LIMIT = 1.2;

	private final BridgeProcess filledBridge = new BridgeProcess(getClass().getSimpleName() + "-filled");

	private final Database filledDatabase = new Database(this.filledBridge.folder());

	private final Queue<Long> empty = new ConcurrentLinkedQueue<>();

	private final Queue<Long> filled = new ConcurrentLinkedQueue<>();

	/**
	 * Sets the run up.
	 */
	public FilledDatabaseSimulation() {
		Duration warmup = this.load.warmup();
		Duration measured = this.load.measured();
		Queue<Long> ignored = new ConcurrentLinkedQueue<>();
		setUp(scenario("begin").exec((session) -> session)
			.injectOpen(atOnceUsers(1))
			.andThen(cycles("warm-up, empty", this.bridge, warmup, ignored),
					cycles("warm-up, filled", this.filledBridge, warmup, ignored))
			.andThen(cycles("empty", this.bridge, measured, this.empty),
					cycles("filled", this.filledBridge, measured, this.filled))
			.andThen(scenario("compare").exec(this::compare)
				.exec(dummy("p50 in time", 0).withSuccess((session) -> session.getDouble("p50") <= LIMIT))
				.exec(dummy("p99 in time", 0).withSuccess((session) -> session.getDouble("p99") <= LIMIT))
				.injectOpen(atOnceUsers(1))))
			.maxDuration(warmup.plus(measured).plus(GRACE))
			// A cold bridge may refuse some of the warm-up's cycles: nobody waits for it.
			.assertions(none("empty", "trigger"), none("empty", "callback"), none("filled", "trigger"),
					none("filled", "callback"), none("p50 in time"), none("p99 in time"));
	}

	private static Assertion none(String... failed) {
		return details(failed).failedRequests().count().is(0L);
	}

	private PopulationBuilder cycles(String name, BridgeProcess target, Duration time, Queue<Long> times) {
		return scenario(name).exec(this.cycle.in(name, times::add))
			.injectOpen(constantUsersPerSec(RATE).during(time).randomized())
			.protocols(this.protocol.baseUrl(target.uri().toString()).shareConnections());
	}

	/** The one stays empty. */
	@Override
	void fill() {
	}

	@Override
	public void before() {
		super.before();
		this.filledBridge.startAfresh(this.provider.uri(), this.filledDatabase.settings());
		this.filledBridge.close();
		this.filledDatabase.addOldRows(REQUESTS);
		print("%d old requests and %d feedback counts in one of two databases".formatted(REQUESTS, 2 * REQUESTS));
		this.filledBridge.start(this.provider.uri(), this.filledDatabase.settings());
	}

	@Override
	void stop() {
		this.filledBridge.close();
		this.filledDatabase.close();
		super.stop();
	}

	private Session compare(Session session) {
		double p50 = ratio(0.5);
		double p99 = ratio(0.99);
		print("%d cycles/s each; empty p50 %.2f ms, p99 %.2f ms (%d cycles); filled p50 %.2f ms, p99 %.2f ms (%d cycles); filled/empty p50 %.2f, p99 %.2f"
			.formatted(RATE, percentile(this.empty, 0.5), percentile(this.empty, 0.99), this.empty.size(),
					percentile(this.filled, 0.5), percentile(this.filled, 0.99), this.filled.size(), p50, p99));
		return session.set("p50", p50).set("p99", p99);
	}

	private double ratio(double part) {
		return percentile(this.filled, part) / percentile(this.empty, part);
	}

	private static double percentile(Queue<Long> nanos, double part) {
		return nanos.stream().sorted().skip((long) (nanos.size() * part)).findFirst().orElseThrow() / 1e6;
	}

}
