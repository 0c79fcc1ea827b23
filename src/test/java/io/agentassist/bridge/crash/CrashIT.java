package io.agentassist.bridge.crash;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
			senders.awaitMore(50);
			// All connections cut, the server stays.
			engine.connect()
				.queryForList("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
						+ "AND application_name LIKE 'PostgreSQL JDBC%'");
			senders.awaitMore(50);
			engine.stop();
			await().atMost(Duration.ofMinutes(1)).until(() -> senders.unavailable() > 20);
			assertThat(readiness(bridge)).isEqualTo(503);
			engine.start();
			await().atMost(Duration.ofMinutes(1)).until(() -> readiness(bridge) == 200);
			senders.awaitMore(50);
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
			senders.awaitMore(100);
			senders.close();
			assertThat(senders.unexpected()).isEmpty();
			assertThat(this.outside.events()).isEmpty();
			this.outside.setAnalyticsDown(false);
			report("analytics down", 0, senders, bridge, engine);
		}
	}

	/** First that of the audit log, then that of the database too. */
	@Test
	@EnabledIf(value = "io.agentassist.bridge.crash.SmallDisk#isPossible",
			disabledReason = "mounting a small disk takes root")
	void shouldDeliverEverythingWhenDisksWereFull() throws Exception {
		Path home = Files.createDirectory(this.folder.resolve("bridge"));
		try (Engine engine = new Engine.H2(home);
				PackagedBridge bridge = bridge(home, engine);
				SmallDisk data = new SmallDisk(home.resolve("data"), "64m");
				SmallDisk audit = new SmallDisk(bridge.auditDirectory(), "64k")) {
			bridge.startAndAwait();
			Senders senders = new Senders(bridge::url);
			await().atMost(Duration.ofMinutes(2)).until(() -> bridge.log().contains("Audit delivery fails"));
			// The rest of the product goes on.
			senders.awaitMore(50);
			assertThat(bridge.log()).doesNotContain("Audit delivery works again");
			audit.enlarge();
			await().atMost(Duration.ofMinutes(1)).until(() -> bridge.log().contains("Audit delivery works again"));

			data.fill();
			await().atMost(Duration.ofMinutes(1)).until(() -> senders.unavailable() > 20);
			// Reading went on, and nothing was left to be written, so all looked well.
			assertThat(readiness(bridge)).isEqualTo(503);
			data.enlarge();
			// H2 closes a database that it cannot write to, and the pool kept the
			// connection.
			await().atMost(Duration.ofMinutes(1)).until(() -> readiness(bridge) == 200);
			senders.awaitMore(50);
			senders.close();
			assertThat(senders.unexpected()).isEmpty();
			// H2's own log quotes statements and rows.
			assertThat(home.resolve("data").toFile().list()).noneMatch((name) -> name.endsWith(".trace.db"));
			assertThat(bridge.log()).doesNotContain("\tat ");
			report("disks full", 0, senders, bridge, engine);
		}
	}

	private void killAndCompare(String name, Path home, Engine engine) throws Exception {
		try (engine; PackagedBridge bridge = bridge(home, engine)) {
			bridge.startAndAwait();
			Senders senders = new Senders(bridge::url);
			for (int kill = 0; kill < KILLS; kill++) {
				senders.awaitMore(1);
				// A moment that nobody chose.
				TimeUnit.MILLISECONDS.sleep(this.random.nextInt(2000));
				bridge.kill();
				bridge.startAndAwait();
			}
			senders.awaitMore(1);
			senders.close();
			assertThat(senders.unexpected()).isEmpty();
			report(name, KILLS, senders, bridge, engine);
		}
	}

	/** Waits until deliveries have come to rest, stops the bridge, compares. */
	private void report(String name, int kills, Senders senders, PackagedBridge bridge, Engine engine)
			throws IOException {
		Reconciliation.awaitDeliveries(senders, this.outside, bridge::auditLines);
		bridge.close();
		bridge.start("-jar", PackagedBridge.jar(), "audit", "verify", bridge.auditDirectory().toString());
		assertThat(bridge.process().onExit().join().exitValue()).as(bridge.log()).isZero();
		Reconciliation result = Reconciliation.of(senders, this.outside, engine.connect(), bridge.auditLines());
		System.out.printf("%-16s kills %3d  acknowledged %7d  lost %d  doubled %d  redelivered %d  (seed %d)%n", name,
				kills, result.acknowledged(), result.lost().size(), result.doubled().size(), result.redelivered(),
				SEED);
		assertThat(result.lost()).isEmpty();
		assertThat(result.doubled()).isEmpty();
	}

	private static int readiness(PackagedBridge bridge) throws IOException, InterruptedException {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(bridge.managementUrl("/actuator/health/readiness")).build(),
					HttpResponse.BodyHandlers.discarding())
			.statusCode();
	}

	private PackagedBridge bridge(Path home, Engine engine) {
		Map<String, String> settings = new HashMap<>(engine.settings());
		settings.putAll(this.outside.settings());
		return new PackagedBridge(home, settings);
	}

}
