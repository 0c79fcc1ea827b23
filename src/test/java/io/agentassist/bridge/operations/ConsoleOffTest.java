package io.agentassist.bridge.operations;

import java.net.URI;
import java.net.http.HttpRequest;

import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.web.server.LocalManagementPort;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that there is no console where no password is set. */
class ConsoleOffTest extends BridgeTest {

	@LocalManagementPort
	private int managementPort;

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
