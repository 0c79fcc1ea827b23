package io.agentassist.bridge.suggestion;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that a request that breaks the contract is answered 400, with every wrong field,
 * before the provider hears of it.
 */
class SuggestionValidationTest extends BridgeTest {

	private static final String TOO_LONG = "Transcript exceeds maximum character limit of 5000.";

	private static final String NO_SOURCE = "At least one knowledge source ID is required.";

	private static final String TOO_MANY_SOURCES = "Maximum of 10 knowledge source IDs allowed per request.";

	private static final String ID = "Must have at most 200 characters and no control characters.";

	/** Every field is there. */
	private static final String WHOLE = """
			{"conversation_id":"c","transcript":"Hello","agent_skills":["a"],"knowledge_source_ids":["ks-1"],
			"agent_id":"a","callback_url":null,"is_async":true}""";

	@ParameterizedTest
	@ValueSource(ints = { 1, 10 })
	void shouldTakeRequestWithAllowedNumberOfSources(int count) {
		assertThat(ask(withSources(count)).statusCode()).isEqualTo(202);
	}

	@Test
	void shouldAnswer400WhenThereIsNoSource() {
		assertFieldError(ask(withSources(0)), "knowledge_source_ids", NO_SOURCE);
		assertNoQuery();
	}

	@Test
	void shouldAnswer400WhenThereAre11Sources() {
		assertFieldError(ask(withSources(11)), "knowledge_source_ids", TOO_MANY_SOURCES);
		assertNoQuery();
	}

	@Test
	void shouldTakeTranscriptOf5000CodePoints() {
		// Each emoji is two chars and four bytes, and one code point.
		String transcript = "😀".repeat(4990) + "0123456789";

		HttpResponse<String> answer = ask(with((request) -> request.put("transcript", transcript)));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		assertThat(json(this.provider.queries().get(0).getBodyAsString()).path("transcript").asText())
			.isEqualTo(transcript);
	}

	@ParameterizedTest
	@ValueSource(strings = { "😀", "a", "日" })
	void shouldAnswer400WhenTranscriptHas5001CodePoints(String character) {
		String transcript = character.repeat(5001);

		assertFieldError(ask(with((request) -> request.put("transcript", transcript))), "transcript", TOO_LONG);
		assertNoQuery();
	}

	static Stream<Arguments> brokenFields() {
		return Stream.of(
				broken("conversation_id missing", (r) -> r.remove("conversation_id"), "conversation_id",
						"Conversation ID is required."),
				broken("conversation_id null", (r) -> r.putNull("conversation_id"), "conversation_id",
						"Conversation ID is required."),
				broken("conversation_id blank", (r) -> r.put("conversation_id", " \t"), "conversation_id", null),
				broken("conversation_id of 201", (r) -> r.put("conversation_id", "c".repeat(201)), "conversation_id",
						ID),
				broken("conversation_id with line break", (r) -> r.put("conversation_id", "a\nb"), "conversation_id",
						ID),
				broken("conversation_id with NUL", (r) -> r.put("conversation_id", "a\u0000b"), "conversation_id", ID),
				broken("transcript missing", (r) -> r.remove("transcript"), "transcript", "Transcript is required."),
				broken("transcript null", (r) -> r.putNull("transcript"), "transcript", "Transcript is required."),
				broken("transcript empty", (r) -> r.put("transcript", ""), "transcript", "Transcript is required."),
				broken("transcript blank", (r) -> r.put("transcript", " \n\t "), "transcript",
						"Transcript is required."),
				broken("transcript of Unicode blanks", (r) -> r.put("transcript", "\u00a0\u2003\n"), "transcript",
						"Transcript is required."),
				broken("sources missing", (r) -> r.remove("knowledge_source_ids"), "knowledge_source_ids", NO_SOURCE),
				broken("sources null", (r) -> r.putNull("knowledge_source_ids"), "knowledge_source_ids", NO_SOURCE),
				broken("agent_id with control", (r) -> r.put("agent_id", "a\u0007"), "agent_id", ID),
				broken("conversation_id of 101 emoji", (r) -> r.put("conversation_id", "😀".repeat(101)),
						"conversation_id", ID),
				broken("agent_id with C1 control", (r) -> r.put("agent_id", "a\u0085"), "agent_id", ID),
				broken("transcript of 150000", (r) -> r.put("transcript", "x".repeat(150_000)), "transcript", TOO_LONG),
				broken("agent_id of 201", (r) -> r.put("agent_id", "a".repeat(201)), "agent_id", ID));
	}

	private static Arguments broken(String name, Consumer<ObjectNode> change, String field, String message) {
		return Arguments.argumentSet(name, change, field, message);
	}

	@ParameterizedTest
	@MethodSource("brokenFields")
	void shouldAnswer400WithFieldAndMessage(Consumer<ObjectNode> change, String field, String message) {
		HttpResponse<String> answer = ask(with(change));

		JsonNode problem = assertProblem(answer, 400);
		assertThat(problem.path("errors").findValuesAsText("field")).contains(field);
		if (message != null) {
			assertFieldError(answer, field, message);
		}
		assertNoQuery();
	}

	@Test
	void shouldAnswer400WithEveryWrongFieldAtOnce() {
		HttpResponse<String> answer = ask(with((request) -> {
			request.put("transcript", "x".repeat(5001));
			request.putArray("knowledge_source_ids");
			request.remove("conversation_id");
		}));

		JsonNode problem = assertProblem(answer, 400);
		assertThat(problem.path("errors")).hasSize(3);
		assertThat(problem.path("errors").findValuesAsText("field")).containsExactlyInAnyOrder("conversation_id",
				"transcript", "knowledge_source_ids");
		assertThat(problem.path("errors").findValuesAsText("message"))
			.containsExactlyInAnyOrder("Conversation ID is required.", TOO_LONG, NO_SOURCE);
		assertNoQuery();
	}

	@Test
	void shouldAnswer400ForEmptyObjectWithEveryRequiredField() {
		JsonNode problem = assertProblem(post("/agentassist/suggestions", "{}"), 400);

		assertThat(problem.path("errors").findValuesAsText("field")).containsExactlyInAnyOrder("conversation_id",
				"transcript", "knowledge_source_ids");
		assertNoQuery();
	}

	@Test
	void shouldNameOneElementOfAListWithoutItsContent() {
		HttpResponse<String> answer = ask(
				with((request) -> request.putArray("knowledge_source_ids").add("ks-1").add(" ")));

		JsonNode problem = assertProblem(answer, 400);
		assertThat(problem.path("errors")).hasSize(1);
		assertThat(problem.path("errors").get(0).path("field").asText()).isEqualTo("knowledge_source_ids[1]");
		assertNoQuery();
	}

	@Test
	void shouldAnswer400WhenListHoldsNull() {
		HttpResponse<String> answer = ask(with((request) -> request.putArray("agent_skills").add("ok").addNull()));

		JsonNode problem = assertProblem(answer, 400);
		assertThat(problem.path("errors").get(0).path("field").asText()).isEqualTo("agent_skills[1]");
		assertNoQuery();
	}

	static Stream<Arguments> wrongTypes() {
		return Stream.of(wrong("transcript", "{\"text\":\"x\"}"), wrong("transcript", "[\"x\"]"),
				wrong("transcript", "42"), wrong("transcript", "true"), wrong("conversation_id", "{}"),
				wrong("conversation_id", "[]"), wrong("knowledge_source_ids", "\"ks-1\""),
				wrong("knowledge_source_ids", "{\"0\":\"ks-1\"}"), wrong("knowledge_source_ids", "7"),
				wrong("agent_skills", "\"billing\""), wrong("agent_id", "{}"), wrong("callback_url", "[]"),
				wrong("is_async", "\"perhaps\""), wrong("is_async", "[]"),
				// Jackson takes these for booleans.
				wrong("is_async", "0"), wrong("is_async", "5"), wrong("is_async", "1" + "0".repeat(30)),
				wrong("is_async", "1.0"), wrong("is_async", "\"\""), wrong("is_async", "\" \""),
				wrong("is_async", "\"true\""), wrong("is_async", "\" true \""), wrong("is_async", "\"FALSE\""),
				wrong("is_async", "\"null\""));
	}

	private static Arguments wrong(String field, String value) {
		return Arguments.of(field, value);
	}

	@ParameterizedTest
	@MethodSource("wrongTypes")
	void shouldAnswer400WhenFieldHasTheWrongType(String field, String value) {
		HttpResponse<String> answer = ask(with((request) -> request.set(field, json(value))));

		JsonNode problem = assertProblem(answer, 400);
		assertThat(problem.path("errors").findValuesAsText("field")).containsExactly(field);
		assertThat(problem.path("errors").findValuesAsText("message")).containsExactly("Has the wrong type.");
		assertNoQuery();
	}

	/** The last one won, or had the wrong type if no other field was missing by then. */
	@ParameterizedTest
	@ValueSource(strings = { "transcript", "conversation_id", "is_async", "knowledge_source_ids", "callback_url" })
	void shouldAnswer400WhenAFieldIsGivenTwice(String field) {
		String again = "\"" + field + "\":" + json(WHOLE).path(field);

		for (String body : List.of("{" + again + "," + WHOLE.substring(1),
				WHOLE.substring(0, WHOLE.length() - 1) + "," + again + "}")) {
			assertFieldError(post("/agentassist/suggestions", body), field, "Is given twice.");
		}
		assertNoQuery();
	}

	@Test
	void shouldNotTakeTheOtherSpellingOfAFieldForAWrongType() {
		HttpResponse<String> answer = post("/agentassist/suggestions",
				WHOLE.substring(0, WHOLE.length() - 1) + ",\"agentId\":\"a\"}");

		assertFieldError(answer, "agentId", "Is given twice.");
		assertNoQuery();
	}

	@ParameterizedTest
	@ValueSource(strings = { "what was said", "line\\nbreak" })
	void shouldNotEchoTheNameOfAFieldThatIsGivenTwice(String name) {
		String field = "\"" + name + "\":1,";

		JsonNode problem = assertProblem(post("/agentassist/suggestions", "{" + field + field + WHOLE.substring(1)),
				400);

		assertThat(problem.path("detail").asText()).isEqualTo("A field is given twice.");
		assertThat(problem.has("errors")).isFalse();
		assertNoQuery();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "null", "[]", "[{}]", "\"text\"", "42", "true", "{", "{\"transcript\":",
			"{\"transcript\":\"x\"} trailing", "{} {}", "{'transcript':'x'}", "not json", "<xml/>", "{\"a\":NaN}",
			"\uFEFF", "{\"transcript\":\"\\ud800\"", "{\"transcript\":\"cut off", "{\"transcript\":\"\\q\"}",
			"{\"transcript\":\"a\nb\"}", "{\"knowledge_source_ids\":[\"k\",]}" })
	void shouldAnswer400WhenBodyIsNoJsonObject(String body) {
		JsonNode problem = assertProblem(post("/agentassist/suggestions", body), 400);
		assertThat(problem.path("detail").asText()).isEqualTo("The body is not a JSON object.");
		assertNoQuery();
	}

	@ParameterizedTest
	@ValueSource(strings = { "trailing", "{}", "]", "1" })
	void shouldAnswer400WhenSomethingFollowsTheObject(String garbage) {
		assertProblem(post("/agentassist/suggestions", with((request) -> {
		}) + " " + garbage), 400);
		assertNoQuery();
	}

	static Stream<byte[]> brokenBytes() {
		// Whole but for the character: otherwise a missing field would be refused.
		byte[] valid = "{\"conversation_id\":\"c\",\"transcript\":\"@\",\"knowledge_source_ids\":[\"k\"]}"
			.getBytes(StandardCharsets.US_ASCII);
		return Stream.of(replace(valid, 0xff), replace(valid, 0xc3), replace(valid, 0x80),
				// A surrogate and an overlong slash, as UTF-8 forbids them.
				replace(valid, 0xed, 0xa0, 0x80), replace(valid, 0xc0, 0xaf), new byte[] { (byte) 0xff, (byte) 0xfe },
				// Looks like UTF-32, is none.
				new byte[] { 0, 0, 0, '{', -1, -1, -1, -1 }, new byte[] { 0, 0, 0, 0 }, new byte[] { 0 },
				// Another encoding.
				new String(replace(valid, 'x'), StandardCharsets.US_ASCII).getBytes(StandardCharsets.UTF_16));
	}

	private static byte[] replace(byte[] template, int... bytes) {
		return IntStream.range(0, template.length)
			.boxed()
			.flatMap((i) -> (template[i] == '@') ? Arrays.stream(bytes).boxed() : Stream.of((int) template[i]))
			.collect(java.io.ByteArrayOutputStream::new, java.io.ByteArrayOutputStream::write, (a, b) -> {
			})
			.toByteArray();
	}

	@ParameterizedTest
	@MethodSource("brokenBytes")
	void shouldAnswer400WhenBodyIsNotUtf8(byte[] body) {
		JsonNode problem = assertProblem(send(postRequest("/agentassist/suggestions", body)), 400);
		assertThat(problem.path("detail").asText()).isEqualTo("The body is not a JSON object.");
		assertNoQuery();
	}

	@Test
	void shouldAnswer400WhenBodyIsNestedBeyondMeasure() {
		assertProblem(post("/agentassist/suggestions", "{\"x\":" + "[".repeat(100_000)), 400);
		assertProblem(post("/agentassist/suggestions", "{\"x\":" + "[".repeat(5000) + "]".repeat(5000) + "}"), 400);
		assertNoQuery();
	}

	@ParameterizedTest
	@ValueSource(strings = { "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON" })
	void shouldTakeJsonHoweverItsTypeIsWritten(String type) {
		String conversation = unique("conv-");
		String body = suggestionRequest(conversation, (request) -> request.put("transcript", "ä😀")).toString();

		HttpResponse<String> answer = post("/agentassist/suggestions", body, "Content-Type", type);

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		assertThat(json(this.provider.queriesOf(conversation).get(0).getBodyAsString()).path("transcript").asText())
			.isEqualTo("ä😀");
	}

	@ParameterizedTest
	@ValueSource(strings = { "iso-8859-1", "utf-16" })
	void shouldReadUtf8WhateverTheCharsetParameterSays(String charset) {
		// JSON is UTF-8 (RFC 8259); the parameter has no meaning.
		String conversation = unique("conv-");
		String body = suggestionRequest(conversation, (request) -> request.put("transcript", "ä😀")).toString();

		HttpResponse<String> answer = post("/agentassist/suggestions", body, "Content-Type",
				"application/json; charset=" + charset);

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		assertThat(json(this.provider.queriesOf(conversation).get(0).getBodyAsString()).path("transcript").asText())
			.isEqualTo("ä😀");
	}

	@Nested
	class AfterwardsTheProvider {

		@AfterEach
		void isNotCalled() {
			assertNoQuery();
		}

		@ParameterizedTest
		@ValueSource(strings = { "transcript", "conversation_id" })
		void shouldNotEchoWhatWasWrong(String field) {
			String secret = unique("secret-").repeat(200);

			HttpResponse<String> answer = ask(with((request) -> request.put(field, secret)));

			assertProblem(answer, 400);
			assertThat(answer.body()).doesNotContain("secret-");
		}

	}

	private void assertNoQuery() {
		assertThat(this.provider.queries()).isEmpty();
	}

	private static ObjectNode with(Consumer<ObjectNode> change) {
		return suggestionRequest(unique("conv-"), change);
	}

	private static ObjectNode withSources(int count) {
		List<String> ids = IntStream.range(0, count).mapToObj((i) -> "ks-" + i).toList();
		return with((request) -> {
			ArrayNode array = request.putArray("knowledge_source_ids");
			ids.forEach(array::add);
		});
	}

}
