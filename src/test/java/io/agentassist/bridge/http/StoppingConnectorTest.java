package io.agentassist.bridge.http;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http11.Http11NioProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A stop that begins between Tomcat's look whether it is stopping and the end of a
 * request line: Tomcat reads no headers then, misses {@code Host} and says 400, after
 * which a provider would not come again.
 */
class StoppingConnectorTest {

	@TempDir
	private Path folder;

	@Test
	void shouldAnswer503WithRetryAfterWhenTheStopMeetsARequestLine() throws Exception {
		StoppingProtocol protocol = new StoppingProtocol();
		Tomcat tomcat = new Tomcat();
		tomcat.setBaseDir(this.folder.toString());
		Connector connector = new Connector(protocol);
		connector.setPort(0);
		tomcat.setConnector(connector);
		tomcat.addContext("", null);
		((StandardHost) tomcat.getHost()).setErrorReportValveClass(ProblemReportValve.class.getName());
		tomcat.start();
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort())) {
			socket.setSoTimeout(10_000);
			socket.getOutputStream()
				.write("POST /agentassist/callback HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
					.getBytes(StandardCharsets.US_ASCII));
			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

			assertThat(protocol.looks).hasValueGreaterThan(1);
			assertThat(answer).startsWith("HTTP/1.1 503").contains("Retry-After: 5", "application/problem+json");
		}
		finally {
			tomcat.stop();
			tomcat.destroy();
		}
	}

	/** Is found running at the first look, and stopping from then on. */
	private static final class StoppingProtocol extends Http11NioProtocol {

		private final AtomicInteger looks = new AtomicInteger();

		@Override
		public boolean isPaused() {
			return this.looks.getAndIncrement() > 0;
		}

	}

}
