package io.agentassist.bridge.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import com.zaxxer.hikari.HikariDataSource;
import io.agentassist.bridge.TestClock;
import io.agentassist.bridge.TestDatabase;
import io.agentassist.bridge.operations.Degraded;
import io.agentassist.bridge.settings.InvalidSettingException;
import javax.sql.DataSource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.test.jdbc.JdbcTestUtils;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * Shows that the audit log holds each event once, in one chain per instance, whatever
 * happens to the process, the disk, the database and the other instances.
 */
@Tag("state")
@ExtendWith(OutputCaptureExtension.class)
class AuditLogTest {

	private static final ObjectMapper JSON = new ObjectMapper();

	private static final int LARGE = 1 << 20;

	private static HikariDataSource database;

	private final TestClock clock = new TestClock();

	private final List<AuditInstance> instances = new ArrayList<>();

	@TempDir
	Path temporary;

	@BeforeAll
	static void makeDatabase(@TempDir Path folder) {
		Map<String, String> settings = TestDatabase.of(new MockEnvironment().withProperty("spring.datasource.url",
				"jdbc:h2:file:unused;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;LOCK_TIMEOUT=60000"), folder);
		database = DataSourceBuilder.create()
			.type(HikariDataSource.class)
			.url(settings.get("spring.datasource.url"))
			.username(settings.get("spring.datasource.username"))
			.password(settings.get("spring.datasource.password"))
			.build();
		Flyway.configure().dataSource(database).load().migrate();
	}

	@AfterAll
	static void closeDatabase() {
		database.close();
	}

	@BeforeEach
	void emptyDatabase() {
		JdbcTestUtils.deleteFromTables(new JdbcTemplate(database), "outbox", "audit_chain");
	}

	@AfterEach
	void stop() {
		this.instances.forEach(AuditInstance::close);
	}

	private Path directory() {
		return this.temporary.resolve("audit");
	}

	private AuditInstance start(String instanceId) {
		return start(instanceId, LARGE);
	}

	private AuditInstance start(String instanceId, int maxFileSize) {
		return start(AuditInstance.settings(directory(), instanceId, maxFileSize));
	}

	private AuditInstance start(AuditProperties properties) {
		AuditInstance instance = new AuditInstance(database, properties, this.clock);
		this.instances.add(instance);
		return instance;
	}

	private Path file(String chain, int firstSeq) {
		return directory().resolve("audit-%s-2026-11-22-%010d.jsonl".formatted(chain, firstSeq));
	}

	/** Every line of the folder's chains. */
	private List<JsonNode> lines() throws IOException {
		List<JsonNode> lines = new ArrayList<>();
		for (String name : names("audit-.*\\.jsonl")) {
			for (String line : Files.readAllLines(directory().resolve(name))) {
				lines.add(JSON.readTree(line));
			}
		}
		return lines;
	}

	private List<String> eventIds() throws IOException {
		return lines().stream()
			.filter((line) -> !AuditLog.RECOVERED.equals(line.path("event_type").asText()))
			.map((line) -> line.path("event_id").asText())
			.toList();
	}

	private List<JsonNode> recoveries() throws IOException {
		return lines().stream().filter((line) -> AuditLog.RECOVERED.equals(line.path("event_type").asText())).toList();
	}

	private List<String> names(String pattern) throws IOException {
		try (Stream<Path> files = Files.list(directory())) {
			return files.map((path) -> path.getFileName().toString())
				.filter((name) -> name.matches(pattern))
				.sorted()
				.toList();
		}
	}

	private void assertVerifies() throws IOException {
		AuditVerification result = new AuditVerifier(directory(), List.of(), false).verify();
		assertThat(result.findings()).isEmpty();
		assertThat(result.isAllWell()).isTrue();
	}

	private static Health health(AuditInstance instance) {
		return instance.health.health();
	}

	@Test
	void shouldKeepTheEventAsItIsAndAddWhatChainsIt() throws IOException {
		AuditInstance instance = start("web-1").record("e1", "e2").drain();

		List<String> text = Files.readAllLines(file("web-1", 1));

		assertThat(text).hasSize(2);
		assertThat(text.get(0)).startsWith("{\"event_id\":\"e1\",\"agent_id\":\"Zoë\",\"seq\":1,\"prev_hash\":\"");
		String prev = AuditLine.hex(AuditLine.sha256().digest("web-1".getBytes(StandardCharsets.UTF_8)));
		for (String line : text) {
			JsonNode json = JSON.readTree(line);
			assertThat(json.path("prev_hash").asText()).isEqualTo(prev);
			String hashed = line.substring(0, line.indexOf(",\"hash\""));
			prev = AuditLine.hex(AuditLine.sha256().digest(hashed.getBytes(StandardCharsets.UTF_8)));
			assertThat(json.path("hash").asText()).isEqualTo(prev);
		}
		assertThat(instance.log.lastSeq()).isEqualTo(2);
		assertThat(instance.log.lastHash()).isEqualTo(prev);
		assertThat(health(instance).getStatus()).isEqualTo(Status.UP);
		assertVerifies();
	}

	@Test
	void shouldGoOnWithTheChainAfterARestart() throws IOException {
		start("web-1").record("e1", "e2").drain().close();

		start("web-1").record("e3").drain();

		assertThat(Files.readAllLines(file("web-1", 1))).hasSize(3);
		assertThat(names("set-aside.*")).isEmpty();
		assertVerifies();
	}

	@Test
	void shouldBeginANewFileWithTheDayAndSignTheOldOneWithoutWaitingForAnEvent() throws IOException {
		this.clock.set("2026-11-22T23:59:59Z");
		AuditInstance instance = start("web-1").record("e1").drain();
		this.clock.set("2026-11-23T00:00:00Z");
		instance.poll();
		assertThat(instance.log.lastCheckpoint().seq()).isEqualTo(1);

		instance.record("e2").drain();

		assertThat(names("audit-.*jsonl")).containsExactly("audit-web-1-2026-11-22-0000000001.jsonl",
				"audit-web-1-2026-11-23-0000000002.jsonl");
		assertVerifies();
	}

	/** Archived, it could not be told from one that was cut. */
	@Test
	void shouldSignTheEndOfAFileThatIsRepairedOnAnotherDay() throws IOException {
		start("web-1").record("e1").drain().close();
		Files.writeString(file("web-1", 1), "{\"event_id\":\"e2\",\"age", StandardOpenOption.APPEND);
		this.clock.set("2026-11-23T08:00:00Z");

		start("web-1").record("e2").drain();

		assertThat(names("audit-.*jsonl")).hasSize(2);
		Files.delete(file("web-1", 1));
		AuditVerification rest = new AuditVerifier(directory(), List.of(), true).verify();
		assertThat(rest.findings()).isEmpty();
		assertThat(rest.isAllWell()).isTrue();
	}

	@Test
	void shouldBeginANewFileWhenOneIsFullAndGoOnAfterARestart() throws IOException {
		start("web-1", 300).record("e1", "e2", "e3", "e4", "e5", "e6", "e7").drain().close();
		start("web-1", 300).record("e8").drain();

		assertThat(names("audit-.*jsonl")).hasSize(3);
		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8");
		assertVerifies();
	}

	@Test
	void shouldRefuseASecondProcessOfTheSameIdAndTakeAnotherOne() throws IOException {
		AuditInstance first = start("web-1").record("e1").drain();

		assertThatThrownBy(() -> start("web-1")).hasStackTraceContaining("AGENTASSIST_INSTANCE_ID");
		start("web-2").record("e2").drain();
		first.record("e3").drain();

		assertThat(Files.readAllLines(file("web-1", 1))).hasSize(2);
		assertThat(Files.readAllLines(file("web-2", 1))).hasSize(1);
		assertVerifies();
	}

	@Test
	void shouldKeepTheIdThatItMadeForItself() throws IOException {
		AuditInstance first = start("").record("e1").drain();
		String chain = first.log.chain();
		assertThatThrownBy(() -> start("")).hasStackTraceContaining("AGENTASSIST_INSTANCE_ID");
		first.close();

		AuditInstance second = start("").record("e2").drain();

		assertThat(second.log.chain()).isEqualTo(chain).matches(ChainFile.CHAIN);
		assertThat(Files.readAllLines(file(chain, 1))).hasSize(2);
	}

	@Test
	void shouldWriteNothingForEventsOfABatchThatWasAppendedButNotCommitted() throws IOException {
		start("web-1").record("e1").drain().record("e2", "e3").dieBeforeCommit();
		List<String> before = Files.readAllLines(file("web-1", 1));
		assertThat(before).hasSize(3);

		AuditInstance again = start("web-1").record("e4").drain();

		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e4");
		assertThat(Files.readAllLines(file("web-1", 1)).subList(0, 3)).isEqualTo(before);
		assertThat(recoveries()).isEmpty();
		assertThat(again.log.lastSeq()).isEqualTo(4);
		assertVerifies();
	}

	@Test
	void shouldWriteNothingForEventsOfATransactionThatFailedInTheSameProcess() throws IOException {
		AuditInstance instance = start("web-1", 500).record("e1", "e2").drain().record("e3", "e4");

		assertThat(instance.poll(() -> {
			throw new IllegalStateException("database lost");
		})).isFalse();
		instance.drain();
		// The one that recovered has proved nothing yet.
		assertThat(instance.poll()).isTrue();

		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e4");
		assertThat(instance.log.problem()).isEmpty();
		assertVerifies();
	}

	@Test
	void shouldTellThatADeliveryDoesNotCommit() throws IOException {
		AuditInstance instance = start("web-1").record("e1");
		DataSource database = instance.database.getDataSource();

		assertThatExceptionOfType(TransactionException.class).isThrownBy(() -> instance.poll(() -> {
			try {
				DataSourceUtils.getConnection(database).close();
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}));
		assertThat(instance.log.problem()).hasValue("the transaction did not commit");

		instance.drain();
		assertThat(instance.poll()).isTrue();
		assertThat(eventIds()).containsExactly("e1");
		assertThat(instance.log.problem()).isEmpty();
	}

	/** It told the first cause for as long as anything failed. */
	@Test
	void shouldTellOfEachCauseAsItComesUp(CapturedOutput output) throws IOException {
		AuditInstance instance = start("web-1", 100).record("e1").drain();
		Path full = Files.createSymbolicLink(file("web-1", 2), Path.of("/dev/full"));
		instance.record("e2");
		pollTwice(instance, null);
		assertThat(instance.log.problem()).hasValueSatisfying((problem) -> assertThat(problem).contains("No space"));
		Files.delete(full);

		pollTwice(instance, new IllegalStateException("database lost at 10:00"));
		pollTwice(instance, new IllegalStateException("database lost at 10:01"));
		assertThat(instance.log.problem()).hasValue("IllegalStateException: database lost at 10:01");
		// The root names no server, and Spring's exception no cause.
		pollTwice(instance, new DataAccessResourceFailureException("No connection",
				new SQLException("Connection to db:5432 refused", new ConnectException("Connection refused"))));

		assertThat(instance.log.problem())
			.hasValue("SQLException: Connection to db:5432 refused (ConnectException: Connection refused)");
		assertThat(output.getOut().lines().filter((line) -> line.contains("ERROR"))).hasSize(3);
		// Rolled back for a reason that nobody reports.
		instance.transaction.executeWithoutResult((status) -> {
			assertThatNoException().isThrownBy(instance.log::open);
			status.setRollbackOnly();
		});
		assertThat(instance.log.problem()).hasValue("the transaction did not commit");
		instance.drain();
		assertThat(instance.poll()).isTrue();
		assertThat(instance.log.problem()).isEmpty();
		pollTwice(instance, new IllegalStateException("database lost at 10:02"));
		assertThat(output.getOut().lines().filter((line) -> line.contains("ERROR"))).hasSize(5);
	}

	/** The first poll after a failure only recovers. */
	private static void pollTwice(AuditInstance instance, RuntimeException failure) {
		for (int i = 0; i < 2; i++) {
			instance.poll(() -> {
				if (failure != null) {
					throw failure;
				}
			});
		}
	}

	@Test
	void shouldHoldEventsOnceThatAnotherInstanceTookOver() throws IOException {
		AuditInstance killed = start("web-1").record("e1").drain().record("e2", "e3");
		killed.dieBeforeCommit();
		start("web-2").drain();
		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e2", "e3");

		start("web-1").record("e4").drain();

		assertThat(eventIds()).containsExactlyInAnyOrder("e1", "e2", "e3", "e4");
		assertThat(Files.readString(file("web-2", 1))).contains("e2", "e3");
		JsonNode recovered = recoveries().get(0);
		assertThat(recovered.path("seq").asLong()).isEqualTo(2);
		assertThat(Files.readAllLines(directory().resolve(recovered.path("set_aside").asText()))).hasSize(2);
		assertVerifies();
	}

	@Test
	void shouldKeepTheLinesBeforeTheFirstThatAnotherInstanceTookOver() throws IOException {
		AuditInstance killed = start("web-1").record("e1", "e2", "e3");
		killed.poll();
		killed.dieBeforeCommit();
		AuditInstance other = start("web-2");
		other.poll();
		other.outbox.remove(other.outbox.lockRedelivered("audit", List.of("e2")));

		start("web-1").drain();

		assertThat(eventIds()).containsExactly("e1", "e3");
		assertThat(recoveries()).hasSize(1);
		assertVerifies();
	}

	/** One statement for all of a backlog takes longer than it may. */
	@Test
	void shouldFindItsEventsBehindABacklog() throws IOException {
		AuditInstance killed = start("web-1").record("e0").drain().record("e1", "e2");
		killed.dieBeforeCommit();
		AuditInstance again = start("web-1");
		// More than one statement searches, the last of which finds e2 alone.
		again.backlog(9_999);

		again.poll();

		assertThat(eventIds()).containsExactly("e0", "e1", "e2");
		assertThat(recoveries()).isEmpty();
		assertThat(again.waiting()).isEqualTo(9_999);
		assertThat(again.outbox.lockRedelivered("audit", List.of("e1", "e2"))).isEmpty();
	}

	@Test
	void shouldWaitForTheInstanceThatIsJustTakingTheEventsOver() throws Exception {
		start("web-1").record("e1").drain().record("e2").dieBeforeCommit();
		AuditInstance other = start("web-2");
		other.poll();
		AuditInstance again = start("web-1");
		AtomicReference<CompletableFuture<Boolean>> recovery = new AtomicReference<>();

		other.poll(() -> {
			recovery.set(CompletableFuture.supplyAsync(again::poll));
			await().until(this::isOneWaitingForALock);
		});

		assertThat(recovery.get().join()).isTrue();
		again.drain();
		assertThat(eventIds()).containsExactlyInAnyOrder("e1", "e2");
		assertVerifies();
	}

	/** They were set aside, and then nothing was appended any more. */
	@Test
	void shouldKeepTheLinesOfACommitThatSucceedsAfterItWasGivenUp() throws IOException {
		start("web-2").drain();
		AuditInstance instance = start("web-1").record("e1").drain().record("e2", "e3");
		AtomicReference<CompletableFuture<Boolean>> recovery = new AtomicReference<>();

		instance.poll(() -> {
			giveUpCommit();
			recovery.set(CompletableFuture.supplyAsync(instance::poll));
			await().until(this::isOneWaitingForALock);
		});

		assertThat(recovery.get().join()).isTrue();
		instance.record("e4").drain();
		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e4");
		assertThat(names("set-aside.*")).isEmpty();
		assertVerifies();
	}

	/** As when the driver no longer waits for the server, which commits later. */
	private static void giveUpCommit() {
		List<TransactionSynchronization> told = TransactionSynchronizationManager.getSynchronizations();
		TransactionSynchronizationManager.clearSynchronization();
		TransactionSynchronizationManager.initSynchronization();
		TransactionSynchronizationUtils.invokeAfterCompletion(told, TransactionSynchronization.STATUS_UNKNOWN);
	}

	@Test
	void shouldSetATornLastLineAsideAndSaySoInTheChain() throws IOException {
		start("web-1").record("e1", "e2").drain().close();
		Files.writeString(file("web-1", 1), "{\"event_id\":\"e3\",\"age", StandardOpenOption.APPEND);

		start("web-1").record("e3").drain();

		assertThat(eventIds()).containsExactly("e1", "e2", "e3");
		JsonNode recovered = recoveries().get(0);
		assertThat(recovered.path("action").asText()).isEqualTo("recovered");
		assertThat(recovered.path("set_aside_bytes").asInt()).isEqualTo(21);
		Path setAside = directory().resolve(recovered.path("set_aside").asText());
		assertThat(setAside).hasContent("{\"event_id\":\"e3\",\"age");
		assertThat(recovered.path("set_aside_sha256").asText())
			.isEqualTo(AuditLine.hex(AuditLine.sha256().digest(Files.readAllBytes(setAside))));
		assertVerifies();
	}

	@Test
	void shouldSetAFileAsideOfWhichOnlyATornLineWasWritten() throws IOException {
		start("web-1", 100).record("e1").drain().close();
		Files.writeString(file("web-1", 2), "{\"event_id\":");

		start("web-1", 100).record("e2").drain();

		assertThat(eventIds()).containsExactly("e1", "e2");
		assertThat(recoveries()).hasSize(1);
		assertVerifies();
	}

	@Test
	void shouldGoOnWithTheFilesWhenTheDatabaseIsNew() throws IOException {
		start("web-1", 500).record("e1", "e2", "e3", "e4", "e5", "e6").drain().close();
		this.instances.get(0).database.update("DELETE FROM audit_chain");

		start("web-1", 500).record("e7").drain();

		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e4", "e5", "e6", "e7");
		assertThat(recoveries()).hasSize(1);
		assertVerifies();
	}

	@Test
	void shouldKeepEveryLineWhenTheDatabaseIsOlderThanTheFile() throws IOException {
		AuditInstance instance = start("web-1").record("e1").drain();
		String[] ids = Stream.iterate(2, (i) -> i + 1).limit(20).map((i) -> "e" + i).toArray(String[]::new);
		Map<String, Object> known = position("web-1");
		instance.record(ids).drain().close();
		restore(known);

		// As restored, the outbox has some of them again.
		start("web-1").record("e8", "e9", "e21", "new").drain();

		assertThat(eventIds()).hasSize(22).doesNotHaveDuplicates().endsWith("new");
		assertVerifies();
	}

	/** They were set aside: their events wait no more, as if another had taken them. */
	@Test
	void shouldKeepTheLinesOfABatchWhenTheDatabaseIsOlderAndKnowsOfNoOtherInstance() throws IOException {
		AuditInstance instance = start("web-1").record("e1").drain();
		Map<String, Object> known = position("web-1");
		instance.record("e2", "e3").drain().close();
		restore(known);

		start("web-1").record("e3", "e4").drain();

		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e4");
		assertThat(recoveries()).singleElement()
			.satisfies((line) -> assertThat(line.path("lines_kept").asInt()).isEqualTo(2));
		assertThat(names("set-aside.*")).isEmpty();
		assertVerifies();
	}

	/** They were set aside, and no checkpoint was signed until the chain was as long. */
	@Test
	void shouldKeepTheLinesOfABatchWhenACheckpointSignsMoreThanTheDatabaseKnows() throws IOException {
		start("web-2").drain();
		AuditInstance instance = start("web-1").record("e1").drain();
		Map<String, Object> known = position("web-1");
		instance.record("e2").drain();
		this.clock.pass(Duration.ofMinutes(5));
		instance.poll();
		instance.record("e3").drain().close();
		restore(known);

		start("web-1").record("e4").drain().poll();

		assertThat(eventIds()).containsExactly("e1", "e2", "e3", "e4");
		assertThat(recoveries()).hasSize(1);
		assertThat(names("set-aside.*")).isEmpty();
		assertThat(Files.readAllLines(directory().resolve("checkpoints-web-1.jsonl"))).hasSize(2);
		assertVerifies();
	}

	private Map<String, Object> position(String chain) {
		return new JdbcTemplate(database)
			.queryForMap("SELECT seq, hash, file_name, file_length, chain FROM audit_chain WHERE chain = ?", chain);
	}

	private static void restore(Map<String, Object> position) {
		new JdbcTemplate(database).update(
				"UPDATE audit_chain SET seq = ?, hash = ?, file_name = ?, file_length = ? WHERE chain = ?",
				position.values().toArray());
	}

	@Test
	void shouldNotGoOnWithoutTheLastLineUntilItIsBack(CapturedOutput output) throws IOException {
		start("web-1").record("e1", "e2").drain().close();
		Path away = Files.move(file("web-1", 1), this.temporary.resolve("away"));

		AuditInstance instance = start("web-1").record("e3");
		for (int i = 0; i < 5; i++) {
			assertThat(instance.poll()).isFalse();
		}

		assertThat(instance.waiting()).isEqualTo(1);
		assertThat(health(instance).getStatus()).isEqualTo(Status.DOWN);
		assertThat(output).containsOnlyOnce("tried again; events wait in the outbox: Line 2 of chain web-1 is not in");
		assertThat(output).contains("AGENTASSIST_INSTANCE_ID");
		Files.move(away, file("web-1", 1));
		instance.drain().poll();
		assertThat(health(instance).getStatus()).isEqualTo(Status.UP);
		assertThat(eventIds()).containsExactly("e1", "e2", "e3");
	}

	@Test
	void shouldNotGoOnAfterALineThatWasChanged() throws IOException {
		start("web-1").record("e1").drain().close();
		Path file = file("web-1", 1);
		Files.writeString(file, Files.readString(file).replace("\"hash\":\"", "\"hash\":\"0").replace("}", ""));

		AuditInstance instance = start("web-1").record("e2");

		assertThat(instance.poll()).isFalse();
		assertThat(instance.log.problem()).hasValueSatisfying((problem) -> assertThat(problem).contains("web-1"));
	}

	@Test
	void shouldSayWhatToDoWhenItsFileWasMovedAway(CapturedOutput output) throws IOException {
		AuditInstance instance = start("web-1").record("e1").drain();
		Path file = file("web-1", 1);
		Path away = Files.move(file, this.temporary.resolve("away"));
		instance.record("e2");

		for (int i = 0; i < 4; i++) {
			instance.poll();
		}

		assertThat(output)
			.containsOnlyOnce("tried again; events wait in the outbox: " + file + " is gone: put it back");
		Files.move(away, file);
		instance.drain();
		assertThat(eventIds()).containsExactly("e1", "e2");
		assertThat(output).containsOnlyOnce("Audit delivery works again");
	}

	@Test
	void shouldRefuseAnInstanceOfTheSameIdWithAFolderOfItsOwn() throws IOException {
		AuditInstance first = start("web-1").record("e1").drain();
		AuditInstance second = start(AuditInstance.settings(this.temporary.resolve("other"), "web-1", LARGE));

		assertThat(second.record("e2").poll()).isFalse();

		assertThat(second.log.problem()).isPresent();
		first.drain();
		assertThat(eventIds()).containsExactly("e1", "e2");
	}

	@Test
	void shouldTellOnceOfAFullDiskLoseNothingAndGoOnByItself(CapturedOutput output) throws IOException {
		AuditInstance instance = start("web-1", 100).record("e1").drain();
		Path full = Files.createSymbolicLink(file("web-1", 2), Path.of("/dev/full"));
		instance.record("e2", "e3");

		for (int i = 0; i < 6; i++) {
			instance.poll();
		}

		assertThat(instance.log.problem()).hasValueSatisfying((problem) -> assertThat(problem).contains("No space"));
		assertThat(instance.log.isStopped()).isFalse();
		assertThat(health(instance).getStatus()).isEqualTo(Status.DOWN);
		assertThat(output).containsOnlyOnce("ERROR").containsOnlyOnce("Audit delivery fails");
		Files.delete(full);
		instance.drain();
		assertThat(eventIds()).containsExactly("e1", "e2", "e3");
		assertThat(recoveries()).isEmpty();
		assertThat(health(instance).getStatus()).isEqualTo(Status.UP);
		assertThat(output).containsOnlyOnce("Audit delivery works again");
		assertVerifies();
	}

	@Test
	void shouldNotWorkAgainBecauseAnotherInstanceTakesItsEvents(CapturedOutput output) throws IOException {
		AuditInstance instance = start("web-1", 100).record("e1").drain();
		Path full = Files.createSymbolicLink(file("web-1", 2), Path.of("/dev/full"));
		instance.record("e2").poll();
		start("web-2").drain();

		for (int i = 0; i < 4; i++) {
			instance.poll();
		}

		assertThat(instance.log.problem()).hasValueSatisfying((problem) -> assertThat(problem).contains("No space"));
		assertThat(output).doesNotContain("Audit delivery works again");
		Files.delete(full);
		instance.record("e3").drain();
		assertThat(instance.log.problem()).isEmpty();
		assertThat(output).containsOnlyOnce("Audit delivery works again");
		assertThat(eventIds()).containsExactlyInAnyOrder("e1", "e2", "e3");
	}

	@Test
	void shouldStopAfterAFailedSyncUntilTheRestart(CapturedOutput output) throws IOException {
		AuditInstance instance = start("web-1", 100).record("e1").drain();
		// Takes what is written, cannot be synced: EINVAL.
		Path unsyncable = Files.createSymbolicLink(file("web-1", 2), Path.of("/dev/null"));
		instance.record("e2").poll();
		Files.delete(unsyncable);

		for (int i = 0; i < 3; i++) {
			instance.poll();
		}

		assertThat(instance.log.isStopped()).isTrue();
		assertThat(health(instance).getStatus()).isEqualTo(Status.DOWN);
		assertThat(instance.waiting()).isEqualTo(1);
		assertThat(output).containsOnlyOnce("Audit delivery stopped");
		instance.close();
		start("web-1", 100).drain();
		assertThat(eventIds()).containsExactly("e1", "e2");
		assertVerifies();
	}

	/** A second sync would succeed, and the lines would count. */
	@Test
	void shouldStopAfterAFailedSyncOfTheLinesThatARecoveryKeeps() throws IOException {
		start("web-1", 100).record("e1").drain().record("e2").dieBeforeCommit();
		AuditInstance again = start("web-1", 100);
		Path file = file("web-1", 2);
		Path away = this.temporary.resolve("away");
		AtomicReference<CompletableFuture<Boolean>> recovery = new AtomicReference<>();
		again.transaction.executeWithoutResult((status) -> {
			again.outbox.lockRedelivered("audit", List.of("e2"));
			recovery.set(CompletableFuture.supplyAsync(again::poll));
			// It has read the file, and will force another one.
			await().until(this::isOneWaitingForALock);
			try {
				Files.move(file, away);
				Files.createSymbolicLink(file, Path.of("/dev/null"));
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		});

		assertThat(recovery.get().join()).isFalse();
		Files.delete(file);
		Files.move(away, file);
		again.poll();

		assertThat(again.log.isStopped()).isTrue();
		assertThat(again.waiting()).isOne();
	}

	private boolean isOneWaitingForALock() {
		JdbcTemplate jdbc = new JdbcTemplate(database);
		String waiting = database.getJdbcUrl().startsWith("jdbc:h2:")
				? "SELECT count(*) FROM information_schema.sessions WHERE blocker_id IS NOT NULL"
				: "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
		return jdbc.queryForObject(waiting, Integer.class) > 0;
	}

	@Test
	void shouldStopAfterAFailedSyncOfACheckpoint() throws IOException {
		AuditInstance instance = start("web-1").record("e1").drain();
		Path unsyncable = Files.createSymbolicLink(directory().resolve("checkpoints-web-1.jsonl"),
				Path.of("/dev/null"));
		this.clock.pass(Duration.ofMinutes(5));

		assertThat(instance.poll()).isFalse();

		Files.delete(unsyncable);
		assertThat(instance.log.isStopped()).isTrue();
		assertThat(health(instance).getStatus()).isEqualTo(Status.DOWN);
	}

	@Test
	void shouldSignNewLinesOnceEachIntervalAndSendTheCheckpointToAnalytics() throws Exception {
		AuditInstance instance = start("web-1").record("e1").drain();
		instance.poll();
		assertThat(instance.log.lastCheckpoint()).isNull();
		this.clock.pass(Duration.ofMinutes(5));
		instance.poll();
		this.clock.pass(Duration.ofMinutes(5));
		instance.poll();

		List<String> kept = Files.readAllLines(directory().resolve("checkpoints-web-1.jsonl"));
		List<String> sent = instance.database.queryForList("SELECT payload FROM outbox WHERE destination = 'analytics'",
				String.class);

		assertThat(kept).hasSize(1).isEqualTo(sent);
		JsonNode checkpoint = JSON.readTree(kept.get(0));
		assertThat(checkpoint.path("event_type").asText()).isEqualTo("agentassist_audit_checkpoint");
		assertThat(checkpoint.path("chain").asText()).isEqualTo("web-1");
		assertThat(checkpoint.path("seq").asLong()).isEqualTo(1);
		assertThat(checkpoint.path("hash").asText()).isEqualTo(instance.log.lastHash());
		assertThat(checkpoint.path("timestamp").asText()).isEqualTo("2026-11-22T10:05:00Z");
	}

	/** There was none until the clock had caught up. */
	@Test
	void shouldSignNewLinesOnceTheClockHasBeenSetBack() {
		AuditInstance instance = start("web-1").record("e1").drain();

		this.clock.pass(Duration.ofMinutes(-10));
		instance.poll();

		assertThat(instance.log.lastCheckpoint()).isNotNull();
	}

	@Test
	void shouldSendTheSameCheckpointAgainWhenItsTransactionFails() throws IOException {
		AuditInstance instance = start("web-1").record("e1").drain();
		this.clock.pass(Duration.ofMinutes(5));
		instance.poll(() -> {
			throw new IllegalStateException("database lost");
		});
		assertThat(instance.log.lastCheckpoint()).isNull();

		instance.drain();

		assertThat(instance.log.lastCheckpoint()).isNotNull();
		assertThat(Files.readAllLines(directory().resolve("checkpoints-web-1.jsonl"))).hasSize(1);
		assertThat(instance.database.queryForList("SELECT 1 FROM outbox WHERE destination = 'analytics'")).hasSize(1);
	}

	/** Analytics never got it. */
	@Test
	void shouldSendTheCheckpointAgainThatAKillKeptFromTheCommit() throws IOException {
		AuditInstance instance = start("web-1").record("e1").drain();
		this.clock.pass(Duration.ofMinutes(5));
		instance.dieBeforeCommit();

		start("web-1").drain().poll();

		List<String> kept = Files.readAllLines(directory().resolve("checkpoints-web-1.jsonl"));
		assertThat(kept).hasSize(1)
			.isEqualTo(new JdbcTemplate(database)
				.queryForList("SELECT payload FROM outbox WHERE destination = 'analytics'", String.class));
	}

	@Test
	void shouldSignTheLinesFromBeforeTheStartAtOnceAndDropATornCheckpoint() throws IOException {
		start("web-1").record("e1").drain().close();
		Files.writeString(directory().resolve("checkpoints-web-1.jsonl"), "{\"event_id\":\"torn");

		start("web-1").drain().poll();

		assertThat(Files.readAllLines(directory().resolve("checkpoints-web-1.jsonl"))).hasSize(1);
		assertVerifies();
	}

	@Test
	void shouldMakeAKeyForItsOwnerOnlyAndVerifyAfterItWasReplaced() throws IOException {
		Path key = this.temporary.resolve("signing-key.pem");
		Path publicKey = this.temporary.resolve("signing-key.pub.pem");
		start("web-1", 100).record("e1").drain().drain().close();
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key))).isEqualTo("rw-------");
		Path oldPublicKey = Files.move(publicKey, this.temporary.resolve("old.pub.pem"));
		Files.delete(key);
		start("web-1", 100).record("e2").drain().drain();

		var old = SigningKey.publicKeys(oldPublicKey);
		var both = Stream.concat(old.stream(), SigningKey.publicKeys(publicKey).stream()).toList();

		assertThat(new AuditVerifier(directory(), both, false).verify().summary())
			.isEqualTo("OK: 1 chain, 2 files, 2 lines, 2 checkpoints (signatures checked),"
					+ " 0 lines not yet covered by a checkpoint");
		assertThat(new AuditVerifier(directory(), old, false).verify().findings()).singleElement()
			.satisfies((finding) -> assertThat(finding.toString()).contains("checkpoints-web-1.jsonl:2:",
					"which was not given"));
	}

	/** The new public key was nowhere, and what it signed looked changed. */
	@Test
	void shouldKeepThePublicKeyOfALostKeyBesideTheNewOne(CapturedOutput output) throws IOException {
		start("web-1", 100).record("e1").drain().drain().close();
		Files.delete(this.temporary.resolve("signing-key.pem"));
		AuditProperties settings = AuditInstance.settings(directory(), "web-1", 100);
		AuditInstance instance = start(settings).record("e2").drain().drain();

		assertThat(new AuditManagement(instance.log, settings).verifyNow()).singleElement()
			.asString()
			.startsWith("OK: 1 chain, 2 files, 2 lines, 2 checkpoints (signatures checked)");
		assertThat(output).contains("whose public key is not " + this.temporary.resolve("signing-key.pub.pem"));
	}

	/** It was not signed: secrets of Kubernetes are read-only, for one. */
	@Test
	void shouldSignWhereThePublicKeyCannotBeWritten(CapturedOutput output) throws IOException {
		AuditProperties settings = AuditInstance.settings(directory(), "web-1", 100);
		// With ".pub.pem" the name is too long for a file.
		Path key = this.temporary.resolve("k".repeat(250) + ".pem");
		AuditProperties elsewhere = new AuditProperties(settings.directory(), "web-1", settings.maxFileSize(),
				settings.checkpointInterval(), key, settings.pollInterval());
		AuditInstance instance = start(elsewhere).record("e1").drain().drain();

		assertThat(output).contains("public key of the audit log's signing key cannot be written beside it");
		assertThat(new AuditManagement(instance.log, elsewhere).verifyNow()).singleElement()
			.asString()
			.startsWith("OK: 1 chain, 1 file, 1 line, 1 checkpoint (signatures checked)");
	}

	/** It ended the verification, and signing. */
	@Test
	void shouldPassOverAPublicKeyThatCannotBeRead() throws IOException {
		Path garbled = Files.createFile(this.temporary.resolve("signing-key.pub.pem"));
		AuditProperties settings = AuditInstance.settings(directory(), "web-1", 100);
		AuditInstance instance = start(settings).record("e1").drain().drain();

		assertThat(new AuditManagement(instance.log, settings).verifyNow()).hasSize(2)
			.startsWith("OK: 1 chain, 1 file, 1 line, 1 checkpoint (signatures checked),"
					+ " 0 lines not yet covered by a checkpoint")
			.endsWith("not used: " + garbled + " holds no public key (PEM)");
	}

	/** It ended the start with a stack trace, and stopped the watch for edits. */
	@Test
	void shouldSayThatAKeyIsCutOff() throws IOException {
		Path key = this.temporary.resolve("signing-key.pem");
		SigningKey.load(key);
		for (Path file : List.of(key, SigningKey.publicFile(key))) {
			Files.writeString(file, Files.readString(file).replaceFirst("...\\R?(?=-----END)", "\n"));
		}

		assertThatThrownBy(() -> SigningKey.read(key)).isInstanceOf(InvalidSettingException.class)
			.hasMessageContaining("holds no Ed25519 private key");
		assertThatThrownBy(() -> SigningKey.publicKeys(SigningKey.publicFile(key)))
			.hasMessageContaining("signing-key.pub.pem holds a key that is not Ed25519");
	}

	@Test
	void shouldSayInASentenceThatItsFolderCannotBeUsed() throws IOException {
		Path file = Files.createFile(this.temporary.resolve("file"));
		AuditProperties settings = AuditInstance.settings(file, "web-1", LARGE);

		FailureAnalysis analysis = new AuditFailureAnalyzer().analyze(catchThrowable(() -> start(settings)));

		assertThat(analysis.getDescription())
			.startsWith("The audit log cannot be opened: " + file + " cannot be used: ");
	}

	/** It was up, with a warning at the start. */
	@Test
	void shouldBeDegradedWithoutAKeyToSignWith() throws IOException {
		Path unreadable = Files.createDirectory(this.temporary.resolve("signing-key.pem"));

		AuditInstance instance = start("web-1").record("e1").drain();

		assertThat(health(instance).getStatus()).isEqualTo(Degraded.DEGRADED);
		assertThat(health(instance).getDetails().get("checkpoints").toString()).contains(unreadable.toString());
		assertThat(eventIds()).containsExactly("e1");
	}

	@Test
	void shouldTellOfTheChainsThatItDoesNotGoOnWith(CapturedOutput output) throws IOException {
		start("web-1").record("e1").drain().close();

		String made = start("").log.chain();

		assertThat(output).containsOnlyOnce("holds audit chains [web-1] but no instance-id")
			.contains("a new chain begins: " + made);
	}

	@Test
	void shouldSayInASentenceThatTheInstanceIdIsGarbled() throws IOException {
		Path file = Files.createDirectory(directory()).resolve("instance-id");
		Files.writeString(file, "no/id\n");

		FailureAnalysis analysis = new AuditFailureAnalyzer().analyze(catchThrowable(() -> start("")));

		assertThat(analysis.getDescription()).isEqualTo("The audit log cannot be opened: " + file
				+ " holds no instance id: restore it, or set AGENTASSIST_INSTANCE_ID.");
	}

	/** The folder had the mode that the umask leaves. */
	@Test
	void shouldMakeTheFolderOfTheKeyForItsOwnerOnly() throws IOException {
		Path folder = this.temporary.resolve("keys");

		SigningKey.load(folder.resolve("signing-key.pem"));

		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))).isEqualTo("rwx------");
	}

	/** It was bad: another instance had no checkpoint yet, or the key of another host. */
	@Test
	void shouldVerifyAFolderThatInstancesShare() throws IOException {
		AuditProperties settings = AuditInstance.settings(directory(), "web-1", LARGE);
		AuditInstance instance = start(settings).record("e1").drain();
		start("web-2").record("e2").drain();
		AuditProperties elsewhere = new AuditProperties(settings.directory(), "web-3", settings.maxFileSize(),
				settings.checkpointInterval(), this.temporary.resolve("host/key.pem"), settings.pollInterval());
		AuditInstance other = start(elsewhere).record("e3").drain();
		this.clock.pass(Duration.ofMinutes(5));
		instance.poll();
		other.poll();
		AuditManagement management = new AuditManagement(instance.log, settings);

		assertThat(management.verifyNow()).hasSize(3)
			.startsWith("OK: 3 chains, 3 files, 3 lines, 2 checkpoints (signatures checked),"
					+ " 1 line not yet covered by a checkpoint")
			.contains("no signature vouches for chain web-2 yet")
			.last()
			.asString()
			.startsWith("chain web-3 is signed by key ");
		Path checkpoints = directory().resolve("checkpoints-web-1.jsonl");
		Files.move(directory().resolve("checkpoints-web-3.jsonl"), checkpoints, StandardCopyOption.REPLACE_EXISTING);
		assertThat(management.verifyNow()).contains(checkpoints + ":1: checkpoint of chain web-3");
		Files.delete(checkpoints);
		assertThat(management.verifyNow())
			.contains(checkpoints + ":0: no checkpoint: no signature vouches for chain web-1");
	}

	@Test
	void shouldNotStartWithAFileThatIsNoKey() throws IOException {
		Files.writeString(this.temporary.resolve("signing-key.pem"), "no key");

		assertThatThrownBy(() -> start("web-1")).hasStackTraceContaining("agentassist.audit.signing-key");
	}

}
