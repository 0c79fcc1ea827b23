package io.agentassist.bridge.operations;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;

import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that there is no console where no password is set. */
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = "spring.main.cloud-platform=kubernetes")
class ConsoleOffTest extends BridgeTest {

	@LocalManagementPort
	private int managementPort;

	@Test
	void shouldTakeOrdersForThisHostAndOfNoPageOnly(CapturedOutput log) throws IOException {
		assertThat(erase("127.0.0.1")).startsWith("HTTP/1.1 200");
		assertThat(log).contains("A conversation was erased by someone on this host, 0 requests");
		assertThat(erase("localhost")).startsWith("HTTP/1.1 200");
		assertThat(erase("[::1]")).startsWith("HTTP/1.1 200");
		assertThat(erase("rebound.example")).startsWith("HTTP/1.1 404");
		assertThat(erase("127.0.0.1", "Origin: http://evil.example\r\n")).startsWith("HTTP/1.1 404");
		assertThat(erase("127.0.0.1", "Origin: null\r\n")).startsWith("HTTP/1.1 404");
	}

	/** Each left a session, as a log-in that does not exist might have followed. */
	@Test
	void shouldKeepNoSessionOfWhoeverIsRefused() throws IOException {
		assertThat(erase("rebound.example")).doesNotContain("Set-Cookie");
	}

	/** Spring would, on Kubernetes: everybody could be this host, or, as here, not be. */
	@Test
	void shouldNotBelieveForwardedAddresses() throws IOException {
		assertThat(erase("127.0.0.1", "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Host: elsewhere.example\r\n"))
			.startsWith("HTTP/1.1 200");
	}

	private String erase(String host, String... more) throws IOException {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.managementPort)) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream()
				.write("DELETE /actuator/erasure/conv-1 HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n%s\r\n"
					.formatted(host, this.managementPort, String.join("", more))
					.getBytes(StandardCharsets.US_ASCII));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/actuator/hawtio", "/actuator/hawtio/index.html", "/actuator/hawtio/auth/login",
			"/actuator/jolokia", "/actuator/jolokia/version", "/actuator/jolokia/" })
	void shouldAnswer404InPlaceOfTheConsole(String path) {
		URI uri = URI.create("http://127.0.0.1:" + this.managementPort + path);

		assertThat(send(HttpRequest.newBuilder(uri).build()).statusCode()).isEqualTo(404);
		assertThat(
				send(HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString("{}")).build()).statusCode())
			.isEqualTo(404);
	}

}
