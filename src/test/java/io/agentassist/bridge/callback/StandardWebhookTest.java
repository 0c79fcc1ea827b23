package io.agentassist.bridge.callback;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

import io.agentassist.bridge.GuardedBridgeTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows Standard Webhooks over HTTP. */
class StandardWebhookTest extends GuardedBridgeTest {

	private HttpResponse<String> callBack(String body, Instant at) {
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		String timestamp = Long.toString(at.getEpochSecond());
		byte[] key = Base64.getDecoder().decode(WEBHOOK_SECRET.substring("whsec_".length()));
		String signature = CallbackAuthenticator.hmac(key,
				("msg_1." + timestamp + ".").getBytes(StandardCharsets.UTF_8), bytes);
		return post("/agentassist/callback", body, "WEBHOOK-id", "msg_1", "Webhook-Timestamp", timestamp,
				"webhook-signature", "v1,b3RoZXI= v1," + signature);
	}

	@Test
	void shouldProcessASignedCallbackAndRefuseAnOldOne() {
		String conversation = unique("conv-");
		HttpResponse<String> queued = post("/agentassist/suggestions", suggestionRequest(conversation).toString(),
				"Authorization", "Bearer " + token(claims("berlin").build()));
		String callback = completed(json(queued).path("request_id").asText(), suggestion(unique("sug-"), 0.5))
			.toString();

		assertProblem(callBack(callback, Instant.now().minusSeconds(400)), 401);
		assertProblem(callBack(callback, Instant.now().plusSeconds(400)), 401);
		assertProblem(callBack(completed("signed-as-hmac")), 401);
		HttpResponse<String> processed = callBack(callback, Instant.now());
		assertThat(processed.statusCode()).as(processed.body()).isEqualTo(200);
	}

}
