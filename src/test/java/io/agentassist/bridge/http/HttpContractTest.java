package io.agentassist.bridge.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows how HTTP itself is answered: sizes, types, methods, paths. */
@ExtendWith(OutputCaptureExtension.class)
class HttpContractTest extends BridgeTest {

	private static final int LIMIT = 256 * 1024;

	@ParameterizedTest
	@ValueSource(strings = { "/agentassist/suggestions", "/agentassist/callback", "/agentassist/feedback" })
	void shouldAnswer413WhenBodyIsOverTheLimit(String path) {
		HttpResponse<String> answer = post(path, " ".repeat(LIMIT + 1));

		JsonNode problem = assertProblem(answer, 413);
		assertThat(problem.path("detail").asText()).contains("262144");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/agentassist/suggestions", "/agentassist/callback", "/agentassist/feedback" })
	void shouldAnswer413WhenBodyOfUntoldLengthIsOverTheLimit(String path) {
		byte[] body = " ".repeat(LIMIT + 1).getBytes(StandardCharsets.UTF_8);
		HttpRequest chunked = request(path).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
			.build();

		assertProblem(send(chunked), 413);
	}

	@Test
	void shouldTakeBodyOfUntoldLength() {
		byte[] body = suggestionRequest(unique("conv-")).toString().getBytes(StandardCharsets.UTF_8);
		HttpRequest chunked = request("/agentassist/suggestions").header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
			.build();

		assertThat(send(chunked).statusCode()).isEqualTo(202);
	}

	@Test
	void shouldNotTakeARequestsTypeAndEncodingForItsAnswer() {
		assertProblem(post("/agentassist/callback", "no JSON", "Content-Type", "application/json;charset=UTF-16"), 401);
		assertProblem(post("/agentassist/feedback", "{}", "Content-Encoding", "identity"), 400);
	}

	@Test
	void shouldTakeBodyAtTheLimit() {
		String request = suggestionRequest(unique("conv-")).toString();

		assertThat(post("/agentassist/suggestions", request + " ".repeat(LIMIT - request.length())).statusCode())
			.isEqualTo(202);
	}

	@ParameterizedTest
	@CsvSource({ "/agentassist/suggestions,text/plain", "/agentassist/suggestions,application/xml",
			"/agentassist/suggestions,application/x-www-form-urlencoded",
			"/agentassist/suggestions,multipart/form-data", "/agentassist/callback,text/plain",
			"/agentassist/callback,application/x-www-form-urlencoded", "/agentassist/feedback,text/plain",
			"/agentassist/feedback,application/x-www-form-urlencoded" })
	void shouldAnswer415WhenTypeIsNotJson(String path, String type) {
		assertProblem(post(path, "{}", "Content-Type", type), 415);
		assertThat(this.provider.queries()).isEmpty();
	}

	@Test
	void shouldAnswer415WhenTypeIsMissing() {
		HttpRequest untyped = request("/agentassist/suggestions").POST(HttpRequest.BodyPublishers.ofString("{}"))
			.build();

		assertProblem(send(untyped), 415);
	}

	/** Compressed bytes were answered as no JSON. */
	@ParameterizedTest
	@ValueSource(strings = { "/agentassist/suggestions", "/agentassist/callback", "/agentassist/feedback" })
	void shouldAnswer415WhenBodyIsCompressed(String path) {
		HttpResponse<String> answer = post(path, "{}", "Content-Encoding", "identity", "Content-Encoding", "gzip");

		assertThat(assertProblem(answer, 415).path("detail").asText())
			.isEqualTo("The body must be sent without a Content-Encoding.");
		assertThat(answer.headers().firstValue("Accept-Encoding")).hasValue("identity");
	}

	@Test
	void shouldIgnoreTheEncodingOfARequestWithoutABody() {
		HttpRequest request = request("/agentassist/conversations/unknown/suggestions")
			.header("Content-Encoding", "gzip")
			.build();

		assertThat(send(request).statusCode()).isEqualTo(200);
	}

	@Test
	void shouldTakeBodyWithIdentityAsItsEncoding() {
		assertThat(post("/agentassist/suggestions", suggestionRequest(unique("conv-")).toString(), "Content-Encoding",
				"identity")
			.statusCode()).isEqualTo(202);
	}

	@ParameterizedTest
	@CsvSource({ "GET,/agentassist/suggestions,POST", "DELETE,/agentassist/suggestions,POST",
			"PUT,/agentassist/callback,POST", "GET,/agentassist/callback,POST", "GET,/agentassist/feedback,POST",
			"DELETE,/agentassist/suggestions/some-id,GET", "POST,/agentassist/suggestions/some-id,GET",
			"POST,/agentassist/conversations/some-id/suggestions,GET", "DELETE,/openapi.yaml,GET",
			"TRACE,/agentassist/callback,POST", "TRACE,/openapi.yaml,GET" })
	void shouldAnswer405WithAllow(String method, String path, String allowed) {
		HttpRequest request = request(path).header("Content-Type", "application/json")
			.method(method, HttpRequest.BodyPublishers.noBody())
			.build();

		HttpResponse<String> answer = send(request);

		assertProblem(answer, 405);
		assertThat(answer.headers().firstValue("Allow"))
			.hasValueSatisfying((allow) -> assertThat(allow.split(", ?")).contains(allowed).doesNotContain(method));
	}

	@ParameterizedTest
	@ValueSource(strings = { "/agentassist", "/agentassist/", "/agentassist/unknown", "/agentassist/suggestions/a/b",
			"/unknown", "/actuator/health", "/actuator/env", "/error/x", "/sandbox/oauth/token",
			"/config/application.yaml" })
	void shouldAnswer404ForUnknownPath(String path) {
		assertProblem(get(path), 404);
	}

	/** Those are found by Spring, whose own words name what is inside. */
	@ParameterizedTest
	@CsvSource({ "GET,/unknown,application/json,*/*,404,There is nothing at this path.",
			"DELETE,/agentassist/feedback,application/json,*/*,405,This path does not accept DELETE requests.",
			"POST,/agentassist/suggestions/some-id,application/json,*/*,405,This path does not accept POST requests.",
			"POST,/agentassist/feedback,,*/*,415,The body must be sent as application/json.",
			"POST,/agentassist/feedback,text/plain,*/*,415,The body must be sent as application/json.",
			"POST,/agentassist/feedback,none,*/*,415,The header Content-Type cannot be read.",
			"POST,/agentassist/feedback,application/json; charset=none,*/*,415,The header Content-Type cannot be read.",
			"POST,/agentassist/feedback,application/json,text/html,406,"
					+ "'The header Accept allows none of the types that the response may have.'" })
	void shouldSayInASentenceWhatIsWrongWithTheRequest(String method, String path, String type, String accept,
			int status, String sentence) {
		HttpRequest.Builder request = request(path).method(method, HttpRequest.BodyPublishers.ofString("{}"))
			.header("Accept", accept);
		if (type != null) {
			request.header("Content-Type", type);
		}

		assertThat(assertProblem(send(request.build()), status).path("detail").asText()).isEqualTo(sentence);
	}

	/** Spring failed on them while it answered, or logged them. */
	@ParameterizedTest
	@CsvSource({ "GET,/,Content-Type,a/b;charset=,415", "GET,/,Content-Type,'a/b;charset=\"-\"',415",
			"GET,/panel/panel.js,Content-Type,a/b;charset=,415", "GET,/unknown,Accept,garbage,406",
			"PUT,/agentassist/callback,Accept,garbage,406", "GET,/agentassist/suggestions/x,Accept,a/b;q=x,406",
			"POST,/agentassist/callback,Content-Type,a/b;charset=@@,415" })
	void shouldRefuseAMediaTypeThatCannotBeRead(String method, String path, String header, String value, int status,
			CapturedOutput log) {
		HttpResponse<String> answer = send(
				request(path).method(method, HttpRequest.BodyPublishers.noBody()).header(header, value).build());

		assertThat(assertProblem(answer, status).path("detail").asText())
			.isEqualTo("The header " + header + " cannot be read.");
		assertThat(log.getOut()).doesNotContain("Exception", value);
	}

	/** Spring's servlet sends it back. */
	@ParameterizedTest
	@ValueSource(strings = { "/unknown", "/error", "/agentassist/%2e%2e/x" })
	void shouldAnswerTraceOfAnUnknownPathAsAllElse(String path) {
		HttpRequest trace = request(path).method("TRACE", HttpRequest.BodyPublishers.noBody())
			.header("X-Secret", "planted")
			.build();

		HttpResponse<String> answer = send(trace);

		assertProblem(answer, 404);
		assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
		assertThat(answer.body()).doesNotContain("planted");
	}

	/** Each was a warning that said nothing. */
	@Test
	void shouldLogNoWarningsOfWhatStrangersTry(CapturedOutput log) {
		send(request("/agentassist/callback").PUT(HttpRequest.BodyPublishers.noBody()).build());
		assertProblem(get("/agentassist/%2e%2e/x"), 404);
		assertProblem(get("/unknown"), 404);

		assertThat(log.getOut()).doesNotContain("PageNotFound", "ResourceHandler");
	}

	/** It was served, but neither paused nor counted. */
	@ParameterizedTest
	@ValueSource(strings = { "suggestions/", "feedback/", "callback/", "callback/;x=1", "callback/./" })
	void shouldAnswer404ToAPathWithASlashAtItsEnd(String path) {
		HttpResponse<String> answer = post("/agentassist/" + path, "{}");

		assertProblem(answer, 404);
		assertThat(json(answer).path("detail").asText()).isEqualTo("No path of the API ends with a slash.");
	}

	@Test
	void shouldNotSendTheBodyBackFromAnUnknownPath() {
		HttpResponse<String> answer = post("/agentassist/suggestions/a/b", "{\"planted\":1}");

		assertProblem(answer, 404);
		assertThat(answer.body()).doesNotContain("planted");
	}

	@Test
	void shouldServeItsOwnSpecification() throws IOException {
		HttpResponse<String> answer = get("/openapi.yaml");

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/yaml");
		assertThat(answer.body()).isEqualTo(Files.readString(Path.of("config/openapi.yaml")));
		assertNoForeignHeaders(answer);
	}

	@ParameterizedTest
	@CsvSource({ "/agentassist/suggestions/unknown,404", "/agentassist/conversations/unknown/suggestions,200",
			"/openapi.yaml,200" })
	void shouldNotReturnRequestHeaders(String path, int status) {
		HttpResponse<String> answer = send(request(path).header("X-Secret", "planted")
			.header("Cookie", "session=planted")
			.header("Authorization", "Bearer planted")
			.header("Location", "planted")
			.header("Retry-After", "planted")
			.header("Allow", "planted")
			.header("Idempotent-Replayed", "planted")
			.header("WWW-Authenticate", "planted")
			.header("CamelHttpResponseCode", "299")
			.build());

		assertThat(answer.statusCode()).isEqualTo(status);
		assertThat(answer.headers().map().toString()).doesNotContain("planted");
		assertThat(answer.body()).doesNotContain("planted");
	}

	@ParameterizedTest
	@CsvSource({ "/agentassist/suggestions,400", "/agentassist/callback,401", "/agentassist/feedback,400" })
	void shouldNotReturnRequestHeadersWithAnError(String path, int status) {
		HttpResponse<String> answer = post(path, "{", "X-Secret", "planted", "Retry-After", "planted", "Location",
				"planted", "Idempotent-Replayed", "planted", "Allow", "planted");

		assertThat(answer.statusCode()).isEqualTo(status);
		assertThat(answer.headers().map().toString()).doesNotContain("planted");
	}

	/** Camel made one byte of it. */
	@Test
	void shouldWriteANumberAsText() throws Exception {
		addProbe("/number", (exchange) -> exchange.getMessage().setBody(200));

		assertThat(get("/number").body()).isEqualTo("200");
	}

	/** As where a site takes the last step out of a route. */
	@Test
	void shouldAnswer500WhereARouteLeavesWhatCannotBeWritten(CapturedOutput log) throws Exception {
		addProbe("/unwritable", (exchange) -> {
			exchange.getMessage().setHeader("Location", "/elsewhere");
			exchange.getMessage().setBody(new Object());
		});

		HttpResponse<String> answer = get("/unwritable");

		assertProblem(answer, 500);
		assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
		assertThat(log.getOut()).contains(
				"ConverterNotFoundException: No converter found capable of converting from type [java.lang.Object]");
	}

	@Test
	void shouldNotTakeHeadersFromTheQuery() {
		String id = queue(unique("conv-"));

		HttpResponse<String> found = get("/agentassist/suggestions/" + id
				+ "?request_id=another&Location=planted&Retry-After=planted&CamelHttpResponseCode=299");
		HttpResponse<String> queued = post("/agentassist/suggestions?Retry-After=planted&Idempotent-Replayed=planted",
				suggestionRequest(unique("conv-")).toString());

		assertThat(found.statusCode()).isEqualTo(200);
		assertThat(json(found).path("request_id").asText()).isEqualTo(id);
		assertThat(found.headers().map().toString()).doesNotContain("planted");
		assertThat(queued.statusCode()).isEqualTo(202);
		assertThat(queued.headers().map().toString()).doesNotContain("planted");
	}

	@Test
	void shouldNotReturnRequestHeadersWithAnAcceptedMessage() {
		String conversation = unique("conv-");
		HttpResponse<String> queued = post("/agentassist/suggestions", suggestionRequest(conversation).toString(),
				"Retry-After", "planted", "Idempotent-Replayed", "planted");
		String id = json(queued).path("request_id").asText();
		byte[] callback = completed(id, suggestion("sug-" + conversation, 0.5)).toString()
			.getBytes(StandardCharsets.UTF_8);
		HttpResponse<String> processed = send(postRequest("/agentassist/callback", callback, "X-Hub-Signature-256",
				signature(callback, CALLBACK_SECRET), "Retry-After", "planted", "Idempotent-Replayed", "planted",
				"Location", "planted"));

		assertThat(queued.headers().map().toString()).doesNotContain("planted");
		assertThat(processed.statusCode()).isEqualTo(200);
		assertThat(processed.headers().map().toString()).doesNotContain("planted");
	}

}
