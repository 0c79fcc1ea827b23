package io.agentassist.bridge.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;

/**
 * What the simulations share: a stub provider and a bridge for the time of the run, and
 * the reconciliation as its last step.
 */
abstract class BridgeSimulation extends Simulation {

	/**
	 * Ends a run in which something hangs: the load's own time and this much.
	 */
	static final Duration GRACE = Duration.ofMinutes(5);

	final Load load = Load.fromSystemProperties();

	final StubProvider provider = new StubProvider();

	final BridgeProcess bridge = new BridgeProcess(getClass().getSimpleName());

	final Database database = new Database(this.bridge.folder());

	final Ledger ledger = new Ledger();

	final Cycle cycle = new Cycle(this.ledger);

	final HttpProtocolBuilder protocol = http.baseUrl(this.bridge.uri().toString()).disableCaching();

	private volatile Reconciliation reconciliation;

	@Override
	public void before() {
		// For every way in which this JVM may end before after().
		Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
		// A Maven that was killed does not end this JVM.
		ProcessHandle.current().parent().ifPresent((maven) -> maven.onExit().thenRun(() -> System.exit(1)));
		this.provider.start();
		this.bridge.startAfresh(this.provider.uri(), this.database.settings());
		// The first start has made the tables.
		this.bridge.close();
		fill();
		this.bridge.start(this.provider.uri(), this.database.settings());
		print("bridge at " + this.bridge.uri() + ", stub provider at " + this.provider.uri() + " (GET /stats)");
	}

	/**
	 * Fills the database while the bridge is off.
	 */
	void fill() {
		int requests = Integer.getInteger("fill", 0);
		if (requests > 0) {
			this.database.addOldRows(requests);
			print("%d old requests and %d feedback rows in the database".formatted(requests, 2 * requests));
		}
	}

	@Override
	public void after() {
		stop();
	}

	/**
	 * The reconciliation, as a request of its own: so the assertion that none failed
	 * covers it, and the report shows it.
	 * @return the last population of a run
	 */
	PopulationBuilder reconcile() {
		ChainBuilder compare = exec((session) -> {
			long start = System.nanoTime();
			this.reconciliation = this.ledger.reconcile(auditDirectories(), this.provider::events);
			print(this.reconciliation + "; stub " + this.provider.stats());
			return session.set("settled_ms", (int) Duration.ofNanos(System.nanoTime() - start).toMillis());
		});
		return scenario("reconcile").exec(compare)
			.exec(dummy("reconcile", "#{settled_ms}").withSuccess((session) -> this.reconciliation.isClean()))
			.injectOpen(atOnceUsers(1));
	}

	List<Path> auditDirectories() {
		return List.of(this.bridge.auditDirectory());
	}

	void print(String line) {
		System.out.println(getClass().getSimpleName() + ": " + line);
	}

	/** Ends everything that was started. May be called again. */
	void stop() {
		this.bridge.close();
		this.provider.close();
		this.database.close();
	}

}
