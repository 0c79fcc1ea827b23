package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.http.Fault;
import io.agentassist.bridge.StrictBridgeTest;
import io.agentassist.bridge.StubbedProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static org.assertj.core.api.Assertions.assertThat;

/** Shows that a slow or broken provider harms nothing but the queries to it. */
class OverloadTest extends StrictBridgeTest {

	private static final int POOL = 8;

	/** A test before this one may have left the breaker open. */
	@BeforeEach
	void closeBreaker() {
		eventually(() -> assertThat(
				IntStream.range(0, 5).mapToObj((i) -> ask(suggestionRequest(unique("conv-"))).statusCode()))
			.containsOnly(202));
		WORLD.resetRequests();
	}

	@Test
	void shouldAnswer503AtOnceWhenEveryProviderThreadIsBusyAndServeTheRest() {
		String decided = queue(unique("conv-"));
		this.provider.holds(StubbedProvider.query().willReturn(StubbedProvider.queued()));
		WORLD.resetRequests();
		List<CompletableFuture<HttpResponse<String>>> slow = IntStream.range(0, POOL)
			.mapToObj((i) -> askAsync(suggestionRequest(unique("conv-"))))
			.toList();
		eventually(() -> assertThat(this.provider.queries()).hasSize(POOL));

		HttpResponse<String> ninth = ask(suggestionRequest(unique("conv-")));
		JsonNode problem = assertProblem(ninth, 503);
		assertThat(ninth.headers().allValues("Retry-After")).containsExactly("1");
		assertThat(problem.path("detail").asText()).isEqualTo("Too many requests are in progress.");
		assertThat(callBack(completed(decided, suggestion(unique("sug-"), 0.5))).statusCode()).isEqualTo(200);
		assertThat(getWithKey("/agentassist/suggestions/" + decided).body()).contains("\"completed\"");
		assertThat(getWithKey("/openapi.yaml").statusCode()).isEqualTo(200);
		assertThat(slow).noneMatch(CompletableFuture::isDone);

		this.provider.release();
		assertThat(slow).allSatisfy((answer) -> assertThat(answer.join().statusCode()).isEqualTo(202));
		assertThat(this.provider.queries()).hasSize(POOL);
		assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).as("afterwards").isEqualTo(202);
	}

	@Test
	void shouldAnswer503WithoutAskingWhileTheBreakerIsOpenAndRecover() {
		this.provider.answers(StubbedProvider.refusal(500, "broken"));

		// It tries the provider again after a while.
		eventually(() -> {
			WORLD.resetRequests();
			HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));
			JsonNode problem = assertProblem(answer, 503);
			assertThat(answer.headers().allValues("Retry-After")).containsExactly("2");
			assertThat(problem.path("detail").asText()).isNotEmpty();
			assertThat(this.provider.queries()).isEmpty();
		});
		String id = StubbedProvider.requestIdOf(unique("conv-"));
		assertThat(callBack("{\"id\":\"" + id + "\",\"status\":\"queued\"}").statusCode()).isEqualTo(202);

		this.provider.queues();
		eventually(() -> assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202));
	}

	@Test
	void shouldOpenTheBreakerWhenConnectionsBreak() {
		this.provider.answers(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));

		eventually(() -> assertProblem(ask(suggestionRequest(unique("conv-"))), 503));
	}

	@Test
	void shouldNotOpenTheBreakerForOurOwnMistakes() {
		this.provider.answers(StubbedProvider.refusal(400, "bad.request"));

		for (int i = 0; i < 12; i++) {
			assertProblem(ask(suggestionRequest(unique("conv-"))), 502);
		}
	}

	@Test
	void shouldAnswer504AndNotAskWhenTheRequestTookTooLongToArrive() throws IOException {
		byte[] body = suggestionRequest(unique("conv-")).toString().getBytes(StandardCharsets.UTF_8);
		eventually(() -> assertThat(busyThreads()).isZero());
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri("/").getPort())) {
			OutputStream out = socket.getOutputStream();
			out.write(("POST /agentassist/suggestions HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\n"
					+ "X-API-Key: " + API_KEY + "\r\nConnection: close\r\nContent-Length: " + body.length + "\r\n\r\n")
				.getBytes(StandardCharsets.US_ASCII));
			out.flush();
			// The limit is 2 s, from when a thread has it.
			eventually(() -> assertThat(busyThreads()).isOne());
			long end = System.nanoTime() + Duration.ofMillis(2300).toNanos();
			eventually(() -> assertThat(System.nanoTime()).isGreaterThan(end));
			out.write(body);
			out.flush();

			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

			assertThat(answer).startsWith("HTTP/1.1 504").contains("Content-Type: application/problem+json");
			JsonNode problem = json(answer.substring(answer.indexOf("\r\n\r\n")));
			assertThat(problem.path("status").asInt()).isEqualTo(504);
			assertThat(problem.path("detail").asText()).contains("2000 ms");
		}
		assertThat(this.provider.queries()).isEmpty();
	}

}
