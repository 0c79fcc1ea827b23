package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.agentassist.bridge.BridgeTest;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the whole client (limiter, token, breaker, route) adds to a bare HttpClient call
 * of a healthy provider. Not part of the build, see bench/README.md.
 */
class ProviderOverheadBenchmark extends BridgeTest {

	private static final int CALLS = 20_000;

	private static final byte[] QUERY = "{\"conversationId\":\"c\",\"transcript\":\"My invoice is wrong\"}"
		.getBytes(StandardCharsets.UTF_8);

	private static final byte[] ANSWER = "{\"id\":\"r\",\"status\":\"queued\"}".getBytes(StandardCharsets.UTF_8);

	private static final byte[] TOKEN = "{\"access_token\":\"t\",\"expires_in\":86400}"
		.getBytes(StandardCharsets.UTF_8);

	private static final ExecutorService THREADS = Executors.newCachedThreadPool();

	private static HttpServer server;

	@Autowired
	private Providers providers;

	@Autowired
	private ProducerTemplate producer;

	@DynamicPropertySource
	static void startProvider(DynamicPropertyRegistry registry) throws IOException {
		// Else each answer waits for an acknowledgement.
		System.setProperty("sun.net.httpserver.nodelay", "true");
		server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
		server.createContext("/oauth/token", (exchange) -> answer(exchange, TOKEN));
		server.createContext("/api", (exchange) -> answer(exchange, ANSWER));
		server.setExecutor(THREADS);
		server.start();
		String prefix = "agentassist.genesys.organisations.bench.";
		registry.add(prefix + "api-url", ProviderOverheadBenchmark::url);
		registry.add(prefix + "login-url", ProviderOverheadBenchmark::url);
		registry.add(prefix + "client-id", () -> "bench");
		registry.add(prefix + "client-secret", () -> "bench-secret");
		registry.add(prefix + "max-concurrent-queries", () -> 2);
	}

	@AfterAll
	static void stopProvider() {
		server.stop(0);
		THREADS.shutdownNow();
	}

	private static String url() {
		return "http://127.0.0.1:" + server.getAddress().getPort();
	}

	private static void answer(HttpExchange exchange, byte[] body) throws IOException {
		exchange.getRequestBody().readAllBytes();
		exchange.sendResponseHeaders(200, body.length);
		exchange.getResponseBody().write(body);
		exchange.close();
	}

	@Test
	void shouldAddLessThanAFifthOfAMillisecond() throws IOException {
		try (CloseableHttpClient bare = HttpClients.createDefault()) {
			long[] bareNanos = new long[CALLS];
			long[] clientNanos = new long[CALLS];
			for (int round = 0; round < 2; round++) {
				// In turns, so that both have the same machine; the first round warms up.
				for (int i = 0; i < CALLS; i++) {
					long start = System.nanoTime();
					bareCall(bare);
					long between = System.nanoTime();
					clientCall();
					clientNanos[i] = System.nanoTime() - between;
					bareNanos[i] = between - start;
				}
			}
			double bareMedian = medianMillis(bareNanos);
			double clientMedian = medianMillis(clientNanos);
			System.out.printf("Median of %d calls: bare %.3f ms, client %.3f ms, overhead %.3f ms%n", CALLS, bareMedian,
					clientMedian, clientMedian - bareMedian);
			assertThat(clientMedian - bareMedian).isLessThan(0.2);
		}
	}

	private static void bareCall(CloseableHttpClient bare) throws IOException {
		HttpPost post = new HttpPost(url() + "/api/v2/agentassist/suggestions/query");
		post.setHeader("Authorization", "Bearer t");
		post.setEntity(new ByteArrayEntity(QUERY, ContentType.APPLICATION_JSON));
		byte[] answer = bare.execute(post, (response) -> EntityUtils.toByteArray(response.getEntity()));
		assertThat(answer).hasSize(ANSWER.length);
	}

	private void clientCall() {
		Exchange answer = this.producer.request("direct:query-provider", (exchange) -> {
			exchange.getMessage().setHeader("X-Organisation", "bench");
			this.providers.enter(exchange);
			exchange.getMessage().removeHeader("X-Organisation");
			exchange.getMessage().setBody(QUERY);
		});
		assertThat(answer.getException()).isNull();
	}

	private static double medianMillis(long[] nanos) {
		long[] sorted = nanos.clone();
		Arrays.sort(sorted);
		return sorted[sorted.length / 2] / 1e6;
	}

}
