package io.agentassist.bridge.suggestion;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.settings.LiveSettings;
import org.json.JSONException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.skyscreamer.jsonassert.JSONAssert;

import org.springframework.beans.factory.annotation.Autowired;

import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows what a desktop's request becomes at the provider, and what the desktop gets.
 */
@Tag("state")
class SuggestionRequestTest extends BridgeTest {

	@Autowired
	private LiveSettings<SuggestionsProperties> settings;

	@Test
	void shouldAnswer202WithIdAndLocationWhenProviderQueues() {
		String conversation = unique("conv-");

		HttpResponse<String> answer = ask(suggestionRequest(conversation));

		String id = StubbedProvider.requestIdOf(conversation);
		assertThat(answer.statusCode()).isEqualTo(202);
		assertThat(json(answer)).isEqualTo(JSON.createObjectNode().put("request_id", id).put("status", "queued"));
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(answer.headers().firstValue("Location")).hasValue("/agentassist/suggestions/" + id);
		assertNoForeignHeaders(answer);
		assertThat(answer.headers().map().toString()).doesNotContain("upstream-only", "correlation-1");
	}

	@Test
	void shouldAnswer504WithoutAskingProviderWhenBuildingTheQueryTakesTooLong() {
		String conversation = unique("conv-");
		SuggestionsProperties before = this.settings.get();
		// Whatever it takes, down to nothing.
		this.settings.set(new SuggestionsProperties(Duration.ofMillis(-1), before.maxWait(), before.slowAfter(),
				before.watchInterval()));
		try {
			HttpResponse<String> answer = ask(suggestionRequest(conversation));

			assertThat(answer.statusCode()).isEqualTo(504);
			assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
			assertThat(json(answer).path("detail").asText())
				.matches("Building the request took \\d+ ms, over the limit of -1 ms\\.");
			assertThat(this.provider.queriesOf(conversation)).isEmpty();
		}
		finally {
			this.settings.set(before);
		}
	}

	@Test
	void shouldSendProviderExactlyTheContractsQuery() throws JSONException {
		String conversation = unique("conv-");

		ask(suggestionRequest(conversation));

		LoggedRequest query = this.provider.queriesOf(conversation).get(0);
		JSONAssert.assertEquals("""
				{"conversationId":"%s","transcript":"Customer: my bill is wrong. Agent: let me look.",
				"agentSkills":["billing"],"knowledgeSourceIds":["ks-1","ks-2"],
				"callbackUrl":"https://bridge.example/agentassist/callback","async":true}""".formatted(conversation),
				query.getBodyAsString(), true);
		assertThat(query.getHeader("Authorization")).isEqualTo("Bearer " + StubbedProvider.TOKEN);
		assertThat(query.getHeader("Content-Type")).startsWith("application/json");
		assertThat(this.provider.queriesOf(conversation)).hasSize(1);
	}

	@Test
	void shouldFetchTokenWithBasicCredentialsAndOnlyOnce() {
		this.provider.stub(StubbedProvider.query()
			.withHeader("Authorization", com.github.tomakehurst.wiremock.client.WireMock.equalTo("Bearer old"))
			.willReturn(StubbedProvider.refusal(401, "bad.credentials")));
		dropToken();

		queue(unique("conv-"));
		queue(unique("conv-"));

		assertThat(this.provider.tokenRequests()).hasSize(1);
		LoggedRequest token = this.provider.tokenRequests().get(0);
		String pair = StubbedProvider.CLIENT_ID + ":" + StubbedProvider.CLIENT_SECRET;
		assertThat(token.getHeader("Authorization"))
			.isEqualTo("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
		assertThat(token.getHeader("Content-Type")).startsWith("application/x-www-form-urlencoded");
		assertThat(token.getBodyAsString()).isEqualTo("grant_type=client_credentials");
	}

	/** Leaves the bridge without a token: the provider accepts none and issues none. */
	private void dropToken() {
		this.provider.answers(StubbedProvider.refusal(401, "bad.credentials"));
		this.provider.stub(StubbedProvider.token().willReturn(StubbedProvider.refusal(503, "down")));
		ask(suggestionRequest(unique("conv-")));
		WORLD.resetAll();
		this.provider.issues(StubbedProvider.TOKEN);
		this.provider.queues();
	}

	@Test
	void shouldNotForwardTheDesktopsHeadersNorReturnThem() {
		String conversation = unique("conv-");

		HttpResponse<String> answer = post("/agentassist/suggestions", suggestionRequest(conversation).toString(),
				"X-Secret", "planted", "Cookie", "session=planted", "Authorization", "Bearer planted", "X-API-Key",
				"planted", "X-Forwarded-For", "planted", "CamelHttpUri", "http://planted.example", "traceparent",
				"planted");

		assertThat(answer.statusCode()).isEqualTo(202);
		assertThat(answer.headers().map().toString()).doesNotContain("planted");
		LoggedRequest query = this.provider.queriesOf(conversation).get(0);
		assertThat(query.getHeaders().toString()).doesNotContain("planted");
		assertThat(query.getHeaders().keys()).map((name) -> name.toLowerCase(java.util.Locale.ROOT))
			.isSubsetOf("authorization", "content-type", "content-length", "host", "connection", "user-agent",
					"accept-encoding", "transfer-encoding");
	}

	@Test
	void shouldAcceptCamelCaseNames() throws JSONException {
		String conversation = unique("conv-");

		HttpResponse<String> answer = post("/agentassist/suggestions", """
				{"conversationId":"%s","transcript":"Hello","agentSkills":["a"],"knowledgeSourceIds":["ks-1"],
				"agentId":"agent-8","callbackUrl":"https://bridge.example/agentassist/other","isAsync":false}"""
			.formatted(conversation));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		JSONAssert.assertEquals("""
				{"conversationId":"%s","transcript":"Hello","agentSkills":["a"],"knowledgeSourceIds":["ks-1"],
				"callbackUrl":"https://bridge.example/agentassist/other","async":false}""".formatted(conversation),
				this.provider.queriesOf(conversation).get(0).getBodyAsString(), true);
		assertThat(lookUp(StubbedProvider.requestIdOf(conversation)).path("agent_id").asText()).isEqualTo("agent-8");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void shouldPassIsAsyncOnAsAsync(boolean async) {
		String conversation = unique("conv-");

		ask(suggestionRequest(conversation, (request) -> request.put("is_async", async)));

		JsonNode query = json(this.provider.queriesOf(conversation).get(0).getBodyAsString());
		assertThat(query.path("async").isBoolean()).isTrue();
		assertThat(query.path("async").asBoolean()).isEqualTo(async);
	}

	@Test
	void shouldTakeNullForAnIsAsyncThatIsNotGiven() {
		String conversation = unique("conv-");

		ask(suggestionRequest(conversation, (request) -> request.putNull("is_async")));

		assertThat(json(this.provider.queriesOf(conversation).get(0).getBodyAsString()).path("async"))
			.isEqualTo(BooleanNode.TRUE);
	}

	@Test
	void shouldIgnoreUnknownFields() {
		String conversation = unique("conv-");

		HttpResponse<String> answer = ask(suggestionRequest(conversation,
				(request) -> request.put("unheard_of", "x").putObject("nested").put("y", 1)));

		assertThat(answer.statusCode()).isEqualTo(202);
		assertThat(this.provider.queriesOf(conversation).get(0).getBodyAsString()).doesNotContain("unheard_of");
	}

	@Test
	void shouldTakeRequestWithOnlyTheRequiredFields() throws JSONException {
		String conversation = unique("conv-");

		HttpResponse<String> answer = post("/agentassist/suggestions", """
				{"conversation_id":"%s","transcript":"Hello","knowledge_source_ids":["ks-1"]}"""
			.formatted(conversation));

		assertThat(answer.statusCode()).isEqualTo(202);
		JSONAssert.assertEquals("""
				{"conversationId":"%s","transcript":"Hello","agentSkills":[],"knowledgeSourceIds":["ks-1"],
				"callbackUrl":"https://bridge.example/agentassist/callback","async":true}""".formatted(conversation),
				this.provider.queriesOf(conversation).get(0).getBodyAsString(), true);
		assertThat(lookUp(StubbedProvider.requestIdOf(conversation)).path("agent_id").isNull()).isTrue();
	}

	@Test
	void shouldSendTextAsItCameWhateverItsScript() {
		String conversation = unique("conv-");
		String transcript = "Ünïcode \"quoted\" \\ back\nslash \t 日本語 😀 \u202eabc \u0001";

		HttpResponse<String> answer = ask(
				suggestionRequest(conversation, (request) -> request.put("transcript", transcript)));

		assertThat(answer.statusCode()).isEqualTo(202);
		JsonNode query = json(this.provider.queriesOf(conversation).get(0).getBodyAsString());
		assertThat(query.path("transcript").asText()).isEqualTo(transcript);
	}

	@Test
	void shouldAnswer200WithRankedSuggestionsWhenProviderAnswersAtOnce() {
		String conversation = unique("conv-");
		String id = unique("sug-req-");
		String low = unique("low-");
		String high = unique("high-");
		ObjectNode completed = completed(id, suggestion(low, 0.2), suggestion(high, 0.9, "billing"));
		this.provider.answers(answer(200, completed.toString()));

		HttpResponse<String> answer = ask(suggestionRequest(conversation));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		assertThat(answer.headers().firstValue("Location")).hasValue("/agentassist/suggestions/" + id);
		JsonNode body = json(answer);
		assertThat(body.path("request_id").asText()).isEqualTo(id);
		assertThat(body.path("conversation_id").asText()).isEqualTo(conversation);
		assertThat(body.path("agent_id").asText()).isEqualTo("agent-7");
		assertThat(body.path("status").asText()).isEqualTo("completed");
		assertThat(body.path("response_time_ms").isIntegralNumber()).isTrue();
		assertThat(body.path("ranked_suggestions").findValuesAsText("id")).containsExactly(high, low);
		assertThat(body).isEqualTo(lookUp(id));
		assertThat(settledActions(id)).containsExactly("presented");
	}

	/** The look-up said 7, audit log and feedback "7". */
	@Test
	void shouldAnswerWithTextWhereProviderAnswersAtOnceWithANumberForAnId() {
		ObjectNode suggestion = suggestion("any", 0.2).put("id", 7).put("title", true);
		this.provider.answers(answer(200, completed(unique("sug-req-"), suggestion).toString()));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		JsonNode ranked = json(answer).path("ranked_suggestions").get(0);
		assertThat(ranked.path("id")).isEqualTo(TextNode.valueOf("7"));
		assertThat(ranked.path("title")).isEqualTo(TextNode.valueOf("true"));
	}

	@Test
	void shouldAnswer200WithoutSuggestionsWhenProviderHasNone() {
		String id = unique("sug-req-");
		this.provider.answers(answer(200, completed(id).toString()));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		assertThat(json(answer).path("ranked_suggestions")).isEqualTo(JSON.createArrayNode());
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ",\"suggestions\":null" })
	void shouldWaitForTheCallbackWhenProviderHasCompletedButTellsNoSuggestions(String suggestions) {
		String id = unique("sug-req-");
		this.provider.answers(answer(200, "{\"id\":\"" + id + "\",\"status\":\"completed\"" + suggestions + "}"));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		assertThat(lookUp(id).path("status").asText()).isEqualTo("queued");
		assertThat(callBack(completed(id, suggestion(unique("sug-"), 0.2))).statusCode()).isEqualTo(200);
		assertThat(settledActions(id)).containsExactly("presented");
	}

	@Test
	void shouldReplayWhenCallbackFollowsAnAnswerAtOnce() {
		String id = unique("sug-req-");
		ObjectNode completed = completed(id, suggestion(unique("sug-"), 0.2));
		this.provider.answers(answer(200, completed.toString()));
		ask(suggestionRequest(unique("conv-")));

		HttpResponse<String> answer = callBack(completed);

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.headers().firstValue("Idempotent-Replayed")).hasValue("true");
		assertThat(settledActions(id)).containsExactly("presented");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://bridge.example/agentassist/callback", "https://bridge.example/agentassist/other",
			"HTTPS://BRIDGE.example/agentassist/callback?tenant=1", "https://partner.example:8443/hooks/assist" })
	void shouldPassOnCallbackUrlUnderAnAllowedPrefix(String url) {
		String conversation = unique("conv-");

		HttpResponse<String> answer = ask(
				suggestionRequest(conversation, (request) -> request.put("callback_url", url)));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		JsonNode query = json(this.provider.queriesOf(conversation).get(0).getBodyAsString());
		assertThat(query.path("callbackUrl").asText()).isEqualTo(url.replace("HTTPS://BRIDGE", "https://bridge"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://evil.example/agentassist/callback", "https://bridge.example.evil.com/agentassist",
			"https://bridge.example@evil.com/agentassist/callback",
			"https://evil.com#@bridge.example/agentassist/callback",
			"https://user:password@bridge.example/agentassist/callback",
			"https://bridge.example:444/agentassist/callback", "http://bridge.example/agentassist/callback",
			"//bridge.example/agentassist/callback", "/agentassist/callback", "agentassist/callback",
			"mailto:a@bridge.example", "javascript:alert(1)", "file:///etc/passwd",
			"https:bridge.example/agentassist/callback", "https:///agentassist/callback",
			"https://partner.example/hooks/assist", "https://partner.example:8443/hooks",
			"https://partner.example:8443/hooks-of-others/x", "https://partner.example:8443/hooks/../private",
			"https://partner.example:8443/hooks/%2e%2e/private", "https://partner.example:8443/",
			"https://bridge.example\\@evil.com/agentassist", "https://bridge .example/", " ", "",
			"https://bridge.example/agent assist", "https://bridge.example/\u0000",
			"https://bridge.example/agentassist/callback/", "https://bridge.example/agentassist/callback/./" })
	void shouldAnswer400WhenCallbackUrlIsNotAllowed(String url) {
		HttpResponse<String> answer = ask(
				suggestionRequest(unique("conv-"), (request) -> request.put("callback_url", url)));

		assertFieldError(answer, "callback_url", "Callback URL is not under an allowed prefix.");
		assertThat(this.provider.queries()).isEmpty();
	}

	@Test
	void shouldNotLetDotsEscapeFromAnAllowedPrefix() {
		String conversation = unique("conv-");

		HttpResponse<String> answer = ask(suggestionRequest(conversation,
				(request) -> request.put("callback_url", "https://bridge.example/agentassist/../../admin")));

		// Under public-url every path is ours; the provider must not get the dots.
		if (answer.statusCode() == 202) {
			assertThat(this.provider.queriesOf(conversation).get(0).getBodyAsString()).doesNotContain("..");
		}
		else {
			assertFieldError(answer, "callback_url", "Callback URL is not under an allowed prefix.");
		}
	}

	@Test
	void shouldKeepNoTranscriptAnywhere() {
		String conversation = unique("conv-");
		String secret = unique("transcript-");
		ask(suggestionRequest(conversation, (request) -> request.put("transcript", secret)));
		String id = StubbedProvider.requestIdOf(conversation);
		callBack(completed(id, suggestion(unique("sug-"), 0.5)));
		settledAuditLines(id);

		assertThat(this.database.queryForList("SELECT * FROM suggestion_request WHERE request_id = ?", id).toString())
			.contains(conversation)
			.doesNotContain(secret);
		assertThat(lookUp(id).toString()).doesNotContain(secret);
		assertThat(auditLines(id).toString()).contains(conversation).doesNotContain(secret);
		assertThat(this.provider.analyticsEventsOf(id).toString()).contains(conversation).doesNotContain(secret);
	}

}
