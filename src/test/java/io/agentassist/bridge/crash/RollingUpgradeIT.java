package io.agentassist.bridge.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.agentassist.bridge.PackagedBridge;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Replaces two instances of an earlier version on one PostgreSQL, one after the other,
 * under load, and compares. {@code -Dprevious.archive=FILE} names the earlier version's
 * archive.
 */
@EnabledIfSystemProperty(named = "previous.archive", matches = ".+",
		disabledReason = "takes the archive of an earlier version, -Dprevious.archive=FILE")
class RollingUpgradeIT {

	private static final Path ARCHIVE = Path.of("target", "agent-assist-bridge.tar.gz").toAbsolutePath();

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	private Path folder;

	private final Outside outside = new Outside();

	private final List<PackagedBridge> started = new ArrayList<>();

	private Engine engine;

	@BeforeEach
	void startDatabase() {
		this.engine = new Engine.PostgreSql(this.folder.resolve("postgresql"));
	}

	@AfterEach
	void stop() {
		this.started.forEach(PackagedBridge::close);
		this.engine.close();
		this.outside.close();
	}

	@Test
	void shouldLoseAndDoubleNothingWhenInstancesAreReplacedOneAfterTheOther() throws Exception {
		Path previous = Path.of(System.getProperty("previous.archive"));
		List<PackagedBridge> inService = new CopyOnWriteArrayList<>();
		for (String name : List.of("a", "b")) {
			inService.add(unpack(previous, name));
			inService.get(inService.size() - 1).startAndAwait();
		}
		String before = tables();
		// As a load balancer that knows of no upgrade: each call to the next instance.
		AtomicInteger calls = new AtomicInteger();
		Senders senders = new Senders(
				(path) -> inService.get(Math.floorMod(calls.getAndIncrement(), inService.size())).url(path));
		senders.awaitMore(50);
		for (int i = 0; i < inService.size(); i++) {
			PackagedBridge old = inService.get(i);
			PackagedBridge upgraded = unpack(ARCHIVE, "upgraded-" + i);
			old.close();
			Files.move(old.auditDirectory().getParent(), upgraded.auditDirectory().getParent());
			upgraded.startAndAwait();
			inService.set(i, upgraded);
			// After the first one: old and new side by side, on the new tables.
			senders.awaitMore(200);
		}
		senders.close();
		assertThat(senders.unexpected()).isEmpty();
		assertThat(tables()).as("the archive is of a version with other tables").isNotEqualTo(before);

		Reconciliation.awaitDeliveries(senders, this.outside, () -> auditLines(inService));
		for (PackagedBridge bridge : inService) {
			bridge.close();
			bridge.start("-jar", PackagedBridge.jar(), "audit", "verify", bridge.auditDirectory().toString());
			assertThat(bridge.process().onExit().join().exitValue()).as(bridge.log()).isZero();
		}
		Reconciliation result = Reconciliation.of(senders, this.outside, this.engine.connect(), auditLines(inService));
		System.out.printf("rolling upgrade, tables %s to %s  acknowledged %d  lost %d  doubled %d  redelivered %d%n",
				before, tables(), result.acknowledged(), result.lost().size(), result.doubled().size(),
				result.redelivered());
		assertThat(result.lost()).isEmpty();
		assertThat(result.doubled()).isEmpty();
	}

	private PackagedBridge unpack(Path archive, String name) throws IOException {
		Map<String, String> settings = new HashMap<>(this.engine.settings());
		settings.putAll(this.outside.settings());
		PackagedBridge bridge = PackagedBridge.unpack(archive, Files.createDirectory(this.folder.resolve(name)),
				settings);
		this.started.add(bridge);
		return bridge;
	}

	private String tables() {
		return this.engine.connect()
			.queryForObject("SELECT version FROM flyway_schema_history ORDER BY installed_rank DESC LIMIT 1",
					String.class);
	}

	private static List<String> auditLines(List<PackagedBridge> bridges) {
		return bridges.stream().flatMap((bridge) -> bridge.auditLines().stream()).toList();
	}

}
