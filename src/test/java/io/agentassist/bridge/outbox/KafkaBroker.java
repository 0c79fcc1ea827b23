package io.agentassist.bridge.outbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.agentassist.bridge.PackagedBridge;

import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** A Kafka of one node, a process of its own, from the class path of the tests. */
final class KafkaBroker implements AutoCloseable {

	private final Path folder;

	private final int port;

	private Process process;

	/**
	 * Prepares the broker.
	 * @param folder an empty folder, for its files
	 */
	KafkaBroker(Path folder) throws IOException, InterruptedException {
		this.folder = folder;
		List<Integer> ports = PackagedBridge.freePorts();
		this.port = ports.get(0);
		Files.writeString(folder.resolve("server.properties"), """
				process.roles=broker,controller
				node.id=1
				controller.quorum.voters=1@127.0.0.1:%2$d
				controller.listener.names=CONTROLLER
				listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
				listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
				log.dirs=%3$s
				offsets.topic.replication.factor=1
				offsets.topic.num.partitions=1
				group.initial.rebalance.delay.ms=0
				""".formatted(this.port, ports.get(1), folder.resolve("data")));
		assertThat(java("kafka.tools.StorageTool", "format", "--cluster-id", "AAAAAAAAAAAAAAAAAAAAAQ", "--config",
				"server.properties")
			.waitFor()).as(log()).isZero();
	}

	/** Whether this build has it: it is in a profile. */
	static boolean isThere() {
		return ClassUtils.isPresent("kafka.Kafka", null);
	}

	String address() {
		return "127.0.0.1:" + this.port;
	}

	/** Starts it, also after {@link #kill}, and waits until it serves. */
	void start() throws IOException {
		int before = log().length();
		this.process = java("kafka.Kafka", "server.properties");
		await().atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> assertThat(log().substring(before)).contains("Kafka Server started"));
	}

	/** Ends it with SIGKILL. */
	void kill() {
		this.process.destroyForcibly();
		this.process.onExit().join();
	}

	private Process java(String... arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:TieredStopAtLevel=1", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
		command.addAll(List.of(arguments));
		return new ProcessBuilder(command).directory(this.folder.toFile())
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(this.folder.resolve("log").toFile()))
			.start();
	}

	private String log() throws IOException {
		Path log = this.folder.resolve("log");
		return Files.exists(log) ? Files.readString(log) : "";
	}

	@Override
	public void close() {
		if (this.process != null) {
			kill();
		}
	}

}
