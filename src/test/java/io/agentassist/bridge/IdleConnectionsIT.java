package io.agentassist.bridge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that connections on which nothing happens do not stop the service: 10,000 from
 * several addresses, each tenth in the middle of a request's head, the others silent. The
 * bridge is a process of its own, as one process may not have as many sockets for both
 * ends; and its time-out is long enough that they all are open at once. In the profile
 * {@code idle}.
 */
@EnabledIfSystemProperty(named = "idle.connections", matches = "true",
		disabledReason = "has a profile of its own: idle")
class IdleConnectionsIT {

	private static final Logger log = LoggerFactory.getLogger(IdleConnectionsIT.class);

	private static final int CONNECTIONS = 10_000;

	private static final int ADDRESSES = 10;

	private static final int REQUESTS = 101;

	@TempDir
	private Path folder;

	@Test
	void shouldServeBesideTenThousandIdleConnections() throws Exception {
		try (PackagedBridge bridge = new PackagedBridge(this.folder, Map.of(), List.of())) {
			// The heap that bin/start gives it.
			bridge.start("-Xmx512m", "-jar", PackagedBridge.jar(), "--spring.profiles.active=sandbox",
					"--server.tomcat.connection-timeout=3m");
			bridge.awaitAnswer();
			int port = bridge.url("/").getPort();
			Duration before = median(port);
			List<SocketChannel> idle = new ArrayList<>();
			try {
				long start = System.nanoTime();
				for (int i = 0; i < CONNECTIONS; i++) {
					idle.add(connect(port, i));
				}
				Duration took = Duration.ofNanos(System.nanoTime() - start);
				Duration meanwhile = median(port);

				log.info("{} connections in {} ms; median of a request {} us before, {} us beside them", CONNECTIONS,
						took.toMillis(), before.toNanos() / 1000, meanwhile.toNanos() / 1000);
				assertThat(idle).filteredOn(IdleConnectionsIT::isOpen).hasSize(CONNECTIONS);
				assertThat(meanwhile).isLessThan(Duration.ofMillis(500));
				assertThat(bridge.log()).doesNotContain("OutOfMemoryError", "Too many open files");
			}
			finally {
				for (SocketChannel channel : idle) {
					channel.close();
				}
			}
		}
	}

	private static SocketChannel connect(int port, int number) throws IOException {
		SocketChannel channel = SocketChannel.open();
		channel.bind(new InetSocketAddress("127.0.0." + (2 + number % ADDRESSES), 0));
		channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
		if (number % 10 == 0) {
			channel.write(ByteBuffer
				.wrap("POST /agentassist/callback HTTP/1.1\r\nHost: a\r\n".getBytes(StandardCharsets.US_ASCII)));
		}
		channel.configureBlocking(false);
		return channel;
	}

	/** Whether the bridge has neither answered nor closed it. */
	private static boolean isOpen(SocketChannel channel) {
		try {
			return channel.read(ByteBuffer.allocate(1)) == 0;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/** Each request on a new connection, which has to be accepted, too. */
	private static Duration median(int port) throws IOException {
		long[] nanos = new long[REQUESTS];
		for (int i = 0; i < REQUESTS; i++) {
			long start = System.nanoTime();
			try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
				socket.setSoTimeout(10_000);
				socket.getOutputStream()
					.write("GET /agentassist/suggestions/unknown HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
						.getBytes(StandardCharsets.US_ASCII));
				String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
				assertThat(answer).startsWith("HTTP/1.1 404");
			}
			nanos[i] = System.nanoTime() - start;
		}
		Arrays.sort(nanos);
		return Duration.ofNanos(nanos[REQUESTS / 2]);
	}

}
