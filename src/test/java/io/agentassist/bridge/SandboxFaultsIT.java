package io.agentassist.bridge;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Shows what a desktop sees of each trouble that the sandbox's provider makes. */
class SandboxFaultsIT {

	private static final ObjectMapper JSON = new ObjectMapper();

	@TempDir
	private static Path folder;

	private static PackagedBridge bridge;

	@BeforeAll
	static void start() {
		bridge = new PackagedBridge(folder,
				Map.of("spring.profiles.active", "sandbox", "agentassist.genesys.base-delay", "50ms",
						"agentassist.genesys.response-timeout", "1500ms", "agentassist.lifecycle.expire-after", "2s",
						"agentassist.lifecycle.expiry-interval", "200ms", "agentassist.genesys.rate.max-hold", "100ms",
						"agentassist.genesys.breaker.window", "1000", "agentassist.genesys.breaker.minimum-calls",
						"1000"));
		bridge.startAndAwait();
	}

	@AfterAll
	static void stop() {
		bridge.close();
	}

	@ParameterizedTest
	@CsvSource({ "sim-503, 502", "sim-500, 502", "sim-400, 502", "sim-401, 502", "sim-reset, 502", "sim-malformed, 502",
			"sim-slow-2s, 504", "sim-429-20s, 429" })
	void shouldAnswerClearlyWhenTheProviderFails(String fault, int status) throws Exception {
		HttpResponse<String> answer = ask(fault);

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		if (fault.matches("sim-\\d+.*")) {
			assertThat(JSON.readTree(answer.body()).path("provider").path("code").asText())
				.isEqualTo("simulated." + fault.substring(4, 7));
		}
		if (status == 429) {
			assertThat(answer.headers().firstValue("Retry-After")).hasValue("20");
		}
	}

	@ParameterizedTest
	@CsvSource({ "sim-early, completed", "sim-duplicate, completed", "sim-failed, failed", "sim-never, expired",
			"sim-malformed-callback, expired", "ks-1, completed" })
	void shouldEndTheRequestWhateverTheCallbackIs(String fault, String status) throws Exception {
		HttpResponse<String> answer = ask(fault);
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		String id = JSON.readTree(answer.body()).path("request_id").asText();

		await().untilAsserted(() -> assertThat(lookUp(id).path("status").asText()).as(bridge.log()).isEqualTo(status));

		await().untilAsserted(
				() -> assertThat(bridge.auditLines()).filteredOn((line) -> line.contains("\"" + id + "\"")).hasSize(1));
	}

	private static HttpResponse<String> ask(String fault) throws IOException, InterruptedException {
		return bridge.post("/agentassist/suggestions", request(fault));
	}

	private static String request(String fault) {
		ObjectNode request = JSON.createObjectNode();
		request.put("conversation_id", "c-" + fault).put("transcript", "Customer: my bill is wrong.");
		request.putArray("knowledge_source_ids").add(fault);
		return request.toString();
	}

	private static JsonNode lookUp(String id) throws IOException, InterruptedException {
		return JSON.readTree(bridge.get("/agentassist/suggestions/" + id).body());
	}

}
