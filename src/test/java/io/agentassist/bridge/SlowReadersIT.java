package io.agentassist.bridge;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows that callers who do not read their answers leave enough of a heap of 256 MB to
 * all others. The heap was used up, and no more connections were accepted.
 */
@Tag("alone")
class SlowReadersIT {

	private static final String CONTENT = "x".repeat(150_000);

	private static final WireMockServer WORLD = new WireMockServer(
			WireMockConfiguration.options().dynamicPort().globalTemplating(true));

	@TempDir
	private static Path folder;

	private static PackagedBridge bridge;

	private static String small;

	@BeforeAll
	static void startAndFill() throws Exception {
		WORLD.start();
		new StubbedProvider(WORLD, new StubbedProvider.HeldAnswers()).issuesTokens();
		WORLD.stubFor(WireMock.post(WireMock.urlPathMatching("/api/.*"))
			.willReturn(StubbedProvider.answer(200, "{\"id\":\"{{randomValue type='UUID'}}\",\"status\":\"queued\"}")));
		bridge = new PackagedBridge(folder,
				Map.of("agentassist.public-url", BridgeTest.PUBLIC_URL, "agentassist.genesys.client-id",
						StubbedProvider.CLIENT_ID, "agentassist.genesys.client-secret", StubbedProvider.CLIENT_SECRET,
						"agentassist.genesys.api-url", WORLD.baseUrl() + "/api", "agentassist.genesys.login-url",
						WORLD.baseUrl() + "/login", "agentassist.api.auth", "none", "agentassist.callback.auth", "none",
						"agentassist.suggestions.max-construction-latency", "10s"));
		bridge.startAndAwait();
		for (int i = 0; i < 100; i++) {
			complete("listed", CONTENT);
		}
		small = complete("short", "Hello");
	}

	@AfterAll
	static void stop() {
		bridge.close();
		WORLD.stop();
	}

	private static String complete(String conversation, String content) throws Exception {
		String id = BridgeTest
			.json(bridge.post("/agentassist/suggestions", BridgeTest.suggestionRequest(conversation).toString()))
			.path("request_id")
			.asText();
		assertThat(
				bridge
					.post("/agentassist/callback",
							BridgeTest.completed(id, BridgeTest.suggestion("s", 0.5).put("content", content))
								.toString())
					.statusCode())
			.isEqualTo(200);
		return id;
	}

	@Test
	void shouldServeBesideUnreadLists() throws Exception {
		assertServesBeside(40, "/agentassist/conversations/listed/suggestions");
	}

	/** The others are refused at once, and served again once the first ones have gone. */
	private static void assertServesBeside(int callers, String path) throws Exception {
		List<Socket> unread = new ArrayList<>();
		try {
			for (int i = 0; i < callers; i++) {
				unread.add(ask(path));
			}
			int refused = 0;
			for (Socket caller : unread) {
				String answer = head(caller);
				if (answer.startsWith("HTTP/1.1 503")) {
					assertThat(answer).containsIgnoringCase("\r\nRetry-After: ");
					refused++;
				}
				else {
					assertThat(answer).startsWith("HTTP/1.1 200");
				}
			}
			assertThat(refused).isPositive().isLessThan(callers);
			assertThat(complete("beside", "Hello")).isNotEmpty();
			assertThat(bridge.get("/agentassist/conversations/beside/suggestions").statusCode()).isEqualTo(200);
		}
		finally {
			for (Socket caller : unread) {
				caller.close();
			}
		}
		assertThat(bridge.log()).doesNotContain("OutOfMemoryError");
		await().atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(bridge.metrics().lines())
				.filteredOn((line) -> line.startsWith("agentassist_unread_bytes{"))
				.hasSize(3)
				.allMatch((line) -> line.endsWith(" 0.0")));
		assertThat(bridge.get("/agentassist/suggestions/" + small).statusCode()).isEqualTo(200);
		assertThat(bridge.get("/agentassist/conversations/listed/suggestions").body()).hasSizeGreaterThan(15_000_000);
	}

	private static Socket ask(String path) throws IOException {
		URI uri = bridge.url(path);
		Socket socket = new Socket();
		// So small that the answers do not wait here.
		socket.setOption(StandardSocketOptions.SO_RCVBUF, 2048);
		socket.setSoTimeout(20_000);
		socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 10_000);
		socket.getOutputStream()
			.write(("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
		return socket;
	}

	private static String head(Socket caller) throws IOException {
		InputStream answer = caller.getInputStream();
		StringBuilder head = new StringBuilder();
		while (head.indexOf("\r\n\r\n") < 0) {
			int next = answer.read();
			assertThat(next).as(head.toString()).isNotNegative();
			head.append((char) next);
		}
		return head.toString();
	}

}
