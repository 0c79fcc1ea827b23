package io.agentassist.bridge.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import io.agentassist.bridge.PackagedBridge;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Kills the packaged bridge under load, starts it again, lets the senders repeat what was
 * not acknowledged, and compares. The system property {@code crash.kills} says how often;
 * the Maven profile {@code crash} sets it to 50.
 */
class CrashIT {

	private static final int KILLS = Integer.getInteger("crash.kills", 2);

	private static final long SEED = Long.getLong("crash.seed", System.nanoTime());

	private final Random random = new Random(SEED);

	/** Not a folder in memory, where writes cost nothing. Kept where a run failed. */
	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	private Path folder;

	private final Outside outside = new Outside();

	@Test
	void shouldLoseAndDoubleNothingWhenKilledOnH2() throws Exception {
		Path bridge = Files.createDirectory(this.folder.resolve("bridge"));
		killAndCompare("H2", bridge, new Engine.H2(bridge));
	}

	@Test
	void shouldLoseAndDoubleNothingWhenKilledOnPostgreSql() throws Exception {
		Path bridge = Files.createDirectory(this.folder.resolve("bridge"));
		killAndCompare("PostgreSQL", bridge, new Engine.PostgreSql(this.folder.resolve("postgresql")));
	}

	@Test
	void shouldAnswer503AndRecoverWhenPostgreSqlRestarts() throws Exception {
		Path home = Files.createDirectory(this.folder.resolve("bridge"));
		try (Engine.PostgreSql engine = new Engine.PostgreSql(this.folder.resolve("postgresql"));
				PackagedBridge bridge = bridge(home, engine)) {
			bridge.startAndAwait();
			Senders senders = new Senders(bridge::url);
			awaitMore(senders, 50);
			// All connections cut, the server stays.
			engine.connect()
				.queryForList("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
						+ "AND application_name LIKE 'PostgreSQL JDBC%'");
			awaitMore(senders, 50);
			engine.stop();
			await().atMost(Duration.ofMinutes(1)).until(() -> senders.unavailable() > 20);
			engine.start();
			awaitMore(senders, 50);
			senders.close();
			assertThat(senders.unexpected()).isEmpty();
			report("PostgreSQL down", 0, senders, bridge, engine);
		}
	}

	@Test
	void shouldDeliverEverythingWhenAnalyticsWasDown() throws Exception {
		Path home = Files.createDirectory(this.folder.resolve("bridge"));
		try (Engine engine = new Engine.H2(home); PackagedBridge bridge = bridge(home, engine)) {
			this.outside.setAnalyticsDown(true);
			bridge.startAndAwait();
			Senders senders = new Senders(bridge::url);
			awaitMore(senders, 100);
			senders.close();
			assertThat(senders.unexpected()).isEmpty();
			assertThat(this.outside.events()).isEmpty();
			this.outside.setAnalyticsDown(false);
			report("analytics down", 0, senders, bridge, engine);
		}
	}

	@Test
	@EnabledIf(value = "io.agentassist.bridge.crash.SmallDisk#isPossible",
			disabledReason = "mounting a small disk takes root")
	void shouldDeliverEverythingWhenDiskOfAuditLogWasFull() throws Exception {
		Path home = Files.createDirectory(this.folder.resolve("bridge"));
		try (Engine engine = new Engine.H2(home); PackagedBridge bridge = bridge(home, engine)) {
			try (SmallDisk disk = new SmallDisk(bridge.auditDirectory())) {
				bridge.startAndAwait();
				Senders senders = new Senders(bridge::url);
				await().atMost(Duration.ofMinutes(2)).until(() -> bridge.log().contains("Audit delivery fails"));
				// The rest of the product goes on.
				awaitMore(senders, 50);
				assertThat(bridge.log()).doesNotContain("Audit delivery works again");
				disk.enlarge();
				await().atMost(Duration.ofMinutes(1)).until(() -> bridge.log().contains("Audit delivery works again"));
				senders.close();
				assertThat(senders.unexpected()).isEmpty();
				report("disk full", 0, senders, bridge, engine);
			}
		}
	}

	private void killAndCompare(String name, Path home, Engine engine) throws Exception {
		try (engine; PackagedBridge bridge = bridge(home, engine)) {
			bridge.startAndAwait();
			Senders senders = new Senders(bridge::url);
			for (int kill = 0; kill < KILLS; kill++) {
				awaitMore(senders, 1);
				// A moment that nobody chose.
				TimeUnit.MILLISECONDS.sleep(this.random.nextInt(2000));
				bridge.kill();
				bridge.startAndAwait();
			}
			awaitMore(senders, 1);
			senders.close();
			assertThat(senders.unexpected()).isEmpty();
			report(name, KILLS, senders, bridge, engine);
		}
	}

	/** Waits until deliveries have come to rest, stops the bridge, compares. */
	private void report(String name, int kills, Senders senders, PackagedBridge bridge, Engine engine)
			throws IOException {
		int interactions = senders.callbacks().size() + senders.feedback().size();
		await().atMost(Duration.ofMinutes(3))
			.pollInterval(Duration.ofMillis(200))
			.until(() -> this.outside.events()
				.values()
				.stream()
				.filter((event) -> Reconciliation.name(event) != null)
				.count() >= interactions && bridge.auditLines().size() >= interactions);
		bridge.close();
		bridge.start("-XX:TieredStopAtLevel=1", "-jar", PackagedBridge.jar(), "audit", "verify",
				bridge.auditDirectory().toString());
		assertThat(bridge.process().onExit().join().exitValue()).as(bridge.log()).isZero();
		Reconciliation result = Reconciliation.of(senders, this.outside, engine.connect(), bridge.auditLines());
		System.out.printf("%-16s kills %3d  acknowledged %7d  lost %d  doubled %d  redelivered %d  (seed %d)%n", name,
				kills, result.acknowledged(), result.lost().size(), result.doubled().size(), result.redelivered(),
				SEED);
		assertThat(result.lost()).isEmpty();
		assertThat(result.doubled()).isEmpty();
	}

	private void awaitMore(Senders senders, int cycles) {
		int before = senders.feedback().size();
		await().atMost(Duration.ofMinutes(2)).until(() -> senders.feedback().size() >= before + cycles);
	}

	private PackagedBridge bridge(Path home, Engine engine) {
		Map<String, String> settings = new HashMap<>(engine.settings());
		settings.put("agentassist.genesys.client-id", "crash");
		settings.put("agentassist.genesys.client-secret", "crash-secret-0123456789");
		settings.put("agentassist.genesys.api-url", this.outside.url());
		settings.put("agentassist.genesys.login-url", this.outside.url());
		settings.put("agentassist.public-url", "http://127.0.0.1");
		settings.put("agentassist.callback.auth", "none");
		settings.put("agentassist.api.auth", "none");
		settings.put("agentassist.analytics.endpoint", this.outside.url() + "/events");
		// Failed deliveries are due again soon: the run ends with all of them done.
		settings.put("agentassist.outbox.max-delay", "2s");
		settings.put("agentassist.outbox.max-probe-delay", "2s");
		settings.put("agentassist.outbox.claim-time", "5s");
		// A cold process on a busy machine takes its time; that is not what is tested
		// here.
		settings.put("agentassist.suggestions.max-construction-latency", "10s");
		return new PackagedBridge(home, settings);
	}

}
