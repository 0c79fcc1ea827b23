package io.agentassist.bridge;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows the packaged application as an operator starts it: from a folder with
 * {@code routes/} and {@code config/}, with and without its settings.
 */
class PackagedJarIT {

	private static final Path JAR = Path.of("target", "agent-assist-bridge.jar").toAbsolutePath();

	private static final List<String> VARIABLES = List.of("GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET",
			"AGENTASSIST_PUBLIC_URL", "AGENTASSIST_CALLBACK_SECRET", "AGENTASSIST_API_KEYS");

	@TempDir
	private Path folder;

	private Process process;

	@BeforeEach
	void copyFolders() throws IOException {
		for (String name : List.of("routes", "config")) {
			Path source = Path.of(name);
			try (Stream<Path> files = Files.walk(source)) {
				for (Path file : files.toList()) {
					Path target = this.folder.resolve(name).resolve(source.relativize(file).toString());
					if (Files.isDirectory(file)) {
						Files.createDirectories(target);
					}
					else {
						Files.copy(file, target);
					}
				}
			}
		}
	}

	@AfterEach
	void stop() throws InterruptedException {
		this.process.destroy();
		if (!this.process.waitFor(30, TimeUnit.SECONDS)) {
			this.process.destroyForcibly().waitFor();
		}
	}

	@Test
	void shouldRunTheSampleConversationInTheSandboxWith256Megabytes() throws Exception {
		int port = freePort();

		start("-Xmx256m", "-jar", JAR.toString(), "--spring.profiles.active=sandbox", "--server.port=" + port,
				"--management.server.port=" + freePort());

		await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
			assertThat(this.process.isAlive()).as(log()).isTrue();
			assertThat(auditLines()).as(log()).isNotEmpty();
			assertThat(log()).containsPattern("Request sug-req-\\S+ suggests: 0\\.\\d+ \\S");
		});
		JsonNode line = new ObjectMapper().readTree(auditLines().get(0));
		assertThat(line.path("event_type").asText()).isEqualTo("agentassist_interaction");
		assertThat(line.path("action").asText()).isEqualTo("presented");
		assertThat(line.path("conversation_id").asText()).isEqualTo("conv-sample");
		assertThat(line.path("agent_id").asText()).isEqualTo("agent-sample");
		assertThat(line.path("suggestion_id").asText()).isNotEmpty();
		assertThat(line.path("metadata").path("ranked_suggestion_ids")).isNotEmpty();
		String id = line.path("request_id").asText();
		JsonNode found = new ObjectMapper().readTree(get(port, "/agentassist/suggestions/" + id).body());
		assertThat(found.path("status").asText()).isEqualTo("completed");
		for (JsonNode suggestion : found.path("ranked_suggestions")) {
			assertThat(log()).contains("Request " + id + " suggests: " + suggestion.path("final_score").asText() + " "
					+ suggestion.path("title").asText());
		}
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(get(port, "/sandbox/analytics").body()).isEqualTo("{\"events\":1}"));
		assertThat(log()).doesNotContain("update my billing address", "ERROR");
		stop();

		assertThat(auditVerify()).startsWith("0 OK: 1 chain, 1 file, 1 line, 0 checkpoints");
		Path file = auditFiles().get(0);
		Files.writeString(file, Files.readString(file).replace("presented", "dismissed"));
		assertThat(auditVerify()).startsWith("1 " + file + ":1: the hash does not fit the line");
	}

	/** Exit code and output of {@code audit verify}. */
	private String auditVerify() throws Exception {
		start("-jar", JAR.toString(), "audit", "verify", this.folder.resolve("data/audit").toString());
		assertThat(this.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		return this.process.exitValue() + " " + log();
	}

	private List<Path> auditFiles() throws IOException {
		Path directory = this.folder.resolve("data/audit");
		if (!Files.isDirectory(directory)) {
			return List.of();
		}
		try (Stream<Path> files = Files.list(directory)) {
			return files.filter((path) -> path.getFileName().toString().matches("audit-.*\\.jsonl")).toList();
		}
	}

	@Test
	void shouldNameEveryMissingVariableInOneMessageAndExit() throws Exception {
		start("-jar", JAR.toString(), "--server.port=" + freePort());

		assertThat(this.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(this.process.exitValue()).isEqualTo(1);
		assertThat(log()).contains(VARIABLES)
			.contains("sandbox")
			.doesNotContain("\tat ", "Exception", "Caused by")
			.containsOnlyOnce("Missing:");
	}

	@Test
	void shouldNameOnlyWhatIsMissing() throws Exception {
		start("-jar", JAR.toString(), "--agentassist.genesys.client-id=x", "--agentassist.api.auth=none");

		assertThat(this.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(log()).contains("GENESYS_CLIENT_SECRET", "AGENTASSIST_PUBLIC_URL", "AGENTASSIST_CALLBACK_SECRET")
			.doesNotContain("GENESYS_CLIENT_ID", "AGENTASSIST_API_KEYS");
	}

	private void start(String... arguments) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command).directory(this.folder.toFile())
			.redirectErrorStream(true)
			.redirectOutput(logFile());
		builder.environment()
			.keySet()
			.removeIf((name) -> name.matches("(GENESYS|AGENTASSIST|SPRING|ANALYTICS|AUDIT)_.*"));
		this.process = builder.start();
	}

	private File logFile() {
		return this.folder.resolve("log.txt").toFile();
	}

	private String log() throws IOException {
		return Files.readString(logFile().toPath());
	}

	private List<String> auditLines() throws IOException {
		List<String> lines = new ArrayList<>();
		for (Path file : auditFiles()) {
			lines.addAll(Files.readAllLines(file));
		}
		return lines;
	}

	private static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
					HttpResponse.BodyHandlers.ofString());
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
	}

}
