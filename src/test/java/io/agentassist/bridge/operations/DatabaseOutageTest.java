package io.agentassist.bridge.operations;

import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.suggestion.RequestWatcher;
import io.micrometer.core.instrument.MeterRegistry;
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
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Shows what the log tells of a PostgreSQL that does not answer in time. */
@Tag("postgresql")
@TestPropertySource(properties = { "spring.datasource.hikari.data-source-properties.socketTimeout=2",
		"agentassist.suggestions.max-wait=30s" })
@ExtendWith(OutputCaptureExtension.class)
class DatabaseOutageTest extends BridgeTest {

	@Autowired
	private DataSource pool;

	@Autowired
	private MeterRegistry meters;

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
						"ERROR .* Route purge-old-rows fails and is tried again: SocketTimeoutException: Read timed out"));
			}
			locking.rollback();
		}

		assertProblem(answer, 503);
		assertThat(answer.headers().firstValue("Retry-After")).isPresent();
		assertThat(log.getOut().lines().filter((line) -> line.contains("answered 503"))).singleElement()
			.asString()
			.containsPattern("(record|keep)-feedback, request " + id + ", answered 503: ")
			.endsWith("(SocketTimeoutException: Read timed out)");
		assertThat(log.getOut()).doesNotContain("\tat ", "Connection is closed", "marked as broken",
				"SchedulerConsumer");
	}

	@Test
	void shouldTellOnceThatWaitingCallersAreNotServedAndThatTheyAreAgain(CapturedOutput log) throws SQLException {
		LoggingSystem.get(null).setLogLevel(RequestWatcher.class.getName(), LogLevel.DEBUG);
		CompletableFuture<HttpResponse<String>> waiting = sendAsync(
				request("/agentassist/suggestions/" + queue(unique("conv-")) + "?wait=PT30S").build());
		eventually(() -> assertThat(this.meters.get("agentassist.waiting.callers").gauge().value()).isPositive());
		String failure = " The query for waiting callers fails and is tried again: ";
		try (Connection locking = this.pool.getConnection(); Statement statement = locking.createStatement()) {
			locking.setAutoCommit(false);
			statement.execute("LOCK TABLE suggestion_request IN ACCESS EXCLUSIVE MODE");
			await().atMost(Duration.ofSeconds(20))
				.untilAsserted(() -> assertThat(log.getOut()).containsPattern("DEBUG .*" + failure));
			locking.rollback();
		}

		eventually(() -> assertThat(log.getOut()).contains("The query for waiting callers works again"));
		assertThat(waiting).isNotDone();
		assertThat(log.getOut().lines().filter((line) -> line.contains(failure) && line.contains(" WARN "))).hasSize(1);
		waiting.cancel(true);
	}

}
