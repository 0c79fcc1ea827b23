package io.agentassist.bridge.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The product as its users run it: the packaged jar, a process of its own, in a folder of
 * its own with fresh copies of {@code routes} and {@code config} and an empty database.
 * The folder is under {@code target}, not under {@code /tmp}: that may be memory, where
 * commits cost nothing. It stays after the run, for whoever has to find out what
 * happened.
 */
final class BridgeProcess implements AutoCloseable {

	private static final Duration START_LIMIT = Duration.ofSeconds(120);

	private static final Path PRODUCT = Path.of("..").toAbsolutePath().normalize();

	private final Path folder;

	private final List<String> pinning = new ArrayList<>();

	private final int port = freePort();

	private Process process;

	BridgeProcess(String name) {
		this.folder = Path.of("target", "bridge", name).toAbsolutePath();
	}

	/**
	 * Gives it one CPU only, from its next start on.
	 * @param cpu the CPU's number
	 */
	void pinTo(int cpu) {
		this.pinning.addAll(List.of("taskset", "--cpu-list", Integer.toString(cpu)));
	}

	URI uri() {
		return URI.create("http://127.0.0.1:" + this.port);
	}

	Path folder() {
		return this.folder;
	}

	Path auditDirectory() {
		return this.folder.resolve("audit");
	}

	/**
	 * Starts the bridge in an empty folder and waits until it answers.
	 * @param provider where it finds the provider and the analytics endpoint
	 * @param database where it finds its database
	 */
	void startAfresh(URI provider, Map<String, String> database) {
		try {
			prepareFolder();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot prepare the folder", ex);
		}
		start(provider, database);
	}

	/**
	 * Starts the bridge on what the last start left.
	 * @param provider where it finds the provider and the analytics endpoint
	 * @param database where it finds its database
	 */
	void start(URI provider, Map<String, String> database) {
		Path jar = PRODUCT.resolve("target/agent-assist-bridge.jar");
		if (!Files.exists(jar)) {
			throw new IllegalStateException("No " + jar + ": run ./mvnw package first");
		}
		try {
			this.process = launch(jar, provider, database);
			awaitAnswer();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot start the bridge", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while the bridge started", ex);
		}
	}

	private void prepareFolder() throws IOException {
		if (Files.exists(this.folder)) {
			for (Path old : walk(this.folder).sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(old);
			}
		}
		Files.createDirectories(this.folder);
		for (String part : List.of("routes", "config")) {
			for (Path source : walk(PRODUCT.resolve(part)).toList()) {
				Files.copy(source, this.folder.resolve(PRODUCT.relativize(source)));
			}
		}
	}

	private Process launch(Path jar, URI provider, Map<String, String> database) throws IOException {
		List<String> java = new ArrayList<>(this.pinning);
		java.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-jar",
				jar.toString()));
		ProcessBuilder builder = new ProcessBuilder(java);
		builder.environment()
			.keySet()
			.removeIf((name) -> name.matches("(GENESYS|AGENTASSIST|SPRING|ANALYTICS|AUDIT)_.*"));
		builder.environment().putAll(database);
		builder.environment()
			.putAll(Map.ofEntries(Map.entry("SERVER_ADDRESS", "127.0.0.1"),
					Map.entry("SERVER_PORT", Integer.toString(this.port)),
					Map.entry("MANAGEMENT_SERVER_PORT", Integer.toString(freePort())),
					Map.entry("GENESYS_CLIENT_ID", "bench"), Map.entry("GENESYS_CLIENT_SECRET", "bench-secret"),
					Map.entry("GENESYS_API_URL", provider.toString()),
					Map.entry("GENESYS_LOGIN_URL", provider.toString()),
					Map.entry("AGENTASSIST_PUBLIC_URL", uri().toString()),
					Map.entry("AGENTASSIST_CALLBACK_AUTH", "none"), Map.entry("AGENTASSIST_API_AUTH", "none"),
					Map.entry("ANALYTICS_ENDPOINT", provider.resolve("/events").toString()),
					Map.entry("AUDIT_DIRECTORY", auditDirectory().toString())));
		return builder.directory(this.folder.toFile()).redirectErrorStream(true).redirectOutput(log().toFile()).start();
	}

	private void awaitAnswer() throws InterruptedException {
		HttpClient client = HttpClient.newHttpClient();
		HttpRequest request = HttpRequest.newBuilder(uri().resolve("/openapi.yaml"))
			.timeout(Duration.ofSeconds(5))
			.build();
		long deadline = System.nanoTime() + START_LIMIT.toNanos();
		while (!answers(client, request)) {
			if (!this.process.isAlive()) {
				throw new IllegalStateException("The bridge ended while it started, see " + log());
			}
			if (System.nanoTime() > deadline) {
				throw new IllegalStateException("The bridge did not answer within " + START_LIMIT + ", see " + log());
			}
			Thread.sleep(200);
		}
	}

	private static boolean answers(HttpClient client, HttpRequest request) throws InterruptedException {
		try {
			return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
		}
		catch (IOException ex) {
			return false; // not listening yet
		}
	}

	/** Takes all CPU from the bridge, until {@link #thaw}. */
	void freeze() {
		signal("STOP");
	}

	void thaw() {
		signal("CONT");
	}

	private void signal(String name) {
		try {
			int code = new ProcessBuilder("kill", "-" + name, Long.toString(this.process.pid())).inheritIO()
				.start()
				.waitFor();
			if (code != 0) {
				throw new IllegalStateException("kill -" + name + " ended with " + code);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private Path log() {
		return this.folder.resolve("bridge.log");
	}

	private static Stream<Path> walk(Path folder) throws IOException {
		return Files.walk(folder, FileVisitOption.FOLLOW_LINKS);
	}

	private static int freePort() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No free port", ex);
		}
	}

	@Override
	public void close() {
		if (this.process == null) {
			return;
		}
		this.process.destroy();
		try {
			this.process.waitFor(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.process.destroyForcibly();
	}

}
