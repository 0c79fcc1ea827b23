package io.agentassist.bridge.security;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.WireMock;
import io.agentassist.bridge.StrictBridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.desktop.EventStreamClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows what the keys of the file open, each for its tenant, its scopes and its rate, and
 * that a change of the file counts without a restart.
 */
@ExtendWith(OutputCaptureExtension.class)
class NamedKeyTest extends StrictBridgeTest {

	private static final String BERLIN = "key-of-the-desk-in-berlin";

	private static final String MADRID = "key-of-the-desk-in-madrid";

	private static final String READER = "key-of-a-reader-in-berlin";

	private static final String SLOW = "key-of-a-slow-one";

	private static final String EMEA = "key-for-one-organisation";

	private static final String TWO = "key-for-two-organisations";

	private static final String KEYS = """
			- {name: berlin, sha256: %s, tenant: berlin}
			- {name: madrid, sha256: %s, tenant: madrid}
			- {name: reader, sha256: %s, tenant: berlin, scopes: ['suggestions:read']}
			- {name: slow, sha256: %s, tenant: berlin, requests-per-second: 2}
			- {name: emea, sha256: %s, organisations: [emea]}
			- {name: two, sha256: %s, tenant: berlin, organisations: [default, emea]}
			""".formatted(ApiKeys.hash(BERLIN), ApiKeys.hash(MADRID), ApiKeys.hash(READER), ApiKeys.hash(SLOW),
			ApiKeys.hash(EMEA), ApiKeys.hash(TWO));

	@BeforeEach
	void writeTheKeys() {
		// Those of the test before are replaced, not only its key.
		String own = unique("key-");
		change(KEYS + "- {name: own, sha256: " + ApiKeys.hash(own) + "}\n", own, true);
	}

	@AfterEach
	void removeTheKeys() {
		writeKeys("");
	}

	/** Writes the file and waits until a key opens the API, or no longer does. */
	private void change(String yaml, String key, boolean valid) {
		writeKeys(yaml);
		eventually(() -> assertThat(getAs(key, "/agentassist/suggestions/unknown").statusCode())
			.isEqualTo(valid ? 404 : 401));
	}

	private HttpResponse<String> getAs(String key, String path) {
		return send(request(path).header("X-API-Key", key).build());
	}

	private String queueAs(String key, String conversation) {
		HttpResponse<String> answer = post("/agentassist/suggestions", suggestionRequest(conversation).toString(),
				"X-API-Key", key);
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		return json(answer).path("request_id").asText();
	}

	private HttpResponse<String> feedbackAs(String key, String request, String suggestion) {
		ObjectNode feedback = JSON.createObjectNode();
		feedback.put("request_id", request).put("suggestion_id", suggestion).put("action", "opened");
		return post("/agentassist/feedback", feedback.toString(), "X-API-Key", key);
	}

	@Test
	void shouldShowEachTenantItsOwnConversationsOnly() {
		String conversation = unique("conv-");
		String suggestion = unique("sug-");
		String berlin = queueAs(BERLIN, conversation);
		callBack(completed(berlin, suggestion(suggestion, 0.5)));
		String madrid = unique("sug-req-");
		this.provider.answers(StubbedProvider.queued(madrid));
		queueAs(MADRID, conversation);

		assertThat(getAs(BERLIN, "/agentassist/suggestions/" + berlin).statusCode()).isEqualTo(200);
		for (String key : List.of(MADRID, API_KEY)) {
			HttpResponse<String> hidden = getAs(key, "/agentassist/suggestions/" + berlin);
			assertProblem(hidden, 404);
			assertThat(hidden.body()).isEqualTo(getAs(key, "/agentassist/suggestions/unknown").body());
			assertProblem(getAs(key, "/agentassist/suggestions/" + berlin + "?wait=PT1S"), 404);
			assertProblem(feedbackAs(key, berlin, suggestion), 404);
		}
		String queued = "/agentassist/suggestions/" + madrid + "?wait=PT20S";
		CompletableFuture<HttpResponse<String>> waiting = sendAsync(
				request(queued).header("X-API-Key", MADRID).build());
		assertProblem(getAs(BERLIN, queued), 404);
		assertThat(waiting).isNotDone();
		assertThat(requestIds(BERLIN, conversation)).containsExactly(berlin);
		assertThat(requestIds(MADRID, conversation)).containsExactly(madrid);
		assertThat(requestIds(API_KEY, conversation)).isEmpty();
		assertThat(feedbackAs(BERLIN, berlin, suggestion).statusCode()).isEqualTo(202);
		assertThat(settledActions(berlin)).containsExactly("presented", "opened");
	}

	@Test
	void shouldStreamEachTenantItsOwnSuggestionsOnly() {
		String conversation = unique("conv-");
		String path = "/agentassist/conversations/" + conversation + "/stream";
		String before = queueAs(BERLIN, conversation);
		callBack(completed(before));
		assertProblem(get(path), 401);
		try (EventStreamClient berlin = streamAs(BERLIN, path);
				EventStreamClient madrid = streamAs(MADRID, path);
				EventStreamClient nobody = streamAs(API_KEY, path)) {
			String later = unique("sug-req-");
			this.provider.answers(StubbedProvider.queued(later));
			queueAs(BERLIN, conversation);
			callBack(completed(later));

			assertThat(berlin.awaitEvents(2)).extracting(EventStreamClient.Event::requestId)
				.containsExactly(before, later);
			assertThat(madrid.eventsAfterFurtherLooks()).isEmpty();
			assertThat(nobody.events()).isEmpty();
		}
	}

	private EventStreamClient streamAs(String key, String path) {
		return new EventStreamClient(request(path).header("X-API-Key", key).build());
	}

	private List<String> requestIds(String key, String conversation) {
		return json(getAs(key, "/agentassist/conversations/" + conversation + "/suggestions"))
			.findValuesAsText("request_id");
	}

	@ParameterizedTest
	@CsvSource({ BERLIN + ",,default", BERLIN + ",default,default", BERLIN + ",emea,", BERLIN + ",wrong,",
			BERLIN + ",nobody,", EMEA + ",,emea", EMEA + ",emea,emea", EMEA + ",default,", EMEA + ",wrong,",
			TWO + ",,default", TWO + ",default,default", TWO + ",emea,emea", TWO + ",wrong,", API_KEY + ",,default",
			API_KEY + ",emea,emea" })
	void shouldAskOnlyTheOrganisationsOfAKey(String key, String named, String asked) {
		this.provider.stub(WireMock.post("/emea/oauth/token")
			.willReturn(StubbedProvider.answer(200, "{\"access_token\":\"t\",\"expires_in\":86400}")));
		this.provider.stub(WireMock.post("/emea/api/v2/agentassist/suggestions/query")
			.willReturn(StubbedProvider.queued(unique("sug-req-"))));
		String body = suggestionRequest(unique("conv-")).toString();

		HttpResponse<String> answer = (named != null)
				? post("/agentassist/suggestions", body, "X-API-Key", key, "X-Organisation", named)
				: post("/agentassist/suggestions", body, "X-API-Key", key);

		int ofEmea = WORLD.findAll(WireMock.postRequestedFor(WireMock.urlPathMatching("/emea/.*query"))).size();
		if (asked == null) {
			assertFieldError(answer, "X-Organisation", "Not the caller's organisation.");
			assertThat(ofEmea).isZero();
			assertThat(this.provider.queries()).isEmpty();
		}
		else {
			assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
			assertThat(ofEmea).isEqualTo("emea".equals(asked) ? 1 : 0);
		}
	}

	@Test
	void shouldAnswer403BeyondTheScopesOfAKey() {
		String conversation = unique("conv-");
		String id = queueAs(BERLIN, conversation);

		assertThat(getAs(READER, "/agentassist/suggestions/" + id).statusCode()).isEqualTo(200);
		assertThat(requestIds(READER, conversation)).containsExactly(id);
		HttpResponse<String> asked = post("/agentassist/suggestions", suggestionRequest(unique("conv-")).toString(),
				"X-API-Key", READER);
		assertThat(assertProblem(asked, 403).path("detail").asText()).contains("suggestions:write");
		HttpResponse<String> fed = feedbackAs(READER, id, "x");
		assertThat(assertProblem(fed, 403).path("detail").asText()).contains("feedback:write");
		assertThat(this.provider.queries()).hasSize(1);
	}

	@Test
	void shouldAnswer429BeyondTheRateOfAKeyAndNoOther(CapturedOutput output) {
		List<HttpResponse<String>> answers = IntStream.range(0, 12)
			.mapToObj((number) -> getAs(SLOW, "/agentassist/suggestions/unknown"))
			.toList();

		assertThat(answers).filteredOn((answer) -> answer.statusCode() == 404).hasSizeBetween(2, 6);
		List<HttpResponse<String>> limited = answers.stream().filter((answer) -> answer.statusCode() == 429).toList();
		assertThat(limited).hasSizeGreaterThanOrEqualTo(6);
		assertProblem(limited.get(0), 429);
		assertThat(limited.get(0).headers().firstValue("Retry-After")).hasValue("1");
		assertThat(output).contains("GET /agentassist/suggestions/unknown of caller slow answered 429");
		assertThat(getAs(BERLIN, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(404);
		eventually(() -> assertThat(getAs(SLOW, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(404));
	}

	@Test
	void shouldLogWhoIsRefused(CapturedOutput output) {
		assertProblem(post("/agentassist/suggestions", "{}", "X-API-Key", READER), 403);
		assertProblem(getAs("a-guess", "/agentassist/suggestions/unknown"), 401);
		assertProblem(getAs("a-guess", "/agentassist/suggestions/" + "x".repeat(4000)), 401);
		assertProblem(getAs(MADRID, "/agentassist/suggestions/of-berlin"), 404);
		assertProblem(post("/agentassist/suggestions", suggestionRequest("conv-x").toString(), "X-API-Key", MADRID,
				"X-Organisation", "emea"), 400);

		assertThat(output)
			.contains("POST /agentassist/suggestions of caller reader answered 403",
					"GET /agentassist/suggestions/unknown from 127.0.0.1 answered 401",
					"xxx (truncated)... from 127.0.0.1 answered 401",
					"find-suggestions, caller madrid, request of-berlin, answered 404",
					"request-suggestions, caller madrid, answered 400: X-Organisation: Not the")
			.doesNotContain("x".repeat(200), MADRID);
	}

	@Test
	void shouldWarnOfAKeyForAnOrganisationThatDoesNotExist(CapturedOutput output) {
		String lost = unique("key-");
		change(KEYS + "- {name: lost, sha256: " + ApiKeys.hash(lost) + ", organisations: [emae]}\n", lost, true);

		assertThat(output).contains("Key lost in ", "is for organisations that are not configured, [emae]")
			.doesNotContain("Key two in");
		assertProblem(
				post("/agentassist/suggestions", suggestionRequest(unique("conv-")).toString(), "X-API-Key", lost),
				400);
	}

	@Test
	void shouldRevokeAKeyWithoutRestart() {
		change(KEYS.replace("name: berlin, sha256: " + ApiKeys.hash(BERLIN), "name: berlin, sha256: " + "0".repeat(64)),
				BERLIN, false);

		assertThat(getAs(MADRID, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(404);
		assertThat(getAs(API_KEY, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(404);
		assertProblem(getAs(ApiKeys.hash(MADRID), "/agentassist/suggestions/unknown"), 401);
	}

	@Test
	void shouldKeepTheKeysWhileTheFileCannotBeRead(CapturedOutput output) {
		// The last one would be a key for every organisation.
		for (String bad : List.of("- {name: berlin, sha256: broken", KEYS.replace("name: reader", "name: berlin"),
				KEYS.replace("tenant: madrid", "tenant: ~"))) {
			int length = output.getOut().length();
			writeKeys(bad);
			eventually(() -> {
				assertThat(getAs(BERLIN, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(404);
				assertThat(output.getOut().substring(length)).contains("the API keys stay as they were");
			});
			assertThat(getAs(READER, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(404);
		}

		change(KEYS.replace(ApiKeys.hash(READER), "1".repeat(64)), READER, false);
	}

	@Test
	void shouldMakeAKeyThatOpensWhatItsEntrySays() {
		StringWriter out = new StringWriter();
		int code = new CommandLine(new KeysCommand()).setOut(new PrintWriter(out))
			.execute("new", "desk-7", "--tenant", "madrid", "--scope", "suggestions:read");

		assertThat(code).isZero();
		assertThat(out.toString()).contains("name: \"desk-7\"", "tenant: \"madrid\"", "suggestions:read");
		String key = out.toString().lines().findFirst().orElseThrow().replaceAll(".*: ", "");
		assertThat(key).hasSize(43);
		change(KEYS + out, key, true);
		assertProblem(post("/agentassist/suggestions", "{}", "X-API-Key", key), 403);
		assertThat(
				new CommandLine(new KeysCommand()).setErr(new PrintWriter(out)).execute("new", "x", "--scope", "all"))
			.isEqualTo(2);
	}

}
