package io.agentassist.bridge.outbox;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import javax.management.JMException;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.jmx.export.MBeanExporter;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionOperations;

import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Shows what becomes of events that the analytics endpoint does not take. */
@Tag("state")
class DeadLetterTest extends BridgeTest {

	private static final Duration OVER_AGE = Duration.ofDays(3).plusMinutes(1);

	private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

	@LocalManagementPort
	private int managementPort;

	@Autowired
	private DeadLetters deadLetters;

	@Autowired
	@Qualifier("managementBeansExporter")
	private MBeanExporter exporter;

	@Autowired
	private TransactionOperations transaction;

	@Test
	void shouldKeepAnEventThatIsRefusedForThreeDaysAndRedriveItOnDemand() {
		String id = completedRequest(422);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSizeGreaterThan(1));
		assertThat(letters(id)).isEmpty();

		makeOld(id);

		eventually(() -> assertThat(letters(id)).hasSize(1));
		assertThat(waitingEvents(id)).isZero();
		JsonNode letter = letters(id).get(0);
		List<JsonNode> attempts = this.provider.analyticsEventsOf(id);
		assertThat(letter.path("destination").asText()).isEqualTo("analytics");
		assertThat(letter.path("reason").asText()).isEqualTo("HTTP 422");
		assertThat(letter.path("attempts").asInt()).isEqualTo(attempts.size()).isGreaterThan(1);
		assertThat(letter.path("event")).isEqualTo(attempts.get(0));
		assertThat(letter.path("event_id")).isEqualTo(attempts.get(0).path("event_id"));
		assertThat(Instant.parse(letter.path("died_at").asText())).isBeforeOrEqualTo(Instant.now());
		assertThat(auditActions(id)).containsExactly("presented");

		WORLD.resetAll();
		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		HttpResponse<String> redriven = operate("POST", "/" + letter.path("id").asLong(), "{}");

		assertThat(redriven.statusCode()).as(redriven.body()).isEqualTo(200);
		assertThat(redriven.body()).isEqualTo("{\"redriven\":1}");
		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).containsExactly(attempts.get(0)));
		WORLD.verify(postRequestedFor(urlEqualTo(StubbedProvider.ANALYTICS_PATH))
			.withRequestBody(matchingJsonPath("$.request_id", equalTo(id)))
			.withHeader("traceparent", equalTo(TRACEPARENT)));
		assertThat(settledActions(id)).containsExactly("presented");
		assertThat(letters(id)).isEmpty();
		assertThat(operate("POST", "/" + letter.path("id").asLong(), "{}").statusCode()).isEqualTo(404);
	}

	@Test
	void shouldRedriveThoseThatDiedSinceATime() {
		String early = deadRequest();
		String late = deadRequest();
		this.database.update("UPDATE dead_letter SET died_at = ? WHERE payload LIKE ?",
				Instant.now().minusSeconds(3600).atOffset(ZoneOffset.UTC), "%\"" + early + "\"%");
		WORLD.resetAll();
		this.provider.stub(analytics().willReturn(answer(202, "{}")));

		HttpResponse<String> redriven = operate("POST", "",
				"{\"destination\":\"analytics\",\"since\":\"" + Instant.now().minusSeconds(600) + "\"}");

		assertThat(json(redriven).path("redriven").asInt()).isEqualTo(1);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(late)).hasSize(1));
		assertThat(letters(early)).hasSize(1);
		assertThat(json(operate("POST", "", "{\"destination\":\"elsewhere\"}")).path("redriven").asInt()).isZero();
		HttpResponse<String> refused = operate("POST", "", "{\"since\":\"yesterday\"}");
		assertThat(refused.statusCode()).isEqualTo(400);
		assertThat(json(refused).path("detail").asText())
			.isEqualTo("A parameter is missing or cannot be read: numbers are decimal, times as 2026-11-22T10:00:00Z.");
		HttpResponse<String> misspelt = operate("POST", "",
				"{\"destination\":\"analytics\",\"from\":\"2026-11-22T10:00:00Z\"}");
		assertThat(misspelt.statusCode()).as(misspelt.body()).isEqualTo(400);
		assertThat(json(misspelt).path("detail").asText())
			.isEqualTo("Unknown field; those of this operation are: destination, since.");
		assertThat(json(misspelt).at("/errors/0/field").asText()).isEqualTo("from");
		assertThat(json(operate("POST", "/1?x=1", "{}")).path("detail").asText())
			.isEqualTo("This operation has no fields.");
		assertThat(letters(early)).hasSize(1);
		assertThat(json(operate("POST", "", "{")).path("detail").asText()).isEqualTo("The body is not a JSON object.");
		assertThat(json(operate("POST", "", "{}")).path("redriven").asInt()).isEqualTo(1);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(early)).hasSize(1));
	}

	/** So many that they are looked at in several transactions. */
	@Test
	void shouldRedriveExactlyThoseAskedForAmongMany() {
		String run = unique("");
		List<String> early = deadLetters(run + "early", "elsewhere", 600);
		List<String> wanted = deadLetters(run + "wanted", "elsewhere", 600);
		List<String> other = deadLetters(run + "other", "nowhere", 600);
		List<String> late = deadLetters(run + "late", "elsewhere", 600);
		this.database.update("UPDATE dead_letter SET died_at = ? WHERE payload LIKE ?",
				Instant.now().minusSeconds(3600).atOffset(ZoneOffset.UTC), "%" + run + "early%");

		HttpResponse<String> redriven = operate("POST", "",
				"{\"destination\":\"elsewhere\",\"since\":\"" + Instant.now().minusSeconds(600) + "\"}");

		assertThat(redriven.body()).isEqualTo("{\"redriven\":1200}");
		assertThat(payloads("outbox", run)).containsExactlyElementsOf(concat(wanted, late));
		assertThat(payloads("dead_letter", run)).containsExactlyElementsOf(concat(early, other));
		delete(run);
	}

	@Test
	void shouldShowThoseOfADestinationAmongMany() {
		String run = unique("");
		List<String> shown = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			shown.addAll(deadLetters(run + "shown" + i, "elsewhere", 2));
			deadLetters(run + "other" + i, "nowhere", 600);
		}

		JsonNode first = json(operate("GET", "?destination=elsewhere&limit=5", null));
		JsonNode second = json(
				operate("GET", "?destination=elsewhere&limit=5&after=" + first.path("next").asLong(), null));

		assertThat(first.path("dead_letters")).extracting((letter) -> letter.path("event").toString())
			.containsExactlyElementsOf(shown.subList(0, 5));
		assertThat(second.path("dead_letters")).extracting((letter) -> letter.path("event").toString())
			.containsExactlyElementsOf(shown.subList(5, 6));
		delete(run);
	}

	/** The order went on for as long as there were some. */
	@Test
	void shouldRedriveThoseThatDieAgainAtOnceOnlyOnce() {
		String run = unique("");
		List<String> dead = deadLetters(run, "elsewhere", 1200);
		AtomicInteger diedAgain = new AtomicInteger();
		DeadLetters redriving = new DeadLetters(this.database, new TransactionOperations() {

			@Override
			public <T> T execute(TransactionCallback<T> action) {
				T result = DeadLetterTest.this.transaction.execute(action);
				// So that the test ends in any case.
				if (diedAgain.get() < 3 * dead.size()) {
					diedAgain.addAndGet(bury(run));
				}
				return result;
			}

		}, Clock.systemUTC());

		int redriven = redriving.redrive("elsewhere", Instant.EPOCH);

		assertThat(redriven).isEqualTo(1200);
		assertThat(diedAgain).hasValue(1200);
		assertThat(payloads("dead_letter", run)).containsExactlyElementsOf(dead);
		delete(run);
	}

	/** Events that were given up: their payloads, in their order. */
	private List<String> deadLetters(String run, String destination, int events) {
		List<String> payloads = IntStream.range(0, events).mapToObj((i) -> "\"" + run + "-" + i + "\"").toList();
		this.transaction.executeWithoutResult((status) -> {
			this.database.batchUpdate("INSERT INTO outbox (destination, event_id, payload) VALUES (?, ?, ?)",
					payloads.stream().map((payload) -> new Object[] { destination, unique(""), payload }).toList());
			bury(run);
		});
		return payloads;
	}

	/** Gives up what waits of a run. */
	private int bury(String run) {
		List<Long> ids = this.database.queryForList("SELECT id FROM outbox WHERE payload LIKE ?", Long.class,
				"%" + run + "%");
		this.deadLetters.bury("elsewhere", ids, 0, "a test");
		return ids.size();
	}

	private List<String> payloads(String table, String run) {
		return this.database.queryForList("SELECT payload FROM " + table + " WHERE payload LIKE ? ORDER BY id",
				String.class, "%" + run + "%");
	}

	private static List<String> concat(List<String> some, List<String> more) {
		return Stream.concat(some.stream(), more.stream()).toList();
	}

	private void delete(String run) {
		for (String table : List.of("outbox", "dead_letter")) {
			this.database.update("DELETE FROM " + table + " WHERE payload LIKE ?", "%" + run + "%");
		}
	}

	@Test
	void shouldShowThemInPagesOnTheManagementPortOnly() {
		List<String> ids = List.of(deadRequest(), deadRequest(), deadRequest());

		JsonNode first = json(operate("GET", "?limit=2", null));
		JsonNode second = json(operate("GET", "?limit=2&after=" + first.path("next").asLong(), null));
		JsonNode last = json(operate("GET", "?after=" + second.path("next").asLong(), null));

		assertThat(first.path("dead_letters")).hasSize(2);
		assertThat(second.path("dead_letters")).hasSize(1);
		assertThat(last.path("dead_letters")).isEmpty();
		assertThat(last.path("next").isNull()).isTrue();
		assertThat(json(operate("GET", "?destination=elsewhere", null)).path("dead_letters")).isEmpty();
		assertThat(json(operate("GET", "?destination=analytics&limit=0", null)).path("dead_letters")).isEmpty();
		for (String all : List.of("", "?destination=analytics")) {
			eventually(() -> assertThat(json(operate("GET", all, null)).path("total").asInt()).isEqualTo(3));
		}
		JsonNode elsewhere = json(operate("GET", "?destination=elsewhere", null));
		assertThat(elsewhere.path("total").isIntegralNumber()).isTrue();
		assertThat(elsewhere.path("total").asInt()).isZero();
		assertThat(ids).allSatisfy((id) -> assertThat(letters(id)).hasSize(1));
		assertThat(get("/actuator/deadletters").statusCode()).isEqualTo(404);
		redriveRest();
	}

	@Test
	void shouldServeOperatorsOverJmx() throws JMException {
		String one = deadRequest();
		String other = deadRequest();
		// The name is one for the JVM, and this is not the only application of the tests.
		this.exporter.afterSingletonsInstantiated();
		MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
		ObjectName name = new ObjectName("io.agentassist.bridge:type=Outbox");

		assertThat(jmx.getMBeanInfo(name).getOperations()).hasSizeGreaterThanOrEqualTo(4)
			.extracting(MBeanOperationInfo::getDescription)
			.allSatisfy((description) -> assertThat(description).contains(" "));
		await().untilAsserted(() -> assertThat(jmx.getAttribute(name, "Dead")).isEqualTo(2L));
		assertThat((List<?>) jmx.invoke(name, "list", new Object[] { 0L, 10 }, new String[] { "long", "int" }))
			.hasSize(2)
			.allSatisfy((line) -> assertThat((String) line).contains("to analytics", "HTTP 503"));
		WORLD.resetAll();
		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		assertThat(jmx.invoke(name, "redrive", new Object[] { letters(one).get(0).path("id").asLong() },
				new String[] { "long" }))
			.isEqualTo(1);
		assertThat(jmx.invoke(name, "redriveSince", new Object[] { Instant.now().plusSeconds(60).toString() },
				new String[] { "java.lang.String" }))
			.isEqualTo(0);
		assertThat(jmx.invoke(name, "redriveAll", null, null)).isEqualTo(1);
		for (String id : List.of(one, other)) {
			eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSize(1));
		}
	}

	@Test
	void shouldProbeAnEndpointThatIsDownAndDeliverAllWhenItIsBack() {
		this.provider.stub(analytics().willReturn(answer(503, "{}")));
		List<String> ids = IntStream.range(0, 60).mapToObj((i) -> {
			String id = queue(unique("conv-"));
			callBack(completed(id));
			return id;
		}).toList();
		String overAge = ids.get(59);
		eventually(() -> assertThat(auditActions(overAge)).hasSize(1));
		this.database.update("UPDATE outbox SET created_at = ?, next_attempt_at = ? WHERE payload LIKE ?", old(), old(),
				"%\"" + overAge + "\"%");

		eventually(() -> assertThat(letters(overAge)).hasSize(1));
		assertThat(letters(overAge).get(0).path("reason").asText()).isEqualTo("HTTP 503");
		// Each on a back-off of its own would have been tried by now.
		assertThat(ids.stream().filter((id) -> this.provider.analyticsEventsOf(id).isEmpty())).isNotEmpty();

		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		ids.forEach((id) -> assertThat(settledActions(id)).containsExactly("presented"));
		ids.stream()
			.filter((id) -> !id.equals(overAge))
			.forEach((id) -> assertThat(this.provider.analyticsEventsOf(id)).isNotEmpty());
		redriveRest();
	}

	@Test
	void shouldLeaveAnEndpointAloneForTheTimeThatItAsksFor() {
		// Longer than the longest wait of the tests, 400 ms, which is what remains of it.
		String id = queue(unique("conv-"));
		this.provider.answersFirstEventOf(id, answer(429, "{}").withHeader("Retry-After", "30"));
		callBack(completed(id));
		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).isNotEmpty());
		String other = queue(unique("conv-"));
		callBack(completed(other));

		settledActions(id);
		settledActions(other);

		List<LoggedRequest> posts = WORLD.findAll(postRequestedFor(urlEqualTo(StubbedProvider.ANALYTICS_PATH))
			.withRequestBody(matchingJsonPath("$.request_id", equalTo(id).or(equalTo(other)))));
		assertThat(posts).hasSize(3);
		Instant refused = posts.get(0).getLoggedDate().toInstant();
		assertThat(posts.subList(1, 3)).allSatisfy(
				(post) -> assertThat(post.getLoggedDate().toInstant()).isAfterOrEqualTo(refused.plusMillis(380)));
	}

	@Test
	void shouldDeleteNothingUnsentWhereTheDatabaseRefusesToPutItOff() {
		String run = unique("run-");
		refuseToPutOff(run, "next_attempt_at <> created_at");
		this.provider
			.stub(analytics().withRequestBody(matchingJsonPath("$.run", equalTo(run))).willReturn(answer(500, "{}")));
		this.provider.stub(analytics(run + 0).willReturn(answer(202, "{}")));

		// The breaker opens long before the last of the batch: those are not tried.
		backlog(run, 100);

		eventually(() -> assertThat(waitingEvents(run + 0)).isZero());
		assertThat(IntStream.range(1, 100).filter((i) -> !this.provider.analyticsEventsOf(run + i).isEmpty()).count())
			.isLessThan(90);
		assertThat(IntStream.range(1, 100).filter((i) -> waitingEvents(run + i) == 0)).isEmpty();
		putOffAgain();
		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		eventually(() -> assertThat(waitingEvents(run)).isZero());
		assertThat(IntStream.range(0, 100).filter((i) -> this.provider.analyticsEventsOf(run + i).isEmpty())).isEmpty();
	}

	@Test
	void shouldRemoveWhatWasDeliveredBesideAnEventThatCannotBePutOff() {
		String run = unique("run-");
		refuseToPutOff(run, "attempts = 0");
		this.provider.stub(analytics(run + 1).willReturn(answer(500, "{}")));

		backlog(run, 2);

		eventually(() -> assertThat(this.provider.analyticsEventsOf(run + 1)).hasSizeGreaterThan(1));
		assertThat(this.provider.analyticsEventsOf(run + 0)).hasSize(1);
		assertThat(waitingEvents(run + 0)).isZero();
		assertThat(waitingEvents(run + 1)).isEqualTo(1);
		putOffAgain();
		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		settledActions(run + 1);
	}

	@Test
	void shouldClaimNoMoreThanABatchAhead() {
		String run = unique("run-");
		this.provider.stub(analytics().withRequestBody(matchingJsonPath("$.run", equalTo(run)))
			.willReturn(answer(202, "{}").withFixedDelay(500)));

		backlog(run, 500);

		eventually(() -> assertThat(this.provider.analyticsEventsOf(run + 20)).isNotEmpty());
		assertThat(this.database.queryForObject(
				"SELECT count(*) FROM outbox WHERE next_attempt_at > created_at + INTERVAL '90' SECOND AND payload LIKE ?",
				Integer.class, "%\"" + run + "\"%"))
			.isBetween(1, 160);
		this.provider.stub(analytics().willReturn(answer(202, "{}")));
		eventually(() -> assertThat(waitingEvents(run)).isZero());
	}

	/**
	 * The database refuses what puts events of a run off: an attempt more, or a new time.
	 */
	private void refuseToPutOff(String run, String condition) {
		this.database.execute("ALTER TABLE outbox ADD CONSTRAINT broken_by_test CHECK (" + condition
				+ " OR payload NOT LIKE '%\"" + run + "\"%')");
	}

	@AfterEach
	void putOffAgain() {
		this.database.execute("ALTER TABLE outbox DROP CONSTRAINT IF EXISTS broken_by_test");
	}

	/** Events that are due and come into one batch, in their order. */
	private void backlog(String run, int events) {
		OffsetDateTime due = Instant.now().minusSeconds(60).atOffset(ZoneOffset.UTC);
		this.transaction.executeWithoutResult((status) -> IntStream.range(0, events)
			.forEach((i) -> this.database.update(
					"INSERT INTO outbox (destination, event_id, payload, created_at, next_attempt_at)"
							+ " VALUES ('analytics', ?, ?, ?, ?)",
					unique(""), "{\"request_id\":\"" + run + i + "\",\"run\":\"" + run + "\"}", due.minusSeconds(60),
					due)));
	}

	@ParameterizedTest
	@CsvSource({ "120,120", "0,0", "'Sun, 22 Nov 2026 10:01:00 GMT',60", "'Sun, 22 Nov 2026 09:00:00 GMT',0", "soon,0",
			"-5,0", "99999999999999999999,0" })
	void shouldReadRetryAfterInBothForms(String value, long seconds) {
		HttpOperationFailedException failure = new HttpOperationFailedException("http://secret@analytics", 503, "",
				null, Map.of("retry-after", value), "{}");

		DeliveryFailure cause = DeliveryFailure.of(failure, Instant.parse("2026-11-22T10:00:00Z"));

		assertThat(cause.retryAfter()).isEqualTo(Duration.ofSeconds(seconds));
		assertThat(cause.reason()).isEqualTo((seconds > 0) ? "HTTP 503, Retry-After " + seconds + " s" : "HTTP 503");
	}

	@Test
	void shouldCutLongReasonsToWhatTheColumnHolds() {
		assertThat(
				DeliveryFailure.of(new IllegalStateException("a\nb\u0000" + "x".repeat(1000)), Instant.now()).reason())
			.hasSize(500)
			.startsWith("IllegalStateException: a b x");
	}

	/** The reason of one that waited quotes that of another. */
	@Test
	void shouldBuryWithALongReason() {
		String event = unique("").substring(0, 36);
		this.database.update("INSERT INTO outbox (destination, event_id, payload) VALUES ('elsewhere', ?, '{}')",
				event);
		long id = this.database.queryForObject("SELECT id FROM outbox WHERE event_id = ?", Long.class, event);

		this.deadLetters.bury("elsewhere", List.of(id), 0, "Past its time to live: " + "x".repeat(500));

		assertThat(
				this.database.queryForObject("SELECT reason FROM dead_letter WHERE event_id = ?", String.class, event))
			.hasSize(500);
		this.database.update("DELETE FROM dead_letter WHERE event_id = ?", event);
	}

	/** A request whose event analytics refuses. */
	private String completedRequest(int status) {
		String id = queue(unique("conv-"));
		this.provider.stub(analytics(id).willReturn(answer(status, "{}")));
		callBack(completed(id, suggestion(unique("sug-"), 0.5)), TRACEPARENT);
		return id;
	}

	private String deadRequest() {
		String id = completedRequest(503);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).isNotEmpty());
		makeOld(id);
		eventually(() -> assertThat(letters(id)).hasSize(1));
		return id;
	}

	private void makeOld(String id) {
		this.database.update("UPDATE outbox SET created_at = ? WHERE payload LIKE ?", old(), "%\"" + id + "\"%");
	}

	private static OffsetDateTime old() {
		return Instant.now().minus(OVER_AGE).atOffset(ZoneOffset.UTC);
	}

	private List<String> auditActions(String id) {
		return auditLines(id).stream().map((line) -> line.path("action").asText()).toList();
	}

	private List<JsonNode> letters(String requestId) {
		return StreamSupport.stream(json(operate("GET", "?limit=500", null)).path("dead_letters").spliterator(), false)
			.filter((letter) -> letter.path("event").path("request_id").asText().equals(requestId))
			.toList();
	}

	private void redriveRest() {
		WORLD.resetAll();
		this.provider.stub(WireMock.any(WireMock.anyUrl()).willReturn(answer(202, "{}")));
		operate("POST", "", "{}");
		eventually(
				() -> assertThat(this.database.queryForObject("SELECT count(*) FROM outbox", Integer.class)).isZero());
	}

	private HttpResponse<String> operate(String method, String path, String body) {
		return send(HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + "/actuator/deadletters" + path))
			.header("Content-Type", "application/json")
			.method(method,
					(body != null) ? HttpRequest.BodyPublishers.ofString(body) : HttpRequest.BodyPublishers.noBody())
			.build());
	}

}
