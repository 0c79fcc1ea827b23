package io.agentassist.bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
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
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The product as its operators run it: the packaged jar, a process of its own, in a
 * folder with copies of {@code routes} and {@code config}. What the process writes stays
 * in the folder over any number of starts.
 */
public final class PackagedBridge implements AutoCloseable {

	private static final Path JAR = Path.of("target", "agent-assist-bridge.jar").toAbsolutePath();

	private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private static final String ARCHIVE = "-XX:SharedArchiveFile="
			+ Path.of("target", "agent-assist-bridge.jsa").toAbsolutePath();

	private static final List<String> FOR_SHORT_RUNS = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

	private final Path folder;

	private final Map<String, String> settings;

	private final List<String> jvmOptions;

	private final String jar;

	private final int port;

	private final int managementPort;

	private Process process;

	/**
	 * Prepares the folder. Its processes do without the second compiler, which takes half
	 * of a start's time for code that a short test hardly runs, and with one thread of
	 * the collector, and have their classes from the build's archive.
	 * @param folder an empty folder
	 * @param settings properties of the application, besides the ports
	 */
	public PackagedBridge(Path folder, Map<String, String> settings) {
		this(folder, settings, Stream.concat(FOR_SHORT_RUNS.stream(), Stream.of(ARCHIVE)).toList());
	}

	/**
	 * Prepares the folder.
	 * @param folder an empty folder
	 * @param settings properties of the application, besides the ports
	 * @param jvmOptions options of its processes
	 */
	public PackagedBridge(Path folder, Map<String, String> settings, List<String> jvmOptions) {
		this(folder, settings, jvmOptions, jar());
		List.of("routes", "config").forEach((name) -> copy(Path.of(name), folder.resolve(name)));
	}

	private PackagedBridge(Path folder, Map<String, String> settings, List<String> jvmOptions, String jar) {
		this.folder = folder;
		this.settings = settings;
		this.jvmOptions = jvmOptions;
		this.jar = jar;
		List<Integer> ports = freePorts();
		this.port = ports.get(0);
		this.managementPort = ports.get(1);
	}

	/**
	 * Unpacks an archive, of this or of another version.
	 * @param archive the archive
	 * @param folder an empty folder
	 * @param settings properties of the application, besides the ports
	 * @return the bridge, not started
	 */
	public static PackagedBridge unpack(Path archive, Path folder, Map<String, String> settings) {
		try {
			Process tar = new ProcessBuilder("tar", "-xzf", archive.toString(), "--strip-components=1", "-C",
					folder.toString())
				.inheritIO()
				.start();
			assertThat(tar.onExit().join().exitValue()).isZero();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return new PackagedBridge(folder, settings, FOR_SHORT_RUNS, "agent-assist-bridge.jar");
	}

	/**
	 * Starts the process; its output is added to {@link #log()}.
	 * @param arguments further options of the JVM, {@code -jar} and the jar's name,
	 * arguments of the application
	 */
	public void start(String... arguments) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(this.jvmOptions);
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command).directory(this.folder.toFile())
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
		builder.environment()
			.keySet()
			.removeIf((name) -> name.matches("(GENESYS|AGENTASSIST|SPRING|ANALYTICS|AUDIT)_.*"));
		builder.environment().put("SERVER_PORT", Integer.toString(this.port));
		builder.environment().put("MANAGEMENT_SERVER_PORT", Integer.toString(this.managementPort));
		try {
			this.process = builder.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Starts the jar with the settings; returns at once. */
	public void launch() {
		List<String> arguments = new ArrayList<>(List.of("-Xmx256m", "-jar", this.jar));
		this.settings.forEach((key, value) -> arguments.add("--" + key + "=" + value));
		start(arguments.toArray(String[]::new));
	}

	/** Waits until the process serves. */
	public void awaitAnswer() {
		await().atMost(Duration.ofMinutes(2))
			.pollInterval(Duration.ofMillis(100))
			.ignoreException(ConnectException.class)
			.untilAsserted(() -> {
				assertThat(this.process.isAlive()).as(log()).isTrue();
				assertThat(get("/openapi.yaml").statusCode()).isEqualTo(200);
			});
	}

	/** Starts the jar with the settings and waits until it serves. */
	public void startAndAwait() {
		launch();
		awaitAnswer();
	}

	/** Ends the process with SIGKILL, wherever it is. */
	public void kill() {
		this.process.destroyForcibly();
		this.process.onExit().join();
	}

	/** Ends the process with SIGTERM; with SIGKILL if it takes over 30 s. */
	@Override
	public void close() {
		if (this.process != null) {
			this.process.destroy();
			this.process.onExit().completeOnTimeout(this.process, 30, TimeUnit.SECONDS).join();
			kill();
		}
	}

	/**
	 * Gets the process.
	 * @return the latest one that was started
	 */
	public Process process() {
		return this.process;
	}

	/**
	 * Gets the jar.
	 * @return its path
	 */
	public static String jar() {
		return JAR.toString();
	}

	/**
	 * Makes a URL of the public port.
	 * @param path with a leading slash
	 * @return the URL
	 */
	public URI url(String path) {
		return URI.create("http://127.0.0.1:" + this.port + path);
	}

	/**
	 * Makes a URL of the management port.
	 * @param path with a leading slash
	 * @return the URL
	 */
	public URI managementUrl(String path) {
		return URI.create("http://127.0.0.1:" + this.managementPort + path);
	}

	/**
	 * Reads what the process wrote to its output.
	 * @return the text, of all starts
	 */
	public String log() {
		try {
			return Files.exists(logFile()) ? Files.readString(logFile()) : "";
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Gets where the audit log is.
	 * @return its folder
	 */
	public Path auditDirectory() {
		return this.folder.resolve("data/audit");
	}

	/**
	 * Finds the files of the audit log.
	 * @return the files, in the order of their names
	 */
	public List<Path> auditFiles() {
		Path directory = auditDirectory();
		if (!Files.isDirectory(directory)) {
			return List.of();
		}
		try (Stream<Path> files = Files.list(directory)) {
			return files.filter((path) -> path.getFileName().toString().matches("audit-.*\\.jsonl")).sorted().toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Reads the audit log.
	 * @return the lines of its files, file by file
	 */
	public List<String> auditLines() {
		List<String> lines = new ArrayList<>();
		try {
			for (Path file : auditFiles()) {
				lines.addAll(Files.readAllLines(file));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return lines;
	}

	/**
	 * Gets a path of the public port.
	 * @param path with a leading slash
	 * @param headers headers, each name followed by its value
	 * @return the answer
	 * @throws IOException when there is none
	 * @throws InterruptedException when interrupted
	 */
	public HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
		return CLIENT.send(request(path, headers).build(), HttpResponse.BodyHandlers.ofString());
	}

	/**
	 * Scrapes the metrics.
	 * @return the text for Prometheus
	 * @throws IOException when there is none
	 * @throws InterruptedException when interrupted
	 */
	public String metrics() throws IOException, InterruptedException {
		return CLIENT
			.send(HttpRequest.newBuilder(managementUrl("/actuator/prometheus")).build(),
					HttpResponse.BodyHandlers.ofString())
			.body();
	}

	/**
	 * Posts JSON to a path of the public port.
	 * @param path with a leading slash
	 * @param body the JSON
	 * @param headers further headers, each name followed by its value
	 * @return the answer
	 * @throws IOException when there is none
	 * @throws InterruptedException when interrupted
	 */
	public HttpResponse<String> post(String path, String body, String... headers)
			throws IOException, InterruptedException {
		HttpRequest request = request(path, headers).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build();
		return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
	}

	private HttpRequest.Builder request(String path, String... headers) {
		HttpRequest.Builder request = HttpRequest.newBuilder(url(path)).timeout(Duration.ofSeconds(20));
		for (int i = 0; i < headers.length; i += 2) {
			request.header(headers[i], headers[i + 1]);
		}
		return request;
	}

	private Path logFile() {
		return this.folder.resolve("log.txt");
	}

	private static void copy(Path source, Path target) {
		try (Stream<Path> files = Files.walk(source)) {
			for (Path file : files.toList()) {
				Path copy = target.resolve(source.relativize(file).toString());
				if (Files.isDirectory(file)) {
					Files.createDirectories(copy);
				}
				else {
					Files.copy(file, copy);
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Two ports for a process to open. Not such as the system hands out, which a
	 * connection of somebody else's may have by then, nor such as the other process of
	 * the tests picks.
	 */
	public static List<Integer> freePorts() {
		int first = 14_000 + 6_000 * Integer.getInteger("test.fork", 1);
		return ThreadLocalRandom.current()
			.ints(first, first + 6_000)
			.distinct()
			.filter(PackagedBridge::isFree)
			.limit(2)
			.boxed()
			.toList();
	}

	private static boolean isFree(int port) {
		try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
			return socket.isBound();
		}
		catch (BindException ex) {
			return false;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
