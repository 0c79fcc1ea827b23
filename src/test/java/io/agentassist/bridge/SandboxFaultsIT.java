package io.agentassist.bridge;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows what a desktop sees of the sandbox's provider, and of each trouble that it makes.
 */
@Tag("alone")
class SandboxFaultsIT {

	private static final ObjectMapper JSON = new ObjectMapper();

	private static final String QUERY = "/sandbox/api/v2/agentassist/suggestions/query";

	@TempDir
	private static Path folder;

	private static PackagedBridge bridge;

	@BeforeAll
	static void start() {
		bridge = new PackagedBridge(folder,
				Map.of("spring.profiles.active", "sandbox", "agentassist.genesys.base-delay", "50ms",
						"agentassist.genesys.response-timeout", "3s", "agentassist.lifecycle.expire-after", "5s",
						"agentassist.lifecycle.expiry-interval", "200ms", "agentassist.genesys.rate.max-hold", "100ms",
						"agentassist.genesys.breaker.window", "1000", "agentassist.genesys.breaker.minimum-calls",
						"1000", "agentassist.callback.unknown-request-wait", "4s"));
		bridge.startAndAwait();
		// The first conversation of a process finds cold code.
		await().atMost(Duration.ofSeconds(60))
			.untilAsserted(() -> assertThat(bridge.log()).containsPattern("Request sug-req-\\S+ suggests: "));
	}

	@AfterAll
	static void stop() {
		bridge.close();
	}

	@ParameterizedTest
	@CsvSource({ "sim-503, 502, simulated.503", "sim-500, 502, simulated.500", "sim-400, 502, simulated.400",
			"sim-401, 502, simulated.401", "sim-429-20s, 429, simulated.429", "sim-resets, 502, simulated.unknown",
			"sim-malformed, 502, unusable.answer", "sim-reset, 502, ''", "sim-slow-4s, 504, ''" })
	void shouldAnswerClearlyWhenTheProviderFails(String fault, int status, String code) throws Exception {
		HttpResponse<String> answer = ask(fault);

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(JSON.readTree(answer.body()).path("provider").path("code").asText()).isEqualTo(code);
		if (status == 429) {
			assertThat(answer.headers().firstValue("Retry-After")).hasValue("20");
		}
	}

	@ParameterizedTest
	@CsvSource({ "sim-early, completed", "sim-duplicate, completed", "sim-failed, failed", "sim-never, expired",
			"sim-malformed-callback, expired", "ks-1, completed" })
	void shouldEndTheRequestWhateverTheCallbackIs(String fault, String status) throws Exception {
		double before = replayed();
		HttpResponse<String> answer = ask(fault);
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		String id = JSON.readTree(answer.body()).path("request_id").asText();

		await().untilAsserted(() -> assertThat(lookUp(id).path("status").asText()).as(bridge.log()).isEqualTo(status));

		if (fault.equals("sim-duplicate")) {
			await().untilAsserted(() -> assertThat(replayed()).isGreaterThan(before));
		}
		await().untilAsserted(
				() -> assertThat(bridge.auditLines()).filteredOn((line) -> line.contains("\"" + id + "\"")).hasSize(1));
	}

	@ParameterizedTest
	@CsvSource({ "I forgot my PASSWORD, password", "The app does not let me log in, password",
			"My account is locked, password", "I want a refund, refund", "I was charged twice, refund",
			"My parcel is lost, delivery", "It was shipped last week, delivery", "My invoice is wrong, billing",
			"The payment failed, billing", "I need more data abroad, plan" })
	void shouldSuggestWhatFitsTheTopicAtOnceWhereItIsNotAsynchronous(String transcript, String topic) throws Exception {
		ObjectNode request = request("ks-1", transcript).put("is_async", false);

		HttpResponse<String> answer = bridge.post("/agentassist/suggestions", request.toString());

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		JsonNode found = JSON.readTree(answer.body());
		assertThat(found.path("status").asText()).isEqualTo("completed");
		assertThat(found.path("ranked_suggestions")).hasSizeBetween(3, 6).allSatisfy((suggestion) -> {
			assertThat(suggestion.path("id").asText()).startsWith(topic + "-");
			assertThat(suggestion.path("knowledge_source_id").asText()).isEqualTo("ks-1");
		});
	}

	@Test
	void shouldTellInALineThatACallbackWasNotTaken() throws Exception {
		ObjectNode request = request("ks-1", "Customer: my bill is wrong.");
		request.put("callback_url", bridge.url("/agentassist/elsewhere").toString());
		HttpResponse<String> answer = bridge.post("/agentassist/suggestions", request.toString());
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		String id = JSON.readTree(answer.body()).path("request_id").asText();

		await()
			.untilAsserted(() -> assertThat(bridge.log()).containsPattern("WARN .*Simulated provider: the callback of "
					+ id + " was not accepted: .*/agentassist/elsewhere.* 404"));
		assertThat(bridge.log()).doesNotContainPattern("ERROR .*elsewhere");
	}

	/** Camel resolves placeholders in a URL that it posts to. */
	@ParameterizedTest
	@ValueSource(strings = { "", "\"callbackUrl\":\"http://127.0.0.1:1/?{{env:HOME}}\",",
			"\"callbackUrl\":\"http://127.0.0.1:1/agentassist/callback\"," })
	void shouldCallBackNobodyElse(String url) throws Exception {
		HttpResponse<String> answer = bridge.post(QUERY, "{" + url + "\"knowledgeSourceIds\":[\"ks-1\"]}");

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
		assertThat(JSON.readTree(answer.body()).path("code").asText()).isEqualTo("simulated.callback.url");
	}

	/** They were answered 500, with a stack trace. */
	@ParameterizedTest
	@ValueSource(strings = { "", "{", "null", "[]", "7", "\"text\"", "{}",
			"{\"knowledgeSourceIds\":5,\"callbackUrl\":5}", "{\"knowledgeSourceIds\":null}",
			"{\"knowledgeSourceIds\":[]}", "{\"knowledgeSourceIds\":[5]}", "{\"knowledgeSourceIds\":[null]}",
			"{\"knowledgeSourceIds\":[[]]}", "{\"knowledgeSourceIds\":{\"a\":{}}}" })
	void shouldRefuseInALineAQueryThatIsNone(String query) throws Exception {
		long lines = refusedQueries();

		HttpResponse<String> answer = bridge.post(QUERY, query);

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		JsonNode refusal = JSON.readTree(answer.body());
		assertThat(refusal.path("code").asText()).isEqualTo("simulated.query");
		assertThat(refusal.path("status").asInt()).isEqualTo(400);
		await().untilAsserted(() -> assertThat(refusedQueries()).isEqualTo(lines + 1));
		assertThat(bridge.log()).doesNotContainPattern("ERROR .*sandbox-query").doesNotContain("\tat ");
	}

	private static long refusedQueries() {
		return bridge.log().lines().filter((line) -> line.contains("Simulated provider: a query was refused")).count();
	}

	/** The simulator put it into its JSON as it was, and the request expired. */
	@ParameterizedTest
	@ValueSource(
			strings = { "a\"b", "\"quoted\"", "back\\slash\\", "\\u0041", "null", "true", "7", "${body}", "ä😀\u2028" })
	void shouldSuggestFromAKnowledgeSourceWhateverItsId(String knowledgeSource) throws Exception {
		HttpResponse<String> answer = ask(knowledgeSource);
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		String id = JSON.readTree(answer.body()).path("request_id").asText();

		await().untilAsserted(() -> assertThat(lookUp(id).path("ranked_suggestions")).as(bridge.log())
			.isNotEmpty()
			.allSatisfy((suggestion) -> assertThat(suggestion.path("knowledge_source_id").asText())
				.isEqualTo(knowledgeSource)));
	}

	/** Which a page on the internet can have the developer's browser send. */
	@Test
	void shouldTakeNoQueryOfATypeThatBrowsersSendUnasked() throws Exception {
		HttpRequest request = HttpRequest.newBuilder(bridge.url(QUERY))
			.header("Content-Type", "text/plain")
			.POST(HttpRequest.BodyPublishers.ofString("{}"))
			.build();

		assertThat(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
			.isEqualTo(415);
	}

	private static HttpResponse<String> ask(String fault) throws IOException, InterruptedException {
		return bridge.post("/agentassist/suggestions", request(fault, "Customer: my bill is wrong.").toString());
	}

	private static ObjectNode request(String knowledgeSource, String transcript) {
		ObjectNode request = JSON.createObjectNode();
		request.put("conversation_id", "c-" + knowledgeSource).put("transcript", transcript);
		request.putArray("knowledge_source_ids").add(knowledgeSource);
		return request;
	}

	/** Callbacks that came a second time. */
	private static double replayed() throws IOException, InterruptedException {
		return bridge.metrics()
			.lines()
			.filter((line) -> line.startsWith("agentassist_callbacks_total{outcome=\"replayed\"}"))
			.mapToDouble((line) -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
			.sum();
	}

	private static JsonNode lookUp(String id) throws IOException, InterruptedException {
		return JSON.readTree(bridge.get("/agentassist/suggestions/" + id).body());
	}

}
