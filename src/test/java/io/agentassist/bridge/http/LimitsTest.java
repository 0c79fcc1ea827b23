package io.agentassist.bridge.http;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.StrictBridgeTest;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Shows each limit on what comes in, with its status and its count. */
@ExtendWith(OutputCaptureExtension.class)
class LimitsTest extends StrictBridgeTest {

	@Autowired
	private MeterRegistry meters;

	private void assertCounted(String reason, Runnable requests) {
		double before = this.meters.counter("agentassist.http.rejected", "reason", reason).count();
		requests.run();
		eventually(() -> assertThat(this.meters.counter("agentassist.http.rejected", "reason", reason).count())
			.isEqualTo(before + 1));
	}

	private HttpResponse<String> ask(String body, String... headers) {
		String[] all = Arrays.copyOf(headers, headers.length + 2);
		all[headers.length] = "X-API-Key";
		all[headers.length + 1] = API_KEY;
		return post("/agentassist/suggestions", body, all);
	}

	@ParameterizedTest
	@CsvSource({ "nested,50", "name,1000", "number,100", "array,19950" })
	void shouldAnswer400BeyondTheLimitsOfJson(String what, int limit) {
		ObjectNode request = suggestionRequest(unique("conv-"));

		assertThat(ask(withExtra(request, what, limit - 10)).statusCode()).isEqualTo(202);
		assertCounted("invalid",
				() -> assertThat(assertProblem(ask(withExtra(request, what, limit + 60)), 400).path("detail").asText())
					.startsWith("The JSON is nested too deeply,"));
		assertCounted("invalid", () -> {
			HttpResponse<String> callback = callBack(withExtra(completed("x"), what, limit + 60));
			assertThat(callback.statusCode()).isEqualTo(400);
			assertThat(callback.body()).isEqualTo("{\"error\":\"Invalid JSON payload\"}");
		});
	}

	@Test
	void shouldTellALimitFromAWrongTypeWithinAField() {
		String body = "{\"knowledge_source_ids\":[" + "\"k\",".repeat(21_000) + "\"k\"]}";

		assertThat(assertProblem(ask(body), 400).path("detail").asText()).startsWith("The JSON is nested too deeply,");
	}

	private static String withExtra(ObjectNode object, String what, int size) {
		String extra = switch (what) {
			case "nested" -> "\"x\":" + "[".repeat(size) + "]".repeat(size);
			case "name" -> "\"" + "x".repeat(size) + "\":1";
			case "number" -> "\"x\":" + "9".repeat(size);
			default -> "\"x\":[1" + ",1".repeat(size - 1) + "]";
		};
		return "{" + extra + "," + object.toString().substring(1);
	}

	@Test
	void shouldAnswer413And415AndCount() {
		assertCounted("body", () -> assertProblem(ask(" ".repeat(300_000)), 413));
		assertCounted("type", () -> assertProblem(ask("{}", "Content-Type", "text/plain"), 415));
		assertCounted("unauthenticated", () -> assertProblem(post("/agentassist/suggestions", "{}"), 401));
		assertCounted("method", () -> assertProblem(getWithKey("/agentassist/feedback"), 405));
		assertCounted("unknown", () -> assertProblem(getWithKey("/agentassist/suggestions/unknown"), 404));
		assertCounted("accept", () -> assertProblem(ask("{}", "Accept", "text/html"), 406));
	}

	/** They left no trace, as if the provider had sent none. */
	@Test
	void shouldLogAndCountCallbacksOfAWrongType(CapturedOutput log) {
		double before = this.meters.counter("agentassist.callbacks", "outcome", "invalid").count();

		assertCounted("type", () -> assertProblem(
				post("/agentassist/callback", "{}", "Content-Type", "application/vnd.x+xml;note=secret"), 415));

		assertThat(log.getOut())
			.contains("POST /agentassist/callback answered 415: the body's Content-Type is application/vnd.x+xml")
			.doesNotContain("note=secret");
		assertThat(this.meters.counter("agentassist.callbacks", "outcome", "invalid").count()).isEqualTo(before + 1);
	}

	/** A stack trace for each: the rest of the body was read all the same. */
	@Test
	void shouldNotLogHeadersThatAreTooLargeAndABodyBehindThem(CapturedOutput log) {
		assertCounted("headers",
				() -> assertThat(exchange("POST /agentassist/callback HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\nX: "
						+ "x".repeat(9000) + "\r\n\r\n{"))
					.startsWith("HTTP/1.1 431"));

		assertThat(log.getOut()).doesNotContain("Http11Processor", "\tat ");
	}

	@Test
	void shouldAskForNoBodyThatItRefuses() {
		String head = String.join("\r\n", "POST /agentassist/suggestions HTTP/1.1", "Host: a",
				"Content-Type: application/json", "Expect: 100-continue", "Content-Length: 10", "", "");

		assertThat(exchange(head)).startsWith("HTTP/1.1 401");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "/agentassist/suggestions/%s", "/agentassist/suggestions/x?%s", "/%s", "/openapi.yaml?%s" })
	void shouldAnswer414ForALongPathOrQuery(String path) {
		assertCounted("path", () -> assertProblem(get(path.formatted("x".repeat(4100))), 414));
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET /agentassist/suggestions/%zz HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET /agentassist/suggestions/%00 HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/7\r\nHost: a\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cow\r\n\r\n" })
	void shouldAnswer400WithAProblemWhereTomcatRefuses(String request) {
		assertCounted("malformed", () -> {
			String answer = exchange(request);
			assertThat(answer).startsWith("HTTP/1.1 400")
				.contains("Content-Type: application/problem+json", "Cache-Control: no-store")
				.endsWith("""
						{"type":"about:blank","title":"Bad Request","status":400,\
						"detail":"The request line, the path or the headers cannot be read."}""")
				.doesNotContainIgnoringCase("tomcat", "<html");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "many headers", "large header", "large headers" })
	void shouldAnswer431BeyondTheLimitsOfHeaders(String what) {
		String headers = switch (what) {
			case "many headers" -> "X: 1\r\n".repeat(101);
			case "large header" -> "X: " + "x".repeat(9000) + "\r\n";
			default -> ("X: " + "x".repeat(900) + "\r\n").repeat(10);
		};

		assertCounted("headers", () -> {
			String answer = exchange("GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
			assertThat(answer).startsWith("HTTP/1.1 431")
				.contains("Content-Type: application/problem+json", "Cache-Control: no-store")
				.endsWith("""
						"title":"Request Header Fields Too Large","status":431,\
						"detail":"There are too many headers, or they are too large."}""");
		});
	}

	@Test
	void shouldAnswer414ForARequestLineLongerThanAllHeaders() {
		assertCounted("path",
				() -> assertThat(exchange("GET /" + "x".repeat(9000) + " HTTP/1.1\r\nHost: a\r\n\r\n"))
					.startsWith("HTTP/1.1 414")
					.contains("application/problem+json"));
	}

	private String exchange(String bytes) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri("/").getPort())) {
			socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
			socket.setSoTimeout(15_000);
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "Content-Length: 200000", "Transfer-Encoding: chunked" })
	void shouldCutOffABodyThatTrickles(String framing) {
		assertCounted("slow", () -> {
			StringBuilder answer = new StringBuilder();
			Duration took = timed(
					() -> answer
						.append(trickle(
								"POST /agentassist/callback HTTP/1.1\r\nHost: a\r\n"
										+ "Content-Type: application/json\r\n" + framing + "\r\n\r\n",
								framing.startsWith("T") ? "1\r\n \r\n" : " ")));
			assertThat(answer.toString()).startsWith("HTTP/1.1 408").contains("application/problem+json", "within 1 s");
			assertThat(took).isBetween(Duration.ofMillis(900), Duration.ofSeconds(6));
		});
	}

	/** The log told of a 400. */
	@Test
	void shouldLogABodyThatStallsAsItIsAnswered(CapturedOutput log) {
		assertCounted("slow",
				() -> assertThat(exchange("POST /agentassist/callback HTTP/1.1\r\nHost: a\r\n"
						+ "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"))
					.startsWith("HTTP/1.1 408")
					.contains("application/problem+json", "\"detail\":\"The body stopped arriving.\""));

		assertThat(log.getOut()).contains("POST /agentassist/callback answered 408: The body stopped arriving.")
			.doesNotContain("answered 400");
	}

	/** The thread read on for as long as anything came, days if need be. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "POST /agentassist/feedback|401", "POST /unknown|404",
			"PUT /agentassist/callback|405", "POST /agentassist/callback|408" })
	void shouldNotReadOnInABodyThatIsRefused(String request, int status) throws IOException {
		for (String framing : List.of("Content-Length: 200000", "Transfer-Encoding: chunked")) {
			try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri("/").getPort())) {
				socket.setSoTimeout(50);
				send(socket,
						request + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + framing + "\r\n\r\n");
				StringBuilder answer = new StringBuilder();

				// The limit is 1 s.
				await().atMost(Duration.ofSeconds(10))
					.pollInterval(Duration.ofMillis(50))
					.until(() -> isClosedAfter(socket, framing.startsWith("T") ? "1\r\n \r\n" : " ", answer));

				assertThat(answer.toString()).startsWith("HTTP/1.1 " + status);
			}
		}
	}

	@Test
	void shouldKeepAConnectionWhoseRefusedBodyHasArrived() {
		String refused = "POST /agentassist/feedback HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
				+ "Content-Length: 2\r\n%s\r\n{}";

		assertThat(exchange(refused.formatted("") + refused.formatted("Connection: close\r\n")).split("HTTP/1.1 401"))
			.hasSize(3);
	}

	private static boolean isClosedAfter(Socket socket, String drop, StringBuilder answer) throws IOException {
		try {
			send(socket, drop);
			int read = socket.getInputStream().read();
			if (read >= 0) {
				answer.append((char) read);
				byte[] rest = new byte[4096];
				answer.append(new String(rest, 0, Math.max(0, socket.getInputStream().read(rest)),
						StandardCharsets.ISO_8859_1));
			}
			return read < 0;
		}
		catch (SocketTimeoutException ex) {
			return false;
		}
		catch (SocketException ex) {
			return true;
		}
	}

	private static void send(Socket socket, String text) throws IOException {
		socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
	}

	/** Tomcat parsed these in one read, without a limit. */
	@ParameterizedTest
	@ValueSource(strings = { "1;", "1\r\n \r\n0\r\nX-A: " })
	void shouldCutOffAnExtensionOrATrailerThatTrickles(String beginning) {
		String answer = trickle("POST /agentassist/callback HTTP/1.1\r\nHost: a\r\n"
				+ "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + beginning, "a");

		assertThat(answer).startsWith("HTTP/1.1 400");
	}

	/** Sends the same few bytes again and again, until there is an answer. */
	private String trickle(String head, String drop) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri("/").getPort())) {
			socket.setSoTimeout(50);
			OutputStream out = socket.getOutputStream();
			out.write(head.getBytes(StandardCharsets.ISO_8859_1));
			byte[] answer = new byte[4096];
			for (int i = 0; i < 200; i++) {
				try {
					out.write(drop.getBytes(StandardCharsets.ISO_8859_1));
					int read = socket.getInputStream().read(answer);
					return (read > 0) ? new String(answer, 0, read, StandardCharsets.ISO_8859_1) : "";
				}
				catch (SocketTimeoutException ex) {
					// None yet.
				}
				catch (SocketException ex) {
					return "";
				}
			}
			return "";
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/openapi.yaml", "/agentassist/suggestions/unknown", "/agentassist/feedback", "/unknown",
			"/agentassist/callback" })
	void shouldSendHeadersThatKeepBrowsersAndCachesFromHarm(String path) {
		for (HttpResponse<String> answer : List.of(get(path), getWithKey(path))) {
			assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-store");
			assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
			assertThat(answer.headers().allValues("Content-Security-Policy"))
				.containsExactly("default-src 'none'; frame-ancestors 'none'");
			assertThat(answer.headers().map().keySet()).doesNotContain("server", "x-powered-by", "set-cookie");
		}
	}

}
