package io.agentassist.bridge.interaction;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that feedback is checked, recorded once, and moves the ranking. */
@Tag("state")
class FeedbackTest extends BridgeTest {

	@ParameterizedTest
	@ValueSource(strings = { "accepted", "dismissed", "copied", "opened" })
	void shouldRecordFeedback(String action) {
		String suggestion = unique("sug-");
		String id = completedRequest(suggestion);

		HttpResponse<String> answer = giveFeedback(id, suggestion, action, "agent-9");

		assertRecorded(answer);
		List<JsonNode> lines = settledAuditLines(id);
		assertThat(lines).extracting((line) -> line.path("action").asText()).containsExactly("presented", action);
		assertThat(lines.get(1).path("suggestion_id").asText()).isEqualTo(suggestion);
		assertThat(lines.get(1).path("agent_id").asText()).isEqualTo("agent-9");
		assertThat(this.provider.analyticsEventsOf(id)).extracting((event) -> event.path("action").asText())
			.containsExactlyInAnyOrder("presented", action);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ",\"agentId\":\"\"", ",\"agentId\":null" })
	void shouldTakeTheRequestsAgentWhereFeedbackNamesNone(String agent) {
		String suggestion = unique("sug-");
		String id = completedRequest(suggestion);

		assertRecorded(
				post("/agentassist/feedback", "{\"requestId\":\"%s\",\"suggestionId\":\"%s\",\"action\":\"copied\"%s}"
					.formatted(id, suggestion, agent)));

		assertThat(settledAuditLines(id).get(1).path("agent_id").asText()).isEqualTo("agent-7");
	}

	@Test
	void shouldHaveNoFurtherEffectWhenRepeated() {
		String suggestion = unique("sug-");
		String id = completedRequest(suggestion);
		assertRecorded(giveFeedback(id, suggestion, "dismissed", "agent-9"));

		assertRecorded(giveFeedback(id, suggestion, "dismissed", "agent-9"));
		assertRecorded(giveFeedback(id, suggestion, "dismissed", "agent-9"));

		assertThat(settledActions(id)).containsExactly("presented", "dismissed");
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(2);
		// One more by another agent: had the repetitions counted, 1 of 4.
		assertRecorded(giveFeedback(id, suggestion, "accepted", "agent-10"));
		assertThat(signalOf(suggestion)).isEqualTo(0.5);
	}

	@Test
	void shouldHaveOneEffectWhenItComesManyTimesAtOnce() {
		String suggestion = unique("sug-");
		String id = completedRequest(suggestion);
		byte[] body = "{\"request_id\":\"%s\",\"suggestion_id\":\"%s\",\"action\":\"accepted\"}"
			.formatted(id, suggestion)
			.getBytes(StandardCharsets.UTF_8);

		Stream.generate(() -> sendAsync(postRequest("/agentassist/feedback", body)))
			.limit(8)
			.toList()
			.stream()
			.map(CompletableFuture::join)
			.forEach(FeedbackTest::assertRecorded);

		assertThat(settledActions(id)).containsExactly("presented", "accepted");
		giveFeedback(id, suggestion, "opened", "agent-10");
		assertThat(signalOf(suggestion)).isEqualTo(0.5);
	}

	@Test
	void shouldCountEveryAgentsFeedbackGivenAtOnce() {
		String suggestion = unique("sug-");
		String id = completedRequest(suggestion);

		Stream.iterate(0, (i) -> i + 1)
			.limit(8)
			.map((i) -> sendAsync(postRequest("/agentassist/feedback",
					"""
							{"request_id":"%s","suggestion_id":"%s","action":"%s","agent_id":"agent-%d"}"""
						.formatted(id, suggestion, (i < 2) ? "accepted" : "opened", i)
						.getBytes(StandardCharsets.UTF_8))))
			.toList()
			.stream()
			.map(CompletableFuture::join)
			.forEach(FeedbackTest::assertRecorded);

		assertThat(signalOf(suggestion)).isEqualTo(0.25);
		assertThat(settledActions(id)).hasSize(9);
	}

	@Test
	void shouldMoveTheRankingOfLaterRequests() {
		String liked = unique("liked-");
		String disliked = unique("disliked-");
		String id = completedRequest(liked, disliked);
		giveFeedback(id, liked, "accepted", "agent-9");
		giveFeedback(id, disliked, "dismissed", "agent-9");
		String next = queue(unique("conv-"));

		JsonNode ranked = json(callBack(completed(next, suggestion(disliked, 0.5), suggestion(liked, 0.5))))
			.path("ranked_suggestions");

		assertThat(ranked.findValuesAsText("id")).containsExactly(liked, disliked);
		assertThat(ranked.findValues("feedback_signal")).extracting(JsonNode::doubleValue).containsExactly(1.0, 0.0);
		assertThat(ranked.findValues("final_score")).extracting(JsonNode::doubleValue).containsExactly(0.4, 0.3);
	}

	/** What the bridge keeps has more JSON tokens than a body may have. */
	@Test
	void shouldTakeFeedbackOnOneOfVeryManySuggestions() {
		String id = queue(unique("conv-"));
		String last = unique("sug-");
		assertThat(callBack("{\"id\":\"" + id + "\",\"status\":\"completed\",\"suggestions\":["
				+ "{\"id\":\"s\"},".repeat(2400) + "{\"id\":\"" + last + "\"}]}")
			.statusCode()).isEqualTo(200);

		assertThat(giveFeedback(id, last, "accepted", null).statusCode()).isEqualTo(202);
	}

	/** Jackson takes this for a slash. */
	@Test
	void shouldAnswer400WhenBodyIsNotUtf8() {
		byte[] body = "{\"request_id\":\"r\u00c0\u00af\",\"suggestion_id\":\"s\",\"action\":\"accepted\"}"
			.getBytes(StandardCharsets.ISO_8859_1);

		assertProblem(send(postRequest("/agentassist/feedback", body)), 400);
	}

	@Test
	void shouldAnswer404ForUnknownRequest() {
		JsonNode problem = assertProblem(giveFeedback(unique("unknown-"), "sug-1", "accepted", null), 404);

		assertThat(problem.path("detail").asText()).isEqualTo("Unknown request ID");
	}

	@Test
	void shouldAnswer404ForSuggestionOfAnotherRequest() {
		String suggestion = unique("sug-");
		completedRequest(suggestion);
		String other = completedRequest(unique("sug-"));

		JsonNode problem = assertProblem(giveFeedback(other, suggestion, "accepted", null), 404);

		assertThat(problem.path("detail").asText()).isEqualTo("Unknown suggestion ID of this request");
		assertThat(settledActions(other)).containsExactly("presented");
	}

	@Test
	void shouldAnswer404WhileTheRequestHasNoSuggestions() {
		assertProblem(giveFeedback(queue(unique("conv-")), "sug-1", "accepted", null), 404);
	}

	/** JSON's null was taken for the id "null", an object for the empty one. */
	@ParameterizedTest
	@ValueSource(strings = { "null", "{\"a\":1}", "[]" })
	void shouldAnswer404ForASuggestionWithoutAnId(String noId) {
		String id = queue(unique("conv-"));
		assertThat(callBack("{\"id\":\"" + id + "\",\"status\":\"completed\",\"suggestions\":[{\"id\":" + noId + "}]}")
			.statusCode()).isEqualTo(200);

		assertProblem(giveFeedback(id, "null", "accepted", null), 404);
		assertThat(settledAuditLines(id)).singleElement()
			.matches((line) -> line.path("action").asText().equals("presented") && line.path("suggestion_id").isNull());
	}

	/** The look-up said 7, audit log and feedback "7". */
	@ParameterizedTest
	@CsvSource({ "7,7", "-7.50,-7.50", "1E+30,1E+30", "true,true" })
	void shouldKnowASuggestionByTheTextOfAnIdThatIsNone(String sent, String text) {
		String id = queue(unique("conv-"));
		HttpResponse<String> processed = callBack("{\"id\":\"" + id
				+ "\",\"status\":\"completed\",\"suggestions\":[{\"id\":" + sent + ",\"title\":" + sent + "}]}");

		assertThat(processed.statusCode()).as(processed.body()).isEqualTo(200);
		for (JsonNode answer : List.of(json(processed), lookUp(id))) {
			JsonNode ranked = answer.path("ranked_suggestions").get(0);
			assertThat(ranked.path("id")).isEqualTo(TextNode.valueOf(text));
			assertThat(ranked.path("title")).isEqualTo(TextNode.valueOf(text));
		}
		assertRecorded(giveFeedback(id, text, "accepted", null));
		assertThat(settledAuditLines(id)).extracting((line) -> line.path("suggestion_id"))
			.containsExactly(TextNode.valueOf(text), TextNode.valueOf(text));
	}

	static Stream<Arguments> brokenFields() {
		return Stream.of(
				Arguments.of("{\"suggestion_id\":\"s\",\"action\":\"accepted\"}", "request_id",
						"Request ID is required."),
				Arguments.of("{\"request_id\":\" \",\"suggestion_id\":\"s\",\"action\":\"accepted\"}", "request_id",
						"Request ID is required."),
				Arguments.of("{\"request_id\":\"r\",\"action\":\"accepted\"}", "suggestion_id",
						"Suggestion ID is required."),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"s\"}", "action", "Action is required."),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":null}", "action",
						"Action is required."),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":\"eaten\"}", "action", null),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":99999999999}", "action", null),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":0}", "action", null),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":\"\"}", "action", null),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":[\"accepted\"]}", "action",
						null),
				Arguments.of("{\"request_id\":{},\"suggestion_id\":\"s\",\"action\":\"accepted\"}", "request_id", null),
				Arguments.of("{\"request_id\":\"r\",\"suggestion_id\":\"a\\u0000\",\"action\":\"accepted\"}",
						"suggestion_id", null),
				Arguments.of(
						"{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":\"accepted\",\"agent_id\":\"a\\n\"}",
						"agent_id", null));
	}

	@ParameterizedTest
	@MethodSource("brokenFields")
	void shouldAnswer400WithFieldAndMessage(String body, String field, String message) {
		HttpResponse<String> answer = post("/agentassist/feedback", body);

		JsonNode problem = assertProblem(answer, 400);
		assertThat(problem.path("errors").findValuesAsText("field")).containsExactly(field);
		if (message != null) {
			assertFieldError(answer, field, message);
		}
	}

	/** Jackson takes blanks and control characters off the word before it looks it up. */
	@ParameterizedTest
	@ValueSource(strings = { " accepted ", "accepted\\u0000", "\\naccepted", "Accepted", "ACCEPTED", "eaten", "", " ",
			"null", "0" })
	void shouldAnswer400WithTheValidActionsWhenActionIsNoneOfThem(String action) {
		HttpResponse<String> answer = post("/agentassist/feedback",
				"{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"action\":\"" + action + "\"}");

		assertFieldError(answer, "action", "Must be one of accepted, dismissed, copied, opened.");
	}

	/** The last one won, or had the wrong type if no other field was missing by then. */
	@ParameterizedTest
	@ValueSource(strings = {
			"{\"action\":\"opened\",\"action\":\"accepted\",\"request_id\":\"r\",\"suggestion_id\":\"s\",\"agent_id\":\"a\"}",
			"{\"request_id\":\"r\",\"suggestion_id\":\"s\",\"agent_id\":\"a\",\"action\":\"opened\",\"action\":\"accepted\"}" })
	void shouldAnswer400WhenAFieldIsGivenTwice(String body) {
		assertFieldError(post("/agentassist/feedback", body), "action", "Is given twice.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "null", "[]", "42", "{", "not json", "{} {}" })
	void shouldAnswer400WhenBodyIsNoJsonObject(String body) {
		assertProblem(post("/agentassist/feedback", body), 400);
	}

	@Test
	void shouldAnswer400ForEmptyObjectWithEveryRequiredField() {
		assertThat(assertProblem(post("/agentassist/feedback", "{}"), 400).path("errors").findValuesAsText("field"))
			.containsExactlyInAnyOrder("request_id", "suggestion_id", "action");
	}

	private static void assertRecorded(HttpResponse<String> answer) {
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		assertThat(answer.body()).isEqualTo("{\"status\":\"recorded\"}");
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		assertNoForeignHeaders(answer);
	}

	private String completedRequest(String... suggestions) {
		String id = queue(unique("conv-"));
		callBack(completed(id,
				Stream.of(suggestions)
					.map((suggestion) -> suggestion(suggestion, 0.5))
					.toArray(com.fasterxml.jackson.databind.node.ObjectNode[]::new)));
		return id;
	}

	/** The signal that a new request sees. */
	private double signalOf(String suggestion) {
		String id = queue(unique("conv-"));
		return json(callBack(completed(id, suggestion(suggestion, 0.5)))).path("ranked_suggestions")
			.get(0)
			.path("feedback_signal")
			.doubleValue();
	}

}
