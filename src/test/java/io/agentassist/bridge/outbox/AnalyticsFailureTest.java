package io.agentassist.bridge.outbox;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;

/** Shows that no answer of the analytics endpoint stops the delivery to it. */
@ExtendWith(OutputCaptureExtension.class)
class AnalyticsFailureTest extends BridgeTest {

	@Autowired
	private ProducerTemplate routes;

	/** All delivery waited for its end, however long that took. */
	@Test
	void shouldCutAnAnswerThatTricklesAndDeliverTheOthers(CapturedOutput log) {
		String trickling = queue(unique("conv-"));
		// A piece each second: no single read times out.
		this.provider.stub(analytics(trickling).willReturn(answer(202, "{}").withChunkedDribbleDelay(60, 60_000)));
		callBack(completed(trickling));
		eventually(() -> assertThat(this.provider.analyticsEventsOf(trickling)).isNotEmpty());
		String other = queue(unique("conv-"));
		callBack(completed(other));

		eventually(() -> assertThat(this.provider.analyticsEventsOf(other)).hasSize(1));

		assertThat(log.getOut())
			.containsPattern("Analytics does not accept events, retrying \\S+ later: SocketTimeoutException");
		this.provider.stub(analytics(trickling).willReturn(answer(202, "{}")));
		assertThat(settledActions(trickling)).containsExactly("presented");
	}

	/**
	 * Camel decompressed them: without a body it failed, and the event was posted again.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "", "{}" })
	void shouldTakeAnAnswerThatSaysItIsCompressed(String body) {
		String id = queue(unique("conv-"));
		this.provider.stub(analytics(id).willReturn(answer(202, body).withHeader("Content-Encoding", "gzip")));
		callBack(completed(id));

		assertThat(settledActions(id)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(1);
	}

	/** Camel copies a whole answer into memory. */
	@Test
	void shouldNotReadOnInAnAnswerThatDoesNotEnd() throws IOException {
		ExecutorService threads = Executors.newSingleThreadExecutor();
		HttpServer endless = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		endless.setExecutor(threads);
		endless.createContext("/", AnalyticsFailureTest::answerWithoutEnd);
		endless.start();
		try {
			String uri = "http://127.0.0.1:" + endless.getAddress().getPort()
					+ "/?httpMethod=POST&httpClientConfigurer=%23analyticsHttp";

			Exchange[] answered = new Exchange[1];
			Duration took = timed(() -> answered[0] = this.routes.request(uri, (event) -> event.getIn().setBody("{}")));

			assertThat(answered[0].getException()).isNull();
			assertThat(answered[0].getMessage().getBody(byte[].class)).hasSize(4 * 1024 * 1024);
			assertThat(took).isLessThan(Duration.ofSeconds(4));
		}
		finally {
			endless.stop(0);
			threads.shutdownNow();
		}
	}

	private static void answerWithoutEnd(HttpExchange exchange) throws IOException {
		byte[] piece = new byte[64 * 1024];
		exchange.sendResponseHeaders(200, 0);
		try (OutputStream body = exchange.getResponseBody()) {
			while (!Thread.interrupted()) {
				body.write(piece);
			}
		}
	}

}
