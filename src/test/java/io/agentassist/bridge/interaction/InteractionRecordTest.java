package io.agentassist.bridge.interaction;

import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.suggestion.RequestStatus;
import io.agentassist.bridge.suggestion.TrackedRequest;
import org.apache.camel.CamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.TransactedDefinition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.info.BuildProperties;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that every interaction reaches analytics and the audit log, once, or that nothing
 * of it is kept at all.
 */
@Tag("state")
class InteractionRecordTest extends BridgeTest {

	private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

	@Autowired
	private BuildProperties build;

	@Autowired
	private CamelContext camel;

	@Autowired
	private ObjectMapper mapper;

	@AfterEach
	void repairOutbox() {
		this.database.execute("ALTER TABLE outbox DROP CONSTRAINT IF EXISTS broken_by_test");
	}

	/** One in a thousand had no decimals, and was sorted behind those of its second. */
	@Test
	void shouldWriteEachTimeToTheMillisecond() throws JsonProcessingException {
		Instant second = Instant.parse("2026-11-22T20:27:47Z");
		InteractionEvent event = new InteractionEvent("1", "agentassist_interaction", second, "sug-req-1", "conv-1",
				null, "expired", 1L, null, null, null);
		TrackedRequest request = new TrackedRequest("sug-req-1", "conv-1", null, List.of(), RequestStatus.EXPIRED,
				second, second.plusMillis(10), null, "");

		assertThat(this.mapper.writeValueAsString(event)).contains("\"timestamp\":\"2026-11-22T20:27:47.000Z\"");
		assertThat(this.mapper.writeValueAsString(request)).contains("\"submitted_at\":\"2026-11-22T20:27:47.000Z\"",
				"\"completed_at\":\"2026-11-22T20:27:47.010Z\"");
	}

	@Test
	void shouldPostPresentedEventWithTheContractsFields() {
		String conversation = unique("conv-");
		String id = queue(conversation);
		String second = unique("second-");
		String top = unique("top-");
		callBack(completed(id, suggestion(second, 0.1), suggestion(top, 0.9)));
		settledAuditLines(id);

		List<JsonNode> events = this.provider.analyticsEventsOf(id);

		assertThat(events).hasSize(1);
		JsonNode event = events.get(0);
		JsonNode request = lookUp(id);
		assertThat(event.path("event_id").asText()).matches(UUID);
		assertThat(Instant.parse(event.path("timestamp").asText())).isBeforeOrEqualTo(Instant.now());
		assertThat(event.path("timestamp").asText()).endsWith("Z");
		ObjectNode expected = JSON.createObjectNode();
		expected.set("event_id", event.path("event_id"));
		expected.put("event_type", "agentassist_interaction");
		expected.set("timestamp", event.path("timestamp"));
		expected.put("request_id", id).put("conversation_id", conversation).put("suggestion_id", top);
		expected.put("action", "presented");
		expected.set("response_time_ms", request.path("response_time_ms"));
		expected.put("agent_id", "agent-7");
		ObjectNode metadata = expected.putObject("metadata");
		metadata.put("source", "agent-assist-bridge").put("version", this.build.getVersion());
		metadata.putArray("ranked_suggestion_ids").add(top).add(second);
		assertThat(event).isEqualTo(expected);
		LoggedRequest post = WORLD
			.findAll(WireMock.postRequestedFor(WireMock.urlEqualTo(StubbedProvider.ANALYTICS_PATH))
				.withRequestBody(matchingJsonPath("$.request_id", equalTo(id))))
			.get(0);
		assertThat(post.getHeader("Content-Type")).startsWith("application/json");
		// The connection of an answer that is compressed would not be used again.
		assertThat(post.getHeader("Accept-Encoding")).isEqualTo("identity");
	}

	/**
	 * Else a kill leaves lines of what was never committed, which cannot be timed here.
	 */
	@Test
	void shouldAppendToTheAuditLogOnlyWhatIsCommitted() {
		RouteDefinition delivery = this.camel.getCamelContextExtension()
			.getContextPlugin(Model.class)
			.getRouteDefinition("deliver-audit");

		assertThat(ProcessorDefinitionHelper.filterTypeInOutputs(delivery.getOutputs(), TransactedDefinition.class))
			.singleElement()
			.extracting(TransactedDefinition::getRef)
			.isEqualTo("readCommitted");
	}

	@Test
	void shouldPostFeedbackEventWithTheContractsFields() {
		String conversation = unique("conv-");
		String id = queue(conversation);
		String suggestion = unique("sug-");
		callBack(completed(id, suggestion(suggestion, 0.1)));
		giveFeedback(id, suggestion, "accepted", "agent-9");
		settledAuditLines(id);

		JsonNode event = this.provider.analyticsEventsOf(id)
			.stream()
			.filter((sent) -> "accepted".equals(sent.path("action").asText()))
			.findFirst()
			.orElseThrow();

		ObjectNode expected = JSON.createObjectNode();
		expected.set("event_id", event.path("event_id"));
		expected.put("event_type", "agentassist_interaction");
		expected.set("timestamp", event.path("timestamp"));
		expected.put("request_id", id).put("conversation_id", conversation).put("suggestion_id", suggestion);
		expected.put("action", "accepted");
		expected.set("response_time_ms", lookUp(id).path("response_time_ms"));
		expected.put("agent_id", "agent-9");
		expected.putObject("metadata").put("source", "agent-assist-bridge").put("version", this.build.getVersion());
		assertThat(event).isEqualTo(expected);
	}

	@Test
	void shouldWriteTheSameEventsToTheAuditLog() {
		String id = queue(unique("conv-"));
		String suggestion = unique("sug-");
		callBack(completed(id, suggestion(suggestion, 0.1)));
		giveFeedback(id, suggestion, "accepted", "agent-9");

		List<JsonNode> lines = settledAuditLines(id);

		assertThat(lines).hasSize(2);
		assertThat(lines.stream().map(InteractionRecordTest::core))
			.containsExactlyInAnyOrderElementsOf(this.provider.analyticsEventsOf(id));
		assertThat(lines.stream().map((line) -> line.path("event_id").asText())).doesNotHaveDuplicates();
	}

	/** An audit line without what chains it to the one before. */
	private static JsonNode core(JsonNode line) {
		ObjectNode core = line.deepCopy();
		return core.remove(List.of("seq", "prev_hash", "hash"));
	}

	@ParameterizedTest
	@ValueSource(ints = { 503, 500, 429, 404, 400, 302 })
	void shouldRetryTheEventThatAnalyticsRefusedWhileOthersPass(int status) {
		String refused = queue(unique("conv-"));
		String other = queue(unique("conv-"));
		this.provider.stub(of(refused, "retry").whenScenarioStateIs(Scenario.STARTED)
			.willReturn(answer(status, "{\"error\":\"no\"}").withHeader("Location", "/elsewhere"))
			.willSetStateTo("once"));
		this.provider.stub(of(refused, "retry").whenScenarioStateIs("once")
			.willReturn(aResponse().withFault(Fault.EMPTY_RESPONSE))
			.willSetStateTo("twice"));
		this.provider.stub(of(refused, "retry").whenScenarioStateIs("twice").willReturn(aResponse().withStatus(200)));
		callBack(completed(refused, suggestion(unique("sug-"), 0.1)));
		callBack(completed(other, suggestion(unique("sug-"), 0.1)));

		assertThat(settledActions(other)).containsExactly("presented");
		assertThat(settledActions(refused)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(other)).hasSize(1);
		List<JsonNode> attempts = this.provider.analyticsEventsOf(refused);
		assertThat(attempts).hasSize(3);
		assertThat(attempts).containsOnly(attempts.get(0));
	}

	@Test
	void shouldAnswerCallbackAndWriteAuditWhileAnalyticsHangs() {
		String id = queue(unique("conv-"));
		this.provider.holds(analytics(id).willReturn(aResponse()));

		assertThat(callBack(completed(id, suggestion(unique("sug-"), 0.1))).statusCode()).isEqualTo(200);

		eventually(() -> assertThat(auditLines(id)).hasSize(1));
		// The line is there before the commit that takes its event from the outbox.
		eventually(() -> assertThat(waitingEvents(id)).isEqualTo(1));
		this.provider.release();
		assertThat(settledActions(id)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(1);
	}

	private static com.github.tomakehurst.wiremock.client.ScenarioMappingBuilder of(String requestId, String scenario) {
		return analytics(requestId).inScenario(scenario + requestId);
	}

	@Test
	void shouldKeepNothingWhenTheCallbacksTransactionFailsAndAllOfItOnTheRetry() {
		String id = queue(unique("conv-"));
		ObjectNode callback = completed(id, suggestion(unique("sug-"), 0.1));
		breakSecondOutboxRowOf(id);

		HttpResponse<String> refused = callBack(callback);

		assertRetryLater(refused);
		assertThat(lookUp(id).path("status").asText()).isEqualTo("queued");
		assertThat(waitingEvents(id)).isZero();
		assertThat(this.database.queryForObject("SELECT count(*) FROM idempotency_key WHERE message_key LIKE ?",
				Integer.class, "%" + id + "%"))
			.isZero();

		repairOutbox();
		HttpResponse<String> retried = callBack(callback);

		assertThat(retried.statusCode()).as(retried.body()).isEqualTo(200);
		assertThat(retried.headers().firstValue("Idempotent-Replayed")).isEmpty();
		assertThat(settledActions(id)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(1);
	}

	@Test
	void shouldKeepNothingWhenTheFailuresTransactionFails() {
		String id = queue(unique("conv-"));
		breakSecondOutboxRowOf(id);

		assertRetryLater(callBack("{\"id\":\"" + id + "\",\"status\":\"failed\"}"));

		assertThat(lookUp(id).path("status").asText()).isEqualTo("queued");
		repairOutbox();
		assertThat(callBack("{\"id\":\"" + id + "\",\"status\":\"failed\"}").statusCode()).isEqualTo(202);
		assertThat(settledActions(id)).containsExactly("failed");
	}

	@Test
	void shouldKeepNothingWhenTheFeedbacksTransactionFails() {
		String id = queue(unique("conv-"));
		String suggestion = unique("sug-");
		callBack(completed(id, suggestion(suggestion, 0.5)));
		settledAuditLines(id);
		breakSecondOutboxRowOf(id);

		assertRetryLater(giveFeedback(id, suggestion, "accepted", "agent-9"));

		assertThat(waitingEvents(id)).isZero();
		assertThat(this.database.queryForObject("SELECT count(*) FROM suggestion_feedback WHERE suggestion_id = ?",
				Integer.class, suggestion))
			.isZero();
		repairOutbox();
		assertThat(giveFeedback(id, suggestion, "accepted", "agent-9").statusCode()).isEqualTo(202);
		assertThat(settledActions(id)).containsExactly("presented", "accepted");
	}

	@Test
	void shouldAnswer503WhenAnAnswerAtOnceCannotBeKept() {
		String id = unique("sug-req-");
		this.provider.answers(answer(200, completed(id, suggestion(unique("sug-"), 0.5)).toString()));
		breakSecondOutboxRowOf(id);

		HttpResponse<String> refused = ask(suggestionRequest(unique("conv-")));

		assertRetryLater(refused);
		assertThat(refused.headers().firstValue("Location")).isEmpty();
		assertThat(waitingEvents(id)).isZero();
	}

	/** The row for the audit log goes in, the one for analytics does not. */
	private void breakSecondOutboxRowOf(String requestId) {
		this.database.execute("ALTER TABLE outbox ADD CONSTRAINT broken_by_test CHECK (destination <> 'analytics'"
				+ " OR payload NOT LIKE '%\"" + requestId + "\"%')");
	}

	private static void assertRetryLater(HttpResponse<String> answer) {
		JsonNode problem = assertProblem(answer, 503);
		assertThat(answer.headers().firstValue("Retry-After"))
			.hasValueSatisfying((seconds) -> assertThat(Integer.parseInt(seconds)).isBetween(1, 60));
		assertThat(problem.path("detail").asText()).isNotEmpty().doesNotContain("outbox", "SQL", "constraint");
	}

	@Test
	void shouldNameTheEventTheSameHoweverOftenItIsTold() {
		assertThat(InteractionEvent.id("a", "presented")).isEqualTo(InteractionEvent.id("a", "presented"))
			.isNotEqualTo(InteractionEvent.id("b", "presented"))
			.isNotEqualTo(InteractionEvent.id("apresented", ""))
			.isNotEqualTo(InteractionEvent.id("ap", "resented"));
	}

}
