package io.agentassist.bridge.interaction;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import javax.sql.DataSource;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.audit.AuditCommand;
import io.agentassist.bridge.callback.CallbackParser;
import io.agentassist.bridge.http.Tenant;
import io.agentassist.bridge.outbox.DeadLetters;
import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.RequestWatcher;
import io.agentassist.bridge.suggestion.TrackedRequest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalManagementPort;

import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static io.agentassist.bridge.StubbedProvider.queued;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that an operator can erase a conversation, and that the audit chain stays valid.
 */
@Tag("state")
class ErasureTest extends BridgeTest {

	/** Tasks that wait for each other do not share the one thread of a common pool. */
	private static final Executor THREADS = (task) -> new Thread(task, "erasure").start();

	@LocalManagementPort
	private int managementPort;

	@Autowired
	private RequestStore requests;

	@Autowired
	private CallbackParser callbacks;

	@Autowired
	private ProducerTemplate routes;

	@Autowired
	private DataSource dataSource;

	@Autowired
	private RequestWatcher watcher;

	@Autowired
	private DeadLetters deadLetters;

	@Value("${agentassist.audit.directory}")
	private String auditDirectory;

	@Value("${agentassist.analytics.concurrency}")
	private int concurrency;

	private int erase(String conversation) {
		HttpResponse<String> answer = send(
				HttpRequest
					.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + "/actuator/erasure/"
							+ URLEncoder.encode(conversation, StandardCharsets.UTF_8).replace("+", "%20")))
					.DELETE()
					.build());
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		return json(answer).path("requests").asInt();
	}

	@ParameterizedTest
	@ValueSource(strings = { "conv-", "with \"quotes\" and _ ", "Zoë 😀 " })
	void shouldEraseAConversationFromTheDatabaseAndKeepTheAuditChainValid(String prefix) {
		String conversation = unique(prefix);
		this.provider.answers(queued(unique("sug-req-")));
		String queued = queue(conversation);
		this.provider.answers(queued(unique("sug-req-")));
		String other = queue(unique("other-"));
		this.provider.answers(answer(200, completed(unique("sug-req-"), suggestion("sug-1", 0.5)).toString()));
		String completed = json(ask(suggestionRequest(conversation))).path("request_id").asText();
		assertThat(settledActions(completed)).containsExactly("presented");

		assertThat(erase(conversation)).isEqualTo(2);

		for (String id : List.of(queued, completed)) {
			assertProblem(get("/agentassist/suggestions/" + id), 404);
		}
		assertThat(callBack(completed(queued, suggestion("sug-1", 0.5))).statusCode()).isEqualTo(404);
		assertThat(settledActions(queued)).containsExactly("erased");
		List<JsonNode> lines = settledAuditLines(completed);
		assertThat(lines).extracting((line) -> line.path("action").asText()).containsExactly("presented", "erased");
		assertThat(lines.get(1).path("conversation_id").isNull()).isTrue();
		assertThat(lines.get(1).path("agent_id").isNull()).isTrue();
		eventually(() -> assertThat(this.provider.analyticsEventsOf(completed))
			.extracting((event) -> event.path("action").asText())
			.containsExactly("presented", "erased"));
		assertThat(lookUp(other).path("status").asText()).isEqualTo("queued");
		assertThat(erase(conversation)).isZero();
		assertThat(verifyAudit()).contains("OK: ");
	}

	@Test
	void shouldEndTheWaitForARequestThatIsErased() {
		String conversation = unique("conv-");
		String id = queue(conversation);
		CompletableFuture<Optional<TrackedRequest>> waiting = this.watcher
			.awaitDecision(id, Tenant.NONE, Duration.ofMinutes(1))
			.toCompletableFuture();

		erase(conversation);

		eventually(() -> assertThat(waiting).isCompletedWithValue(Optional.empty()));
	}

	@Test
	void shouldEraseWhatAnalyticsHasNotHad() {
		this.provider.stub(analytics().willReturn(answer(503, "")));
		String conversation = unique("conv-");
		this.provider.answers(queued(unique("sug-req-")));
		String id = queue(conversation);
		callBack(completed(id, suggestion(unique("sug-"), 0.5)));
		eventually(() -> assertThat(auditLines(id)).hasSize(1));
		// The line is there before the commit that takes its event from the outbox.
		eventually(() -> assertThat(count("outbox", conversation)).isOne());
		this.database
			.update("INSERT INTO dead_letter (id, destination, event_id, payload, attempts, reason, created_at,"
					+ " died_at) SELECT id, destination, event_id, payload, 1, 'x', created_at, created_at FROM outbox"
					+ " WHERE payload LIKE ?", "%" + conversation + "%");
		assertThat(count("dead_letter", conversation)).isOne();

		assertThat(erase(conversation)).isOne();

		for (String table : List.of("dead_letter", "outbox")) {
			assertThat(count(table, conversation)).isZero();
		}
		assertThat(this.database.queryForObject("SELECT count(*) FROM suggestion_request WHERE conversation_id = ?",
				Integer.class, conversation))
			.isZero();
		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		assertThat(settledActions(id)).containsExactly("presented", "erased");
	}

	/** A slow endpoint got them for as long as it took the batch. */
	@Test
	void shouldNotPostWhatIsErasedFromABatchThatIsBeingPosted() {
		String conversation = unique("conv-");
		String batch = unique("batch-");
		this.provider.holds(analytics(batch).willReturn(answer(202, "{}")));
		queueBatchForAnalytics(batch);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(batch)).hasSize(this.concurrency));
		long kept = this.database.queryForObject("SELECT max(id) FROM outbox WHERE payload LIKE ?", Long.class,
				"%" + batch + "%");
		this.database.update("UPDATE outbox SET payload = ? WHERE payload LIKE ? AND id < ?",
				"{\"conversation_id\":\"" + conversation + "\",\"agent_id\":null}", "%" + batch + "%", kept);

		erase(conversation);

		// The first one may have begun before.
		awaitRenewalOfClaim(kept);
		awaitRenewalOfClaim(kept);
		this.provider.release();
		eventually(() -> assertThat(waitingEvents(batch)).isZero());
		assertThat(this.provider.analyticsEventsOf(batch)).hasSizeGreaterThan(this.concurrency)
			.hasSizeLessThan(BATCH / 2);
	}

	private void awaitRenewalOfClaim(long event) {
		Instant end = endOfClaim(event);
		eventually(() -> assertThat(endOfClaim(event)).isAfter(end));
	}

	private Instant endOfClaim(long event) {
		return this.database
			.queryForObject("SELECT next_attempt_at FROM outbox WHERE id = ?", OffsetDateTime.class, event)
			.toInstant();
	}

	@Test
	void shouldEraseFromABacklogOfManyParts() {
		String conversation = unique("conv-");
		String payload = "{\"conversation_id\":\"" + conversation + "\",\"action\":\"presented\"}";
		String filler = unique("filler-");
		try {
			for (int i = 0; i < 3; i++) {
				insert(payload);
				fill(filler, 6_000);
			}
			insert(payload);

			erase(conversation);

			assertThat(count("outbox", conversation)).isZero();
			assertThat(count("outbox", filler)).isEqualTo(18_000);
		}
		finally {
			this.database.update("DELETE FROM outbox WHERE payload = ?", filler);
		}
	}

	/** One transaction held the conversation's requests, and looked through all. */
	@Test
	@Tag("postgresql")
	void shouldMissNothingThatIsRecordedOrBuriedBetweenTheParts() throws Exception {
		String conversation = unique("conv-");
		this.provider.answers(queued(unique("sug-req-")));
		String id = queue(conversation);
		String payload = "{\"conversation_id\":\"" + conversation + "\",\"action\":\"presented\"}";
		String filler = unique("filler-");
		this.provider.stub(analytics().willReturn(answer(503, "")));
		insert(payload);
		fill(filler, 6_000);
		insert(payload);
		try (Connection held = this.dataSource.getConnection(); Statement statement = held.createStatement()) {
			held.setAutoCommit(false);
			// In the second part of the outbox.
			statement.execute(
					"SELECT id FROM outbox WHERE payload = '" + payload + "' ORDER BY id DESC LIMIT 1" + " FOR UPDATE");
			CompletableFuture<Integer> erased = CompletableFuture.supplyAsync(() -> erase(conversation), THREADS);
			eventually(() -> assertThat(count("outbox", "\"" + conversation + "\"")).isOne());

			assertThat(callBack(completed(id, suggestion(unique("sug-"), 0.5))).statusCode()).isEqualTo(200);
			this.database.update(
					"INSERT INTO dead_letter"
							+ " (id, destination, event_id, payload, attempts, reason, created_at, died_at)"
							+ " VALUES (1, 'elsewhere', 'e', ?, 1, 'x', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)",
					payload);
			held.rollback();

			assertThat(erased.join()).isOne();
			assertThat(count("dead_letter", conversation)).isZero();
			assertThat(this.database.queryForObject(
					"SELECT count(*) FROM outbox WHERE destination <> 'audit' AND payload LIKE ?", Integer.class,
					"%" + conversation + "%"))
				.isZero();
		}
		finally {
			this.database.update("DELETE FROM outbox WHERE payload = ?", filler);
		}
		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		assertThat(settledActions(id)).containsExactly("presented", "erased");
	}

	/** A copy that is not committed yet is found nowhere. */
	@Test
	@Tag("postgresql")
	void shouldEraseAnEventThatIsJustBuried() throws Exception {
		String conversation = unique("conv-");
		String payload = "{\"conversation_id\":\"" + conversation + "\",\"action\":\"presented\"}";
		insert(payload);
		long id = this.database.queryForObject("SELECT id FROM outbox WHERE payload = ?", Long.class, payload);
		try (Connection held = this.dataSource.getConnection(); Statement statement = held.createStatement()) {
			held.setAutoCommit(false);
			// Its number: the copy waits for the end of this one.
			statement.execute("INSERT INTO dead_letter"
					+ " (id, destination, event_id, payload, attempts, reason, created_at, died_at) VALUES (" + id
					+ ", 'elsewhere', 'e', '{}', 1, 'x', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)");
			CompletableFuture<Void> buried = CompletableFuture
				.runAsync(() -> this.deadLetters.bury("elsewhere", List.of(id), 0, "x"), THREADS);
			eventually(() -> assertThat(waitingForLocks()).isOne());
			CompletableFuture<Integer> erased = CompletableFuture.supplyAsync(() -> erase(conversation), THREADS);
			eventually(() -> assertThat(erased.isDone() || waitingForLocks() == 2).isTrue());
			held.rollback();

			CompletableFuture.allOf(buried, erased).join();
		}

		assertThat(count("outbox", conversation)).isZero();
		assertThat(count("dead_letter", conversation)).isZero();
	}

	private int waitingForLocks() {
		return this.database.queryForObject("SELECT count(*) FROM pg_stat_activity"
				+ " WHERE wait_event_type = 'Lock' AND datname = current_database()", Integer.class);
	}

	private void insert(String payload) {
		this.database.update("INSERT INTO outbox (destination, event_id, payload) VALUES ('elsewhere', 'e', ?)",
				payload);
	}

	private void fill(String payload, int rows) {
		this.database.update("INSERT INTO outbox (destination, event_id, payload) SELECT 'elsewhere', 'e', ? FROM"
				+ " UNNEST(CAST(? AS integer ARRAY)) AS rows (number)", payload, new Integer[rows]);
	}

	@Test
	void shouldRecordNothingOfARequestThatIsErasedMeanwhile() {
		String conversation = unique("conv-");
		this.provider.answers(queued(unique("sug-req-")));
		TrackedRequest request = this.requests.find(queue(conversation)).orElseThrow();
		erase(conversation);
		settledActions(request.requestId());

		Map<String, Object> found = Map.of("requestId", request.requestId(), "request", request, "callback",
				this.callbacks.parse(completed(request.requestId(), suggestion("sug-1", 0.5)).toString()
					.getBytes(StandardCharsets.UTF_8)),
				"feedback", new Feedback(request.requestId(), "sug-1", Feedback.Action.ACCEPTED, null));
		for (String route : List.of("direct:complete-suggestions", "direct:keep-feedback")) {
			Exchange exchange = this.routes.request(route, (sent) -> found.forEach(sent::setProperty));
			assertThat(exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).as(route).isEqualTo(404);
		}

		assertThat(count("outbox", request.requestId())).isZero();
		assertThat(settledActions(request.requestId())).containsExactly("erased");
	}

	private int count(String table, String text) {
		return this.database.queryForObject("SELECT count(*) FROM " + table + " WHERE payload LIKE ?", Integer.class,
				"%" + text + "%");
	}

	private String verifyAudit() {
		StringWriter out = new StringWriter();
		new CommandLine(new AuditCommand()).setOut(new PrintWriter(out))
			.setErr(new PrintWriter(out))
			.execute("verify", this.auditDirectory);
		return out.toString();
	}

}
