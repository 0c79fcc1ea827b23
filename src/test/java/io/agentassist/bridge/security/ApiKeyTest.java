package io.agentassist.bridge.security;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.StrictBridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that the API is closed without a key, and the callback without a signature. */
class ApiKeyTest extends StrictBridgeTest {

	@ParameterizedTest
	@CsvSource({ "POST,/agentassist/suggestions", "POST,/agentassist/feedback", "GET,/agentassist/suggestions/some-id",
			"GET,/agentassist/conversations/some-id/suggestions", "GET,/agentassist/suggestions",
			"GET,/agentassist/unknown", "GET,//agentassist/suggestions/some-id",
			"GET,/agentassist//suggestions/some-id", "GET,/agentassist/./suggestions/some-id",
			"GET,/x/../agentassist/suggestions/some-id", "GET,/agentassist/suggestions/some-id;a=b",
			"GET,/agentassist;a=b/suggestions/some-id", "GET,/%61gentassist/suggestions/some-id",
			"GET,/agentassist/callback/../suggestions/some-id", "GET,/agentassist/suggestions/some-id/" })
	void shouldAnswer401WithoutKey(String method, String path) {
		HttpRequest request = request(path).header("Content-Type", "application/json")
			.method(method, HttpRequest.BodyPublishers.ofString("POST".equals(method) ? "{}" : ""))
			.build();

		HttpResponse<String> answer = send(request);

		JsonNode problem = assertProblem(answer, 401);
		assertThat(problem.path("detail").asText()).isEqualTo("Header X-API-Key is missing or unknown.");
		assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("ApiKey");
		assertThat(answer.body()).doesNotContain("Unknown request ID");
		assertThat(this.provider.queries()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "POST,/agentassist/suggestions", "POST,/agentassist/feedback", "GET,/agentassist/suggestions/some-id",
			"GET,/agentassist/conversations/some-id/suggestions" })
	void shouldAnswer401BeforeAnythingElse(String method, String path) {
		HttpRequest request = request(path).header("Content-Type", "application/json")
			.method(method, HttpRequest.BodyPublishers.ofString("POST".equals(method) ? "not json" : ""))
			.build();

		assertProblem(send(request), 401);
	}

	@ParameterizedTest
	@ValueSource(strings = { "wrong", "", " ", "second-key2", "second-ke", "SECOND-KEY", "first-key , second-key",
			"first-key,second-key" })
	void shouldAnswer401WithAWrongKey(String key) {
		assertProblem(post("/agentassist/suggestions", suggestionRequest(unique("conv-")).toString(), "X-API-Key", key),
				401);
		assertThat(this.provider.queries()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "first-key", API_KEY })
	void shouldTakeRequestWithAKey(String key) {
		String conversation = unique("conv-");

		HttpResponse<String> answer = post("/agentassist/suggestions", suggestionRequest(conversation).toString(),
				"X-API-Key", key);

		assertThat(answer.statusCode()).isEqualTo(202);
		assertThat(this.provider.queriesOf(conversation).get(0).getHeader("X-API-Key")).isNull();
	}

	/** What a site's own route calls gets the headers of its messages. */
	@Test
	void shouldKeepCredentialsFromRoutes() throws Exception {
		addProbe("/agentassist/probe",
				(exchange) -> exchange.getMessage().setBody(exchange.getMessage().getHeaders().toString()));

		HttpResponse<String> seen = send(request("/agentassist/probe").header("x-api-key", API_KEY)
			.header("Authorization", "Bearer of-the-desk")
			.header("traceparent", "of-the-desk")
			.build());

		assertThat(seen.body()).contains("traceparent=of-the-desk").doesNotContain(API_KEY, "Bearer");
	}

	@Test
	void shouldNeedNoKeyForASignedCallback() {
		String id = queue(unique("conv-"));

		assertThat(callBack(completed(id, suggestion(unique("sug-"), 0.5))).statusCode()).isEqualTo(200);
		assertThat(getWithKey("/agentassist/suggestions/" + id).body()).contains("\"completed\"");
	}

	@Test
	void shouldNotTakeAKeyForACallbacksSignature() {
		assertProblem(post("/agentassist/callback", "{\"id\":\"x\"}", "X-API-Key", API_KEY), 401);
	}

	@Test
	void shouldWriteOnlyTheAuditLogWhereAnalyticsIsOff() {
		String id = queue(unique("conv-"));
		callBack(completed(id, suggestion(unique("sug-"), 0.5)));

		assertThat(settledActions(id)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(id)).isEmpty();
		assertThat(this.database.queryForObject("SELECT count(*) FROM outbox WHERE destination = 'analytics'",
				Integer.class))
			.isZero();
	}

}
