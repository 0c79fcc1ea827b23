package io.agentassist.bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The packaged jar as a process of its own, set up for the tests, spoken to over HTTP.
 */
final class JarProcess implements AutoCloseable {

	private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final Path folder;

	private final Map<String, String> settings;

	private final int port = freePort();

	private Process process;

	/**
	 * Sets it up.
	 * @param folder where it runs; it holds what is kept between two starts
	 * @param world base URL of provider and analytics
	 * @param settings further settings
	 */
	JarProcess(Path folder, String world, Map<String, String> settings) {
		this.folder = folder;
		this.settings = new TreeMap<>(Map.of("agentassist.public-url", BridgeTest.PUBLIC_URL,
				"agentassist.genesys.client-id", StubbedProvider.CLIENT_ID, "agentassist.genesys.client-secret",
				StubbedProvider.CLIENT_SECRET, "agentassist.genesys.api-url", world + "/api",
				"agentassist.genesys.login-url", world + "/login", "agentassist.analytics.endpoint",
				world + "/analytics", "agentassist.api.auth", "none", "agentassist.callback.auth", "none",
				"server.port", Integer.toString(this.port)));
		this.settings.put("management.server.port", Integer.toString(freePort()));
		this.settings.putAll(settings);
	}

	/** Starts it and waits until it answers. */
	void start() {
		launch();
		awaitAnswer();
	}

	void launch() {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-jar",
						Path.of("target", "agent-assist-bridge.jar").toAbsolutePath().toString(),
						"--agentassist.routes.directory=" + Path.of("routes").toAbsolutePath()));
		this.settings.forEach((key, value) -> command.add("--" + key + "=" + value));
		try {
			Path config = this.folder.resolve("config");
			if (!Files.exists(config)) {
				Files.createSymbolicLink(config, Path.of("config").toAbsolutePath());
			}
			ProcessBuilder builder = new ProcessBuilder(command).directory(this.folder.toFile())
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(this.folder.resolve("log.txt").toFile()));
			builder.environment()
				.keySet()
				.removeIf((name) -> name.matches("(GENESYS|AGENTASSIST|SPRING|ANALYTICS|AUDIT)_.*"));
			this.process = builder.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	void awaitAnswer() {
		await().atMost(Duration.ofMinutes(2))
			.pollInterval(Duration.ofMillis(200))
			.ignoreException(ConnectException.class)
			.untilAsserted(() -> {
				assertThat(this.process.isAlive()).as(log()).isTrue();
				assertThat(get("/openapi.yaml").statusCode()).isEqualTo(200);
			});
	}

	/** SIGTERM; returns at once. */
	void terminate() {
		this.process.destroy();
	}

	/** SIGKILL. */
	void kill() {
		this.process.destroyForcibly().onExit().join();
	}

	/** Waits for the end, and tells the exit code. */
	int exitCode(Duration atMost) throws InterruptedException {
		assertThat(this.process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)).as(log()).isTrue();
		return this.process.exitValue();
	}

	HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return CLIENT.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
	}

	HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
		return CLIENT.send(request(path).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build(), HttpResponse.BodyHandlers.ofString());
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path))
			.timeout(Duration.ofSeconds(20));
	}

	/** All lines of the audit log. */
	List<String> auditLines() {
		List<String> lines = new ArrayList<>();
		try (Stream<Path> files = Files.walk(this.folder.resolve("data/audit"))) {
			for (Path file : files.filter((path) -> path.getFileName().toString().matches("audit-.*\\.jsonl"))
				.sorted()
				.toList()) {
				lines.addAll(Files.readAllLines(file));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return lines;
	}

	String log() {
		try {
			return Files.readString(this.folder.resolve("log.txt"), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static int freePort() {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		if (this.process != null) {
			kill();
		}
	}

}
