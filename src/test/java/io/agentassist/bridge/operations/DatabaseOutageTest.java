package io.agentassist.bridge.operations;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.failure.ScheduledFailures;
import io.agentassist.bridge.suggestion.RequestWatcher;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.dao.DataAccessException;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Shows what callers and the log are told of a PostgreSQL that does not answer in time,
 * with the limits of the profile {@code postgresql}.
 */
@Tag("postgresql")
@ActiveProfiles("postgresql")
@TestPropertySource(
		properties = { "spring.datasource.hikari.maximum-pool-size=10", "agentassist.suggestions.max-wait=30s" })
@ExtendWith(OutputCaptureExtension.class)
class DatabaseOutageTest extends BridgeTest {

	@LocalManagementPort
	private int managementPort;

	@Autowired
	private DataSource pool;

	@Autowired
	private MeterRegistry meters;

	@Autowired
	private ScheduledFailures scheduledFailures;

	private final ExecutorService callers = Executors.newCachedThreadPool();

	/** A route that still fails from the test before would not be told of again. */
	@BeforeEach
	void awaitThatScheduledRoutesWork() {
		eventually(() -> assertThat(this.scheduledFailures.failing()).isEmpty());
	}

	@AfterEach
	void stop() {
		this.callers.shutdownNow();
	}

	/** It told consequences, several times, each with a stack trace. */
	@ParameterizedTest
	@ValueSource(strings = { "LOCK TABLE suggestion_request IN ACCESS EXCLUSIVE MODE",
			"SELECT request_id FROM suggestion_request FOR UPDATE" })
	void shouldTellEachFailureOnceWithItsCause(String lock, CapturedOutput log) throws SQLException {
		String id = queue(unique("conv-"));
		assertThat(callBack(completed(id, suggestion("sug-1", 0.5))).statusCode()).isEqualTo(200);
		HttpResponse<String> answer;
		try (Connection locking = this.pool.getConnection(); Statement statement = locking.createStatement()) {
			locking.setAutoCommit(false);
			statement.execute(lock);

			answer = giveFeedback(id, "sug-1", "accepted", null);

			if (lock.startsWith("LOCK TABLE")) {
				eventually(() -> assertThat(log.getOut()).containsPattern(
						"ERROR .* Route purge-old-rows fails and is tried again: PSQLException: .* \\(SocketTimeoutException: Read timed out\\)"));
			}
			locking.rollback();
		}

		assertProblem(answer, 503);
		assertThat(answer.headers().firstValue("Retry-After")).isPresent();
		assertThat(log.getOut().lines().filter((line) -> line.contains("answered 503"))).singleElement()
			.asString()
			.containsPattern(
					"(record|keep)-feedback, request " + id + ", answered 503( at [a-z-]+ \\(feedback.*\\))?: ")
			.endsWith("(SocketTimeoutException: Read timed out)");
		assertThat(log.getOut()).doesNotContain("\tat ", "Connection is closed", "marked as broken",
				"SchedulerConsumer");
	}

	@Test
	void shouldTellOnceThatWaitingCallersAreNotServedAndThatTheyAreAgain(CapturedOutput log) throws SQLException {
		String id = queue(unique("conv-"));
		CompletableFuture<HttpResponse<String>> waiting = sendAsync(
				request("/agentassist/suggestions/" + id + "?wait=PT30S").build());
		eventually(() -> assertThat(this.meters.get("agentassist.waiting.callers").gauge().value()).isPositive());
		String failure = " The query for waiting callers fails and is tried again: ";
		LoggingSystem logging = LoggingSystem.get(null);
		logging.setLogLevel(RequestWatcher.class.getName(), LogLevel.DEBUG);
		try {
			whileLocked(() -> await().atMost(Duration.ofSeconds(20))
				.untilAsserted(() -> assertThat(log.getOut()).containsPattern("DEBUG .*" + failure)));
		}
		finally {
			logging.setLogLevel(RequestWatcher.class.getName(), null);
		}

		eventually(() -> assertThat(log.getOut()).contains("The query for waiting callers works again"));
		assertThat(log.getOut().lines().filter((line) -> line.contains(failure) && line.contains(" WARN "))).hasSize(1);
		callBack(completed(id, suggestion("sug-1", 0.5)));
		assertThat(json(waiting.join()).path("status").asText()).isEqualTo("completed");
	}

	/** More than there are connections, and then some that wait for one of those. */
	@Test
	void shouldAnswerCallbacksWithinFiveSeconds() throws SQLException {
		// The first one of a process finds cold code.
		callBack(completed(queue(unique("conv-")), suggestion("sug-1", 0.5)));
		String id = queue(unique("conv-"));
		List<CompletableFuture<Duration>> took = new ArrayList<>();
		whileLocked(() -> {
			for (int wave = 0; wave < 2; wave++) {
				for (int i = 0; i < 15; i++) {
					took.add(CompletableFuture.supplyAsync(
							() -> timed(() -> assertProblem(callBack(completed(id, suggestion("sug-1", 0.5))), 503)),
							this.callers));
				}
				eventually(() -> assertThat(waitingForConnections()).isPositive());
			}

			assertThat(took).extracting(CompletableFuture::join)
				.allMatch((duration) -> duration.compareTo(Duration.ofSeconds(5)) < 0);
		});
	}

	/**
	 * Each statement that was given up waited on, until the server had no connection left
	 * for anyone.
	 */
	@Test
	void shouldNotUseUpTheConnectionsOfTheServer() throws SQLException {
		Runnable twice = () -> {
			for (int i = 0; i < 2; i++) {
				assertThatExceptionOfType(DataAccessException.class)
					.isThrownBy(() -> this.database.queryForList("SELECT request_id FROM suggestion_request"));
			}
		};
		whileLocked(() -> {
			List<CompletableFuture<Void>> calls = Stream.generate(() -> CompletableFuture.runAsync(twice, this.callers))
				.limit(10)
				.toList();
			calls.forEach(CompletableFuture::join);

			eventually(() -> assertThat(this.database.queryForObject(
					"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()", Integer.class))
				.isLessThanOrEqualTo(10));
		});
	}

	@Test
	void shouldAnswerOperatorsAsItAnswersCallers(CapturedOutput log) throws SQLException {
		String path = "/actuator/erasure/" + unique("conv-");
		try (Connection locking = this.pool.getConnection(); Statement statement = locking.createStatement()) {
			locking.setAutoCommit(false);
			statement.execute("LOCK TABLE dead_letter, suggestion_request IN ACCESS EXCLUSIVE MODE");

			for (HttpRequest.Builder request : List.of(manage("/actuator/deadletters"), manage(path).DELETE())) {
				HttpResponse<String> answer = send(request.build());
				assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
				assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
				assertThat(answer.headers().firstValue("Retry-After")).isPresent();
			}
			locking.rollback();
		}

		assertThat(log.getOut()).containsPattern("WARN .* GET /actuator/deadletters.* answered 503: ")
			.containsPattern("WARN .* DELETE " + path + ".* answered 503: ")
			.doesNotContain("\tat ");
	}

	/**
	 * As one does that protects itself from a full disk. It was healthy, and could record
	 * nothing.
	 */
	@Test
	void shouldTakeAServerThatBecomesReadOnlyForDown(CapturedOutput log) throws SQLException {
		String id = queue(unique("conv-"));
		try (Connection administrator = this.pool.getConnection();
				Statement statement = administrator.createStatement()) {
			statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE");
			statement.execute("ALTER SYSTEM SET default_transaction_read_only = on");
			try {
				statement.execute("SELECT pg_reload_conf()");

				eventually(() -> {
					assertProblem(callBack(completed(id, suggestion("sug-1", 0.5))), 503);
					assertThat(readiness()).isEqualTo(503);
				});
			}
			finally {
				statement.execute("ALTER SYSTEM RESET default_transaction_read_only");
				statement.execute("SELECT pg_reload_conf()");
			}
		}

		eventually(() -> assertThat(readiness()).isEqualTo(200));
		assertThat(callBack(completed(id, suggestion("sug-1", 0.5))).statusCode()).isEqualTo(200);
		assertThat(log.getOut()).doesNotContain("\tat ");
	}

	private int readiness() {
		return send(manage("/actuator/health/readiness").build()).statusCode();
	}

	private HttpRequest.Builder manage(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + path));
	}

	private double waitingForConnections() {
		return this.meters.get("hikaricp.connections.pending").gauge().value();
	}

	private void whileLocked(Runnable action) throws SQLException {
		try (Connection locking = this.pool.getConnection(); Statement statement = locking.createStatement()) {
			locking.setAutoCommit(false);
			statement.execute("LOCK TABLE suggestion_request IN ACCESS EXCLUSIVE MODE");
			action.run();
			locking.rollback();
		}
	}

}
