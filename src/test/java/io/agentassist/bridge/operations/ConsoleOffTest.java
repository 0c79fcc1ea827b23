package io.agentassist.bridge.operations;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;

import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.web.server.LocalManagementPort;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that there is no console where no password is set. */
class ConsoleOffTest extends BridgeTest {

	@LocalManagementPort
	private int managementPort;

	@Test
	void shouldTakeOrdersForThisHostOnly() throws IOException {
		assertThat(erase("127.0.0.1")).startsWith("HTTP/1.1 200");
		assertThat(erase("localhost")).startsWith("HTTP/1.1 200");
		assertThat(erase("[::1]")).startsWith("HTTP/1.1 200");
		assertThat(erase("rebound.example")).startsWith("HTTP/1.1 404");
	}

	private String erase(String host) throws IOException {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.managementPort)) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream()
				.write("DELETE /actuator/erasure/conv-1 HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n"
					.formatted(host, this.managementPort)
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
