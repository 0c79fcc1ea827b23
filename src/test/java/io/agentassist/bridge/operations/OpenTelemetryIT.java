package io.agentassist.bridge.operations;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import com.sun.net.httpserver.HttpServer;
import io.agentassist.bridge.PackagedBridge;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows the export of traces as docs/operations.md tells it: OpenTelemetry's agent, which
 * a site attaches where it wants one, and a receiver of OTLP over HTTP. Skipped but in
 * the profile otel, which has the agent: {@code ./mvnw verify -Potel -Dtest=none
 * -Dit.test=OpenTelemetryIT -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class OpenTelemetryIT {

	private static final String MARKER = "PlantedMarker4711";

	@TempDir
	private Path folder;

	/** What was received, each byte as a character. */
	private final List<String> received = new CopyOnWriteArrayList<>();

	@Test
	void shouldExportOneTraceFromTheDesktopToTheCallback() throws Exception {
		Optional<String> agent = Arrays.stream(System.getProperty("java.class.path").split(":"))
			.filter((jar) -> jar.contains("opentelemetry-javaagent"))
			.findFirst();
		Assumptions.assumeTrue(agent.isPresent(), "OpenTelemetry's agent is in the profile otel only");
		HttpServer receiver = startReceiver();
		String trace = UUID.randomUUID().toString().replace("-", "");
		try (PackagedBridge bridge = new PackagedBridge(this.folder, Map.of())) {
			bridge.start("-javaagent:" + agent.get(), "-Xmx512m", "-Dotel.service.name=agent-assist-bridge",
					"-Dotel.exporter.otlp.endpoint=http://127.0.0.1:" + receiver.getAddress().getPort(),
					"-Dotel.metrics.exporter=none", "-Dotel.logs.exporter=none", "-Dotel.bsp.schedule.delay=100",
					"-jar", PackagedBridge.jar(), "--spring.profiles.active=sandbox");
			bridge.awaitAnswer();
			assertThat(ask(bridge, "00-" + trace + "-00f067aa0ba902b7-01").statusCode()).isEqualTo(202);

			await().atMost(Duration.ofSeconds(60))
				.untilAsserted(() -> assertThat(bridge.log()).containsPattern("\\[" + trace + "] Request .* is queued")
					.containsPattern("\\[" + trace + "] Request .* completed after"));
			String id = new String(HexFormat.of().parseHex(trace), StandardCharsets.ISO_8859_1);
			await().atMost(Duration.ofSeconds(60))
				.untilAsserted(() -> assertThat(String.join("", this.received)).contains(id, "agent-assist-bridge",
						"/agentassist/callback"));
			assertThat(String.join("", this.received)).doesNotContain(MARKER);
		}
		finally {
			receiver.stop(0);
		}
	}

	private HttpServer startReceiver() throws IOException {
		HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		receiver.createContext("/v1/traces", (call) -> {
			this.received.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
			call.sendResponseHeaders(200, -1);
			call.close();
		});
		receiver.start();
		return receiver;
	}

	private static HttpResponse<String> ask(PackagedBridge bridge, String parent)
			throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(bridge.url("/agentassist/suggestions"))
			.header("Content-Type", "application/json")
			.header("traceparent", parent)
			.POST(HttpRequest.BodyPublishers.ofString(
					"""
							{"conversation_id": "conv-traced", "transcript": "Customer: %s", "knowledge_source_ids": ["kb-1"]}"""
						.formatted(MARKER)))
			.build();
		return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
	}

}
