package io.agentassist.bridge.callback;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import org.json.JSONException;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.skyscreamer.jsonassert.JSONAssert;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows every answer to a callback, and that each has its effect once. */
@Tag("state")
class CallbackTest extends BridgeTest {

	private static final String ACKNOWLEDGED = "{\"status\":\"acknowledged\"}";

	private static final String INVALID = "{\"error\":\"Invalid JSON payload\"}";

	private static final String UNKNOWN = "{\"error\":\"Unknown request ID\"}";

	@Test
	void shouldAnswer200WithRankedSuggestions() throws JSONException {
		String id = queue(unique("conv-"));
		String plain = unique("plain-");
		String skilled = unique("skilled-");

		HttpResponse<String> answer = callBack(
				completed(id, suggestion(plain, 0.8), suggestion(skilled, 0.75, "x", "billing")));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(answer.headers().firstValue("Idempotent-Replayed")).isEmpty();
		assertNoForeignHeaders(answer);
		JSONAssert.assertEquals("""
				{"status":"processed","ranked_suggestions":[
				{"id":"%1$s","title":"Title of %1$s","content":"Content of %1$s","confidence":0.75,
				"knowledge_source_id":"ks-1","metadata":{"tags":["x","billing"]},
				"final_score":0.545,"skill_match":true,"feedback_signal":0.5},
				{"id":"%2$s","title":"Title of %2$s","content":"Content of %2$s","confidence":0.8,
				"knowledge_source_id":"ks-1","metadata":{"tags":[]},
				"final_score":0.53,"skill_match":false,"feedback_signal":0.5}]}""".formatted(skilled, plain),
				answer.body(), true);
	}

	@Test
	void shouldAnswerTheSameAgainWhenCallbackIsRepeated() {
		String id = queue(unique("conv-"));
		ObjectNode callback = completed(id, suggestion(unique("sug-"), 0.8));
		HttpResponse<String> first = callBack(callback);

		HttpResponse<String> second = callBack(callback);
		HttpResponse<String> other = callBack(completed(id, suggestion(unique("other-"), 1)));

		for (HttpResponse<String> repeated : List.of(second, other)) {
			assertThat(repeated.statusCode()).isEqualTo(200);
			assertThat(repeated.headers().allValues("Idempotent-Replayed")).containsExactly("true");
			assertThat(repeated.headers().firstValue("Content-Type")).hasValue("application/json");
			assertThat(repeated.body()).isEqualTo(first.body());
		}
		assertThat(settledActions(id)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(1);
	}

	/** A duplicate may meet the first one at any point of its commit. */
	@RepeatedTest(25)
	void shouldHaveOneEffectWhenCallbackComesManyTimesAtOnce() {
		String id = queue(unique("conv-"));
		byte[] callback = completed(id, suggestion(unique("sug-"), 0.8)).toString().getBytes(StandardCharsets.UTF_8);

		List<HttpResponse<String>> answers = callBackAtOnce(callback, 8);

		assertThat(answers).allSatisfy((answer) -> {
			assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
			assertThat(answer.body()).isEqualTo(answers.get(0).body()).contains("\"status\":\"processed\"");
		});
		assertThat(answers.stream().filter((answer) -> answer.headers().firstValue("Idempotent-Replayed").isEmpty()))
			.hasSize(1);
		assertThat(settledActions(id)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(1);
	}

	@Test
	void shouldWaitForTheAnswerToItsOwnTriggerWhenCallbackIsFaster() {
		String conversation = unique("conv-");
		String id = StubbedProvider.requestIdOf(conversation);
		CompletableFuture<HttpResponse<String>> trigger = heldTrigger(conversation);

		HttpResponse<String> callback = overtake(trigger, completed(id, suggestion(unique("sug-"), 0.8)), 1).get(0);

		assertThat(callback.statusCode()).as(callback.body()).isEqualTo(200);
		assertThat(json(callback).path("status").asText()).isEqualTo("processed");
		assertThat(trigger.join().statusCode()).isEqualTo(202);
		assertThat(lookUp(id).path("status").asText()).isEqualTo("completed");
		assertThat(settledActions(id)).containsExactly("presented");
	}

	@ParameterizedTest
	@CsvSource({ "completed, presented, 200", "failed, failed, 202" })
	void shouldHaveOneEffectWhenCallbacksAtOnceAreFasterThanTheirTrigger(String status, String action, int answered) {
		String conversation = unique("conv-");
		String id = StubbedProvider.requestIdOf(conversation);
		CompletableFuture<HttpResponse<String>> trigger = heldTrigger(conversation);
		ObjectNode callback = completed(id, suggestion(unique("sug-"), 0.8)).put("status", status);

		List<HttpResponse<String>> answers = overtake(trigger, callback, 4);

		assertThat(answers).allSatisfy((answer) -> assertThat(answer.statusCode()).isEqualTo(answered));
		assertThat(trigger.join().statusCode()).isEqualTo(202);
		assertThat(settledActions(id)).containsExactly(action);
	}

	/** The provider has it, and does not answer yet. */
	private CompletableFuture<HttpResponse<String>> heldTrigger(String conversation) {
		this.provider.holds(StubbedProvider.queryOf(conversation).willReturn(StubbedProvider.queued()));
		CompletableFuture<HttpResponse<String>> trigger = sendAsync(postRequest("/agentassist/suggestions",
				suggestionRequest(conversation).toString().getBytes(StandardCharsets.UTF_8)));
		eventually(() -> assertThat(this.provider.queriesOf(conversation)).hasSize(1));
		return trigger;
	}

	/** Lets the provider answer the trigger once the callbacks wait for that. */
	private List<HttpResponse<String>> overtake(CompletableFuture<HttpResponse<String>> trigger, ObjectNode callback,
			int times) {
		byte[] body = callback.toString().getBytes(StandardCharsets.UTF_8);
		List<CompletableFuture<HttpResponse<String>>> answers = Stream.generate(() -> sendAsync(signed(body)))
			.limit(times)
			.toList();
		awaitWaitingCallers(times);
		assertThat(trigger).isNotDone();
		this.provider.release();
		return answers.stream().map(CompletableFuture::join).toList();
	}

	@Test
	void shouldAnswer404ForUnknownIdButOnlyAfterAWhile() {
		ObjectNode callback = completed(unique("unknown-"), suggestion("sug-1", 0.8));

		Duration took = timed(() -> {
			HttpResponse<String> answer = callBack(callback);
			assertThat(answer.statusCode()).isEqualTo(404);
			assertThat(answer.body()).isEqualTo(UNKNOWN);
			assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
			assertNoForeignHeaders(answer);
		});

		assertThat(took).isBetween(Duration.ofMillis(1900), Duration.ofSeconds(5));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"status\":\"completed\",\"suggestions\":[]}", "{\"id\":null,\"status\":\"completed\"}",
			"{\"id\":\"\",\"status\":\"completed\"}", "{\"id\":\"\\u0000\",\"status\":\"completed\"}",
			"{\"id\":{\"a\":1},\"status\":\"completed\"}", "{\"id\":[],\"status\":\"completed\"}" })
	void shouldAnswer404WhenIdIsMissingOrNone(String callback) {
		HttpResponse<String> answer = callBack(callback);

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(404);
		assertThat(answer.body()).isEqualTo(UNKNOWN);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"status\":\"queued\"", "\"status\":\"processing\"", "\"status\":\"\"", "\"status\":null",
			"\"status\":7", "\"status\":{}", "\"status\":\"COMPLETED \"", "\"unheard\":true" })
	void shouldAcknowledgeWhileStatusIsNotCompleted(String status) {
		String id = queue(unique("conv-"));

		HttpResponse<String> answer = callBack("{\"id\":\"" + id + "\"," + status + "}");

		assertThat(answer.statusCode()).isEqualTo(202);
		assertThat(answer.body()).isEqualTo(ACKNOWLEDGED);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		assertNoForeignHeaders(answer);
		assertThat(lookUp(id).path("status").asText()).isEqualTo("queued");
		assertThat(callBack(completed(id, suggestion(unique("sug-"), 0.8))).statusCode()).isEqualTo(200);
		assertThat(settledActions(id)).containsExactly("presented");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "null", "[]", "[{\"id\":\"x\",\"status\":\"completed\"}]", "{}", "\"text\"", "42",
			"true", "{", "{\"id\":", "{\"id\":\"x\",\"status\":\"completed\"} trailing", "not json",
			"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":\"none\"}",
			"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":{}}",
			"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":[1]}",
			"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":[null]}",
			"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":[[]]}" })
	void shouldAnswer400WhenBodyIsNotTheContractsJson(String body) {
		assertInvalid(callBack(body));
	}

	static Stream<byte[]> brokenBytes() {
		return Stream.of(new byte[] { '{', '"', 'i', 'd', '"', ':', '"', (byte) 0xff, '"', '}' },
				new byte[] { '{', '"', 'i', 'd', '"', ':', '"', (byte) 0xc3, '"', '}' }, new byte[] { 0 },
				new byte[] { (byte) 0xff, (byte) 0xfe }, new byte[] { 0, 0, 0, '{', -1, -1, -1, -1 });
	}

	@ParameterizedTest
	@MethodSource("brokenBytes")
	void shouldAnswer400WhenBodyIsNotUtf8(byte[] body) {
		assertInvalid(send(signed(body)));
	}

	@Test
	void shouldTakeACallbackThatBeginsWithAByteOrderMark() {
		assertThat(callBack("\uFEFF" + completed(queue(unique("conv-")))).statusCode()).isEqualTo(200);
	}

	@Test
	void shouldAnswer400WhenBodyIsNestedBeyondMeasure() {
		assertInvalid(callBack("{\"id\":\"x\",\"y\":" + "[".repeat(100_000)));
	}

	private static void assertInvalid(HttpResponse<String> answer) {
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
		assertThat(answer.body()).isEqualTo(INVALID);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		assertNoForeignHeaders(answer);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"suggestions\":[]", "\"suggestions\":null", "\"unheard\":1" })
	void shouldProcessCallbackWithoutSuggestions(String suggestions) {
		String id = queue(unique("conv-"));

		HttpResponse<String> answer = callBack("{\"id\":\"" + id + "\",\"status\":\"completed\"," + suggestions + "}");

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.body()).isEqualTo("{\"status\":\"processed\",\"ranked_suggestions\":[]}");
		JsonNode presented = settledAuditLines(id).get(0);
		assertThat(presented.path("suggestion_id").isNull()).isTrue();
		assertThat(presented.path("metadata").path("ranked_suggestion_ids")).isEqualTo(JSON.createArrayNode());
	}

	@Test
	void shouldKeepUnknownFieldsOfASuggestion() {
		String id = queue(unique("conv-"));
		ObjectNode suggestion = suggestion(unique("sug-"), 0.5);
		suggestion.put("unheard", "kept 😀").putObject("nested").put("large", 12345678901234567L).putNull("none");
		suggestion.withObject("/metadata").put("also", true);

		JsonNode ranked = json(callBack(completed(id, suggestion))).path("ranked_suggestions").get(0);

		ObjectNode kept = ranked.deepCopy();
		kept.remove(List.of("final_score", "skill_match", "feedback_signal"));
		assertThat(kept).isEqualTo(suggestion);
	}

	/** Unlike a desktop, it cannot be asked to mend its JSON. */
	@Test
	void shouldTakeTheLastOfAFieldThatTheProviderGivesTwice() {
		String id = queue(unique("conv-"));

		HttpResponse<String> answer = callBack("{\"id\":\"x\",\"id\":\"" + id
				+ "\",\"status\":\"completed\",\"suggestions\":[{\"title\":\"first\",\"title\":\"last\"}]}");

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		assertThat(json(answer).path("ranked_suggestions").findValuesAsText("title")).containsExactly("last");
	}

	@Test
	void shouldNameTheKnowledgeSourceAsTheContractDoes() {
		String id = queue(unique("conv-"));
		ObjectNode suggestion = suggestion(unique("sug-"), 0.5);
		suggestion.remove("knowledge_source_id");
		suggestion.put("knowledgeSourceId", "ks-1");

		JsonNode ranked = json(callBack(completed(id, suggestion))).path("ranked_suggestions").get(0);

		assertThat(ranked.path("knowledge_source_id").asText()).isEqualTo("ks-1");
		assertThat(ranked.has("knowledgeSourceId")).isFalse();
	}

	@Test
	void shouldMarkRequestFailedAndRecordIt() {
		String conversation = unique("conv-");
		String id = queue(conversation);

		HttpResponse<String> answer = callBack("{\"id\":\"" + id + "\",\"status\":\"failed\",\"reason\":\"x\"}");

		assertThat(answer.statusCode()).isEqualTo(202);
		assertThat(answer.body()).isEqualTo(ACKNOWLEDGED);
		JsonNode request = lookUp(id);
		assertThat(request.path("status").asText()).isEqualTo("failed");
		assertThat(request.path("completed_at").isNull()).isFalse();
		assertThat(request.path("ranked_suggestions").isNull()).isTrue();
		List<JsonNode> lines = settledAuditLines(id);
		assertThat(lines).hasSize(1);
		assertThat(lines.get(0).path("action").asText()).isEqualTo("failed");
		assertThat(lines.get(0).path("suggestion_id").isNull()).isTrue();
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(1);
	}

	@Test
	void shouldRecordFailureOnce() {
		String id = queue(unique("conv-"));
		String failed = "{\"id\":\"" + id + "\",\"status\":\"failed\"}";
		callBack(failed);

		HttpResponse<String> again = callBack(failed);

		assertThat(again.statusCode()).isEqualTo(202);
		assertThat(again.body()).isEqualTo(ACKNOWLEDGED);
		assertThat(lookUp(id).path("status").asText()).isEqualTo("failed");
		assertThat(settledActions(id)).containsExactly("failed");
	}

	@Test
	void shouldCompleteOnceWhenSuggestionsFollowFailure() {
		String id = queue(unique("conv-"));
		String failed = "{\"id\":\"" + id + "\",\"status\":\"failed\"}";
		callBack(failed);
		ObjectNode completed = completed(id, suggestion(unique("sug-"), 0.8));

		HttpResponse<String> late = callBack(completed);
		HttpResponse<String> again = callBack(completed);
		callBack(failed);

		assertThat(late.statusCode()).isEqualTo(200);
		assertThat(late.headers().firstValue("Idempotent-Replayed")).isEmpty();
		assertThat(again.statusCode()).isEqualTo(200);
		assertThat(again.body()).isEqualTo(late.body());
		assertThat(again.headers().firstValue("Idempotent-Replayed")).hasValue("true");
		assertThat(lookUp(id).path("status").asText()).isEqualTo("completed");
		assertThat(settledActions(id)).containsExactly("failed", "presented");
	}

	@Test
	void shouldCompleteOnceWhenFailureAndSuggestionsComeAtOnce() {
		for (int round = 0; round < 10; round++) {
			String id = queue(unique("conv-"));
			byte[] failed = ("{\"id\":\"" + id + "\",\"status\":\"failed\"}").getBytes(StandardCharsets.UTF_8);
			byte[] completed = completed(id, suggestion(unique("sug-"), 0.8)).toString()
				.getBytes(StandardCharsets.UTF_8);

			List<CompletableFuture<HttpResponse<String>>> answers = Stream
				.of(failed, completed, failed, completed, failed)
				.map((callback) -> sendAsync(signed(callback)))
				.toList();

			assertThat(answers).extracting((answer) -> answer.join().statusCode())
				.containsExactly(202, 200, 202, 200, 202);
			assertThat(lookUp(id).path("status").asText()).isEqualTo("completed");
			assertThat(settledActions(id)).isIn(List.of("presented"), List.of("failed", "presented"));
		}
	}

	@Test
	void shouldKeepCompletedWhenFailureFollows() {
		String id = queue(unique("conv-"));
		HttpResponse<String> first = callBack(completed(id, suggestion(unique("sug-"), 0.8)));

		HttpResponse<String> late = callBack("{\"id\":\"" + id + "\",\"status\":\"failed\"}");

		assertThat(late.statusCode()).isEqualTo(202);
		assertThat(late.body()).isEqualTo(ACKNOWLEDGED);
		assertThat(lookUp(id).path("status").asText()).isEqualTo("completed");
		assertThat(lookUp(id).path("ranked_suggestions")).isEqualTo(json(first).path("ranked_suggestions"));
		assertThat(settledActions(id)).containsExactly("presented");
	}

	@ParameterizedTest
	@MethodSource("wrongSignatures")
	void shouldAnswer401WithoutDetailWhenSignatureIsWrong(String signature) {
		String id = queue(unique("conv-"));
		byte[] body = completed(id, suggestion(unique("sug-"), 0.8)).toString().getBytes(StandardCharsets.UTF_8);

		HttpResponse<String> answer = send(
				(signature != null) ? postRequest("/agentassist/callback", body, "X-Hub-Signature-256", signature)
						: postRequest("/agentassist/callback", body));

		JsonNode problem = assertProblem(answer, 401);
		assertThat(problem.has("detail") && !problem.path("detail").isNull()).isFalse();
		assertThat(lookUp(id).path("status").asText()).isEqualTo("queued");
	}

	static Stream<String> wrongSignatures() {
		byte[] other = "another body".getBytes(StandardCharsets.UTF_8);
		return Stream.of(null, "", "sha256=", "garbage", signature(other, CALLBACK_SECRET),
				signature(other, "another secret"), "sha1=abc", "sha256=" + "A".repeat(5000));
	}

	@Test
	void shouldAnswer401BeforeLookingAtTheBody() {
		assertProblem(post("/agentassist/callback", "not json"), 401);
	}

}
