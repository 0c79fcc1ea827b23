package io.agentassist.bridge.security;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import java.util.List;

import io.agentassist.bridge.GuardedBridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that browsers let only the pages of the listed origins call. */
class CorsTest extends GuardedBridgeTest {

	private static final String HEADERS = "authorization,content-type,last-event-id,traceparent,tracestate,x-api-key,x-organisation";

	private HttpResponse<String> preflight(String origin, String method) {
		return send(request("/agentassist/suggestions").header("Origin", origin)
			.header("Access-Control-Request-Method", method)
			.header("Access-Control-Request-Headers", HEADERS)
			.method("OPTIONS", HttpRequest.BodyPublishers.noBody())
			.build());
	}

	@Test
	void shouldAllowAListedOrigin() {
		HttpResponse<String> preflight = preflight(ORIGIN, "POST");
		HttpResponse<String> asked = post("/agentassist/suggestions", suggestionRequest(unique("conv-")).toString(),
				"Origin", ORIGIN, "Authorization", "Bearer " + token(claims("berlin").build()));

		assertThat(preflight.statusCode()).isEqualTo(200);
		assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin")).hasValue(ORIGIN);
		assertThat(
				preflight.headers().firstValue("Access-Control-Allow-Headers").map((names) -> names.replace(", ", ",")))
			.hasValue(HEADERS);
		assertThat(preflight.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
		assertThat(asked.statusCode()).as(asked.body()).isEqualTo(202);
		assertThat(asked.headers().firstValue("Access-Control-Allow-Origin")).hasValue(ORIGIN);
		assertThat(asked.headers().firstValue("Access-Control-Expose-Headers").orElse("")).contains("Location");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://evil.example", "https://desk.example.evil.example", "http://desk.example",
			"https://desk.example:8443", "null", "*", "https://DESK.example.evil" })
	void shouldRefuseAnyOtherOrigin(String origin) {
		HttpResponse<String> preflight = preflight(origin, "POST");
		HttpResponse<String> asked = post("/agentassist/suggestions", suggestionRequest(unique("conv-")).toString(),
				"Origin", origin, "Authorization", "Bearer " + token(claims("berlin").build()));

		for (HttpResponse<String> answer : List.of(preflight, asked)) {
			assertThat(answer.statusCode()).isEqualTo(403);
			assertThat(answer.headers().map().keySet()).noneMatch((name) -> name.startsWith("access-control-"));
		}
		assertThat(this.provider.queries()).isEmpty();
	}

	@Test
	void shouldRefuseMethodsThatTheApiHasNot() {
		assertThat(preflight(ORIGIN, "DELETE").statusCode()).isEqualTo(403);
	}

}
