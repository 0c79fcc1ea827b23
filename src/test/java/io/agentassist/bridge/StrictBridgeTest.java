package io.agentassist.bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

import com.fasterxml.jackson.databind.JsonNode;

import org.junit.jupiter.api.BeforeEach;

import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A second application, set up as strictly as a site may: API keys, eight queries at
 * once, a breaker that opens early, feedback that fades, no analytics.
 */
@TestPropertySource(properties = { "agentassist.api.auth=api-key",
		"agentassist.ranking.feedback-model=decayed-posterior-mean",
		"agentassist.api.keys=first-key , " + StrictBridgeTest.API_KEY, "test.analytics=false",
		"agentassist.http.body-timeout=1s", "agentassist.genesys.max-concurrent-queries=8",
		"agentassist.genesys.deadline=5s", "agentassist.suggestions.max-construction-latency=2s",
		"agentassist.operator.password=" + StrictBridgeTest.OPERATOR_PASSWORD,
		"agentassist.viewer.password=" + StrictBridgeTest.VIEWER_PASSWORD, "agentassist.genesys.breaker.window=4",
		"agentassist.genesys.breaker.minimum-calls=4", "agentassist.genesys.breaker.open-time=2s" })
public abstract class StrictBridgeTest extends BridgeTest {

	/** Of the log-in that acts. */
	protected static final String OPERATOR_PASSWORD = "operator-password-of-the-tests";

	/** Of the log-in that looks. */
	protected static final String VIEWER_PASSWORD = "viewer-password-of-the-tests";

	/** Opens the API. */
	protected static final String API_KEY = "second-key";

	/**
	 * Further keys; empty unless a test writes some. Of this process: others run tests
	 * beside it.
	 */
	private static final Path KEYS_FILE = Path.of("target/api-keys-of-" + ProcessHandle.current().pid() + ".yaml");

	static {
		KEYS_FILE.toFile().deleteOnExit();
		writeKeys("");
	}

	@DynamicPropertySource
	static void keysFile(DynamicPropertyRegistry properties) {
		properties.add("agentassist.api.keys-file", KEYS_FILE::toString);
	}

	/** Replaces the file of keys as an operator does. */
	protected static void writeKeys(String yaml) {
		try {
			Path other = Files.writeString(Path.of(KEYS_FILE + ".new"), yaml);
			Files.move(other, KEYS_FILE, StandardCopyOption.ATOMIC_MOVE);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	protected HttpResponse<String> ask(JsonNode request) {
		return post("/agentassist/suggestions", request.toString(), "X-API-Key", API_KEY);
	}

	/** Another test may have left the breaker open. */
	@BeforeEach
	protected void awaitClosedBreaker() {
		eventually(() -> assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202));
		WORLD.resetRequests();
	}

	protected HttpResponse<String> getWithKey(String path) {
		return send(request(path).header("X-API-Key", API_KEY).build());
	}

	protected java.util.concurrent.CompletableFuture<HttpResponse<String>> askAsync(JsonNode request) {
		return sendAsync(postRequest("/agentassist/suggestions", request.toString().getBytes(StandardCharsets.UTF_8),
				"X-API-Key", API_KEY));
	}

}
