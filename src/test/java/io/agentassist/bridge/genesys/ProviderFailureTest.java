package io.agentassist.bridge.genesys;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static io.agentassist.bridge.StubbedProvider.answer;
import static io.agentassist.bridge.StubbedProvider.queued;
import static io.agentassist.bridge.StubbedProvider.refusal;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows what a desktop gets, and what the provider gets again, when the provider fails.
 */
@ExtendWith(OutputCaptureExtension.class)
class ProviderFailureTest extends BridgeTest {

	private static final String SCENARIO = "provider";

	/** So that no test sees another's token, back-off or Retry-After. */
	@AfterEach
	void recover() {
		withoutToken();
		this.provider.issues(StubbedProvider.TOKEN);
		eventually(() -> assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202));
	}

	@Test
	void shouldTryAgainAfterAShortRetryAfter() {
		String conversation = unique("conv-");
		first(refusal(429, "too.many.requests.retry.after").withHeader("Retry-After", "1"), queued());

		Duration took = timed(() -> queue(conversation));

		assertThat(took).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
		assertThat(this.provider.queriesOf(conversation)).hasSize(2);
		assertThat(this.provider.queries().get(1).getBodyAsString())
			.isEqualTo(this.provider.queries().get(0).getBodyAsString());
	}

	@ParameterizedTest
	@ValueSource(ints = { 429, 502, 503, 504 })
	void shouldTryAgainWhenTheFailureMayPass(int status) {
		String conversation = unique("conv-");
		first(refusal(status, "temporary"), queued());

		queue(conversation);

		assertThat(this.provider.queriesOf(conversation)).hasSize(2);
	}

	@ParameterizedTest
	@ValueSource(ints = { 502, 503, 504 })
	void shouldAnswer502WhenTheFailureDoesNotPass(int status) {
		this.provider.answers(refusal(status, "still.down"));

		JsonNode problem = assertProblem(ask(suggestionRequest(unique("conv-"))), 502);

		assertProviderNamed(problem, status, "still.down");
		assertThat(this.provider.queries()).hasSize(3);
	}

	@Test
	void shouldNotTryAgainWhenItShouldWaitPastTheDeadline() {
		this.provider.answers(refusal(503, "down.for.long").withHeader("Retry-After", "300"));

		assertProviderNamed(assertProblem(ask(suggestionRequest(unique("conv-"))), 502), 503, "down.for.long");

		assertThat(this.provider.queries()).hasSize(1);
	}

	@Test
	void shouldAnswer429WithRetryAfterWhenTheLimitDoesNotPass() {
		this.provider.answers(refusal(429, "limited"));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		assertProblem(answer, 429);
		assertThat(answer.headers().allValues("Retry-After")).hasSize(1);
		assertThat(this.provider.queries()).hasSize(3);
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 403, 404, 409, 413, 422, 500, 501, 302 })
	void shouldAnswer502AtOnceWhenAnotherAttemptIsNoUse(int status) {
		this.provider.answers(refusal(status, "refused").withHeader("Location", "/elsewhere"));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		assertProviderNamed(assertProblem(answer, 502), status, "refused");
		assertThat(answer.headers().firstValue("Location")).isEmpty();
		assertThat(this.provider.queries()).hasSize(1);
	}

	/** The provider's own words, and nothing secret. */
	private static void assertProviderNamed(JsonNode problem, int status, String code) {
		ObjectNode expected = JSON.createObjectNode();
		expected.put("status", status).put("code", code).put("message", "Message of " + code);
		expected.put("context_id", "context-1").put("correlation_id", "correlation-1");
		assertThat(problem.path("provider")).isEqualTo(expected);
		assertThat(problem.path("detail").asText()).isNotEmpty();
		assertThat(problem.toString()).doesNotContain(StubbedProvider.TOKEN, StubbedProvider.CLIENT_SECRET,
				StubbedProvider.CLIENT_ID, "upstream-only");
	}

	/** Base delay 50 ms, a quarter of jitter. */
	@Test
	void shouldDoubleTheWaitWithEachAttempt(CapturedOutput output) {
		this.provider.answers(refusal(503, "doubled"));

		ask(suggestionRequest(unique("conv-")));

		assertThat(waitAfterAttempt(1, output)).isBetween(37, 63);
		assertThat(waitAfterAttempt(2, output)).isBetween(75, 125);
		assertThat(output.getAll()).doesNotContain("Attempt 3");
	}

	private static int waitAfterAttempt(int attempt, CapturedOutput output) {
		Matcher line = Pattern.compile("Attempt " + attempt + " of .* the next one is in (\\d+) ms: .*doubled")
			.matcher(output.getAll());
		assertThat(line.find()).as(output.getAll()).isTrue();
		return Integer.parseInt(line.group(1));
	}

	@Test
	void shouldLogEachAttemptAndWhatTheProviderSaidButNotTheTranscript(CapturedOutput output) {
		String message = "No room for 'My dog Rex ate i' in dogRex, try later";
		first(refusal(503, "no.room", message), refusal(400, "bad.transcript", message));

		String conversation = unique("conv-");
		JsonNode problem = assertProblem(
				ask(suggestionRequest(conversation).put("transcript", "My dog Rex ate it all")), 502);

		assertThat(problem.path("provider").path("message").asText()).isEqualTo(message);
		String said = "contextId context-1, ININ-Correlation-Id correlation-1, message: "
				+ "No room for '*** *** *** *** ***' in ***, try later";
		assertThat(output.getAll())
			.containsPattern("INFO .* Attempt 1 of conversation " + conversation
					+ " for organisation 'default' failed, the next one is in \\d+ ms: "
					+ Pattern.quote("HTTP 503, code no.room, " + said))
			.contains("request-suggestions, conversation " + conversation + ", answered 502",
					"HTTP 400, code bad.transcript, " + said)
			.doesNotContainPattern("Attempt .*bad\\.transcript")
			.doesNotContain("Rex");
	}

	/**
	 * Gateways have words where the provider has a code, and quote in them what they were
	 * sent.
	 */
	@Test
	void shouldTakeWordsForTheMessageWhereTheCodeIsExpected(CapturedOutput output) {
		String words = "Bad request: transcript 'My dog Rex ate it all'";
		this.provider.answers(answer(400, "{\"error\":\"" + words + "\",\"contextId\":\"of Rex\"}"));

		JsonNode problem = assertProblem(
				ask(suggestionRequest(unique("conv-")).put("transcript", "My dog Rex ate it all")), 502);

		assertThat(problem.path("provider"))
			.isEqualTo(JSON.createObjectNode().put("status", 400).put("message", words));
		assertThat(problem.path("detail").asText()).isEqualTo("The provider answered 400.");
		assertThat(output.getAll()).contains("HTTP 400, message: Bad request: transcript '*** ***")
			.doesNotContain("Rex");
	}

	@Test
	void shouldTakeNullForNothingSaid() {
		this.provider
			.answers(answer(400, "{\"code\":null,\"error\":\"invalid_request\",\"message\":null,\"contextId\":null}"));

		JsonNode problem = assertProblem(ask(suggestionRequest(unique("conv-"))), 502);

		assertThat(problem.path("provider"))
			.isEqualTo(JSON.createObjectNode().put("status", 400).put("code", "invalid_request"));
	}

	@ParameterizedTest
	@ValueSource(strings = { StubbedProvider.CLIENT_ID, StubbedProvider.TOKEN,
			StubbedProvider.CLIENT_ID + ":" + StubbedProvider.CLIENT_SECRET })
	void shouldHideCredentialsWhereACodeIsExpected(String credential, CapturedOutput output) {
		this.provider.answers(answer(400, "{\"error\":\"" + credential + "\",\"contextId\":\"" + credential + "\"}"));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		assertThat(assertProblem(answer, 502).path("provider").has("context_id")).isFalse();
		assertThat(answer.body() + output).doesNotContain(StubbedProvider.CLIENT_ID, StubbedProvider.TOKEN,
				StubbedProvider.CLIENT_SECRET);
	}

	@Test
	void shouldPassOnTheBeginningOfALongMessage(CapturedOutput output) {
		this.provider.answers(refusal(400, "too.long", "x y ".repeat(100_000)));

		JsonNode problem = assertProblem(ask(suggestionRequest(unique("conv-"))), 502);

		assertThat(problem.path("provider").path("message").asText()).startsWith("x y x y").hasSizeLessThan(600);
		assertThat(output.getAll().lines()).allMatch((line) -> line.length() < 2000);
	}

	/** Gateways quote what they were sent. */
	@Test
	void shouldHideCredentialsThatTheProviderQuotes(CapturedOutput output) {
		this.provider.answers(refusal(400, "bad.header",
				"Cannot handle Authorization: Bearer swordfish-1.a/b+c==, 'basic swordfish-2' of "
						+ StubbedProvider.CLIENT_ID + ":" + StubbedProvider.CLIENT_SECRET + ", "
						+ StubbedProvider.TOKEN));

		JsonNode problem = assertProblem(ask(suggestionRequest(unique("conv-"))), 502);

		assertThat(problem.path("provider").path("message").asText())
			.isEqualTo("Cannot handle Authorization: Bearer ***, 'basic ***' of ***:***, ***");
		assertThat(output.getAll()).contains("code bad.header")
			.doesNotContain("swordfish", StubbedProvider.CLIENT_ID, StubbedProvider.CLIENT_SECRET,
					StubbedProvider.TOKEN);
	}

	@ParameterizedTest
	@ValueSource(strings = { StubbedProvider.TOKEN, "My dog Rex", "Rex" })
	void shouldNotPassOnACorrelationIdThatQuotesTheQuery(String quote, CapturedOutput output) {
		this.provider.answers(answer(400, "{\"code\":\"bad.header\"}").withHeader("ININ-Correlation-Id", quote));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")).put("transcript", "My dog Rex ate it"));

		assertThat(assertProblem(answer, 502).path("provider"))
			.isEqualTo(JSON.createObjectNode().put("status", 400).put("code", "bad.header"));
		assertThat(output.getAll()).contains("HTTP 400, code bad.header").doesNotContain(quote);
	}

	@Test
	void shouldTellWhatCameInsteadOfAnAnswer() {
		this.provider.answers(answer(200, "<html/>").withHeader("Content-Type", "text/html; charset=x"));

		JsonNode problem = assertProblem(ask(suggestionRequest(unique("conv-"))), 502);

		assertThat(problem.path("provider").path("message").asText())
			.isEqualTo("The answer is not a JSON object, but 7 bytes of text/html.");
	}

	/** All attempts came within milliseconds. */
	@ParameterizedTest
	@ValueSource(strings = { "0", "Sun, 06 Nov 1994 08:49:37 GMT" })
	void shouldWaitWhereRetryAfterIsOver(String retryAfter, CapturedOutput output) {
		this.provider.answers(refusal(429, "doubled").withHeader("Retry-After", retryAfter));

		ask(suggestionRequest(unique("conv-")));

		assertThat(waitAfterAttempt(1, output)).isBetween(37, 63);
		assertThat(waitAfterAttempt(2, output)).isBetween(75, 125);
	}

	static Stream<ResponseDefinitionBuilder> unusableAnswers() {
		return Stream.of(answer(202, "{\"status\":\"queued\"}"), answer(202, "{\"id\":null,\"status\":\"queued\"}"),
				answer(202, "{\"id\":\"\",\"status\":\"queued\"}"), answer(202, "{\"id\":\" \",\"status\":\"queued\"}"),
				answer(202, "{\"id\":\"a\\u0000b\",\"status\":\"queued\"}"),
				answer(202, "{\"id\":\"" + "x".repeat(201) + "\",\"status\":\"queued\"}"), answer(202, ""),
				answer(204, ""), answer(202, "null"), answer(202, "[]"), answer(202, "42"), answer(202, "<html/>"),
				answer(202, "{\"id\":"), answer(202, "{\"id\":{\"a\":1},\"status\":\"queued\"}"),
				answer(200, "{\"id\":\"@\",\"status\":\"completed\",\"suggestions\":\"none\"}"),
				answer(200, "{\"id\":\"@\",\"status\":\"completed\",\"suggestions\":[1]}"),
				answer(200, "{\"id\":\"@\",\"status\":\"failed\"}"),
				aResponse().withStatus(202).withBody(new byte[] { '{', '"', 'i', 'd', '"', ':', '"', -1, '"', '}' }));
	}

	@ParameterizedTest
	@MethodSource("unusableAnswers")
	void shouldAnswer502WhenTheAnswerIsUnusable(ResponseDefinitionBuilder unusable) {
		this.provider.answers(unusable);

		JsonNode problem = assertProblem(ask(suggestionRequest(unique("conv-"))), 502);

		assertThat(problem.path("provider").path("code").asText()).isEqualTo("unusable.answer");
		// The provider may have taken it.
		assertThat(this.provider.queries()).hasSize(1);
	}

	@Test
	void shouldAnswer502WhenTheProviderGivesAnIdAgain() {
		String conversation = unique("conv-");
		String id = queue(conversation);

		assertProblem(ask(suggestionRequest(conversation)), 502);

		assertThat(lookUp(id).path("status").asText()).isEqualTo("queued");
		assertThat(json(get("/agentassist/conversations/" + conversation + "/suggestions"))).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 401, 403 })
	void shouldAnswer502WithoutRetryWhenTheCredentialsAreRefused(int status) {
		this.provider.answers(refusal(401, "bad.credentials"));
		this.provider.stub(StubbedProvider.token()
			.willReturn(answer(status, "{\"error\":\"invalid_client\",\"error_description\":\"client not found\"}")
				.withHeader("ININ-Correlation-Id", "correlation-2")));

		// The first query has the old token, then a new one is asked for.
		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		JsonNode problem = assertProblem(answer, 502);
		assertThat(problem.path("provider").path("code").asText()).isEqualTo("invalid_client");
		assertThat(problem.path("provider").path("correlation_id").asText()).isEqualTo("correlation-2");
		assertThat(answer.body()).doesNotContain(StubbedProvider.CLIENT_SECRET, StubbedProvider.CLIENT_ID);
		assertThat(this.provider.tokenRequests()).hasSize(1);
		assertThat(this.provider.queries()).hasSizeLessThanOrEqualTo(1);
	}

	static Stream<ResponseDefinitionBuilder> unusableTokens() {
		return Stream.of(answer(200, "{}"), answer(200, "<html/>"), answer(200, ""), answer(204, ""),
				answer(200, "{\"access_token\":\"\",\"expires_in\":86400}"),
				answer(200, "{\"access_token\":null,\"expires_in\":86400}"),
				answer(200, "{\"access_token\":\"x\",\"expires_in\":0}"), answer(200, "[]"), answer(200, "null"));
	}

	@ParameterizedTest
	@MethodSource("unusableTokens")
	void shouldAnswer502WhenTheTokenAnswerIsUnusable(ResponseDefinitionBuilder unusable) {
		this.provider.answers(refusal(401, "bad.credentials"));
		this.provider.stub(StubbedProvider.token().willReturn(unusable));

		assertProblem(ask(suggestionRequest(unique("conv-"))), 502);
	}

	@Test
	void shouldFetchANewTokenOnceWhenTheProviderRefusesTheOldOne() {
		queue(unique("conv-"));
		String conversation = unique("conv-");
		this.provider.stub(StubbedProvider.query()
			.withHeader("Authorization", equalTo("Bearer " + StubbedProvider.TOKEN))
			.willReturn(refusal(401, "bad.credentials")));
		this.provider.issues("second-token");
		WORLD.resetRequests();

		queue(conversation);

		assertThat(this.provider.queriesOf(conversation)).extracting((query) -> query.getHeader("Authorization"))
			.containsExactly("Bearer " + StubbedProvider.TOKEN, "Bearer second-token");
		assertThat(this.provider.tokenRequests()).hasSize(1);
		queue(unique("conv-"));
		assertThat(this.provider.tokenRequests()).hasSize(1);
	}

	@Test
	void shouldAnswer502WhenTheNewTokenIsRefusedToo() {
		this.provider.answers(refusal(401, "bad.credentials"));
		WORLD.resetRequests();

		assertProviderNamed(assertProblem(ask(suggestionRequest(unique("conv-"))), 502), 401, "bad.credentials");

		assertThat(this.provider.queries()).hasSize(2);
		assertThat(this.provider.tokenRequests()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "99999999999999999999", "18446744073709551615", "1e30", "\"3600\"" })
	void shouldTakeATokenHoweverLongItClaimsToLast(String seconds) {
		withoutToken();
		this.provider.stub(StubbedProvider.token()
			.willReturn(answer(200, "{\"access_token\":\"x\",\"expires_in\":" + seconds + "}")));

		eventually(() -> queue(unique("conv-")));
	}

	@Test
	void shouldRenewTokenBeforeItsEnd() {
		withoutToken();
		this.provider.stub(StubbedProvider.token()
			.willReturn(answer(200, "{\"access_token\":\"short\",\"token_type\":\"bearer\",\"expires_in\":1}")));
		eventually(() -> queue(unique("conv-")));
		this.provider.issues(StubbedProvider.TOKEN);

		eventually(() -> {
			String conversation = unique("conv-");
			queue(conversation);
			assertThat(this.provider.queriesOf(conversation).get(0).getHeader("Authorization"))
				.isEqualTo("Bearer " + StubbedProvider.TOKEN);
		});
	}

	/** Leaves the bridge without a token; nothing is counted yet. */
	private void withoutToken() {
		this.provider.answers(refusal(401, "bad.credentials"));
		this.provider.stub(StubbedProvider.token().willReturn(refusal(403, "no.token")));
		ask(suggestionRequest(unique("conv-")));
		this.provider.queues();
		WORLD.resetRequests();
	}

	@Test
	void shouldAnswer504AndNotTryAgainWhenTheAnswerDoesNotComeInTime() {
		String conversation = unique("conv-");
		this.provider.holds(StubbedProvider.queryOf(conversation).willReturn(queued()));

		Duration took = timed(() -> assertProblem(ask(suggestionRequest(conversation)), 504));

		// The response timeout, not the deadline, which is 15 s.
		assertThat(took).isBetween(Duration.ofMillis(2900), Duration.ofSeconds(12));
		assertThat(this.provider.queriesOf(conversation)).hasSize(1);
	}

	@Test
	void shouldNotTryAgainWhenATimeoutFollowsAFailureThatWasRetried() {
		String conversation = unique("conv-");
		first(refusal(503, "temporary"), queued().withFixedDelay(5000));

		assertProblem(ask(suggestionRequest(conversation)), 504);

		assertThat(this.provider.queriesOf(conversation)).hasSize(2);
	}

	@Test
	void shouldNotTryAgainWhenARefusalFollowsAFailureThatWasRetried() {
		String conversation = unique("conv-");
		first(refusal(503, "temporary"), refusal(400, "refused"));

		assertProviderNamed(assertProblem(ask(suggestionRequest(conversation)), 502), 400, "refused");

		assertThat(this.provider.queriesOf(conversation)).hasSize(2);
	}

	@Test
	void shouldTryAgainWhenTheConnectionBreaksBeforeAnAnswer() {
		String conversation = unique("conv-");
		first(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER), queued());

		queue(conversation);

		assertThat(this.provider.queriesOf(conversation)).hasSize(2);
	}

	@Test
	void shouldNotTryAgainWhenTheAnswerBreaksOff() {
		String conversation = unique("conv-");
		this.provider.answers(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK));

		assertProblem(ask(suggestionRequest(conversation)), 502);

		// The provider has taken it.
		assertThat(this.provider.queriesOf(conversation)).hasSize(1);
	}

	@ParameterizedTest
	@CsvSource({ "EMPTY_RESPONSE, The provider could not be reached.",
			"CONNECTION_RESET_BY_PEER, The provider could not be reached.",
			"MALFORMED_RESPONSE_CHUNK, The provider broke its answer off.",
			"RANDOM_DATA_THEN_CLOSE, The provider could not be reached." })
	void shouldAnswer502WhenTheConnectionBreaks(Fault fault, String detail) {
		this.provider.answers(aResponse().withFault(fault));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-")));

		assertThat(assertProblem(answer, 502).path("detail").asText()).isEqualTo(detail);
	}

	@Test
	void shouldRememberNothingOfARequestThatTheProviderRefused() {
		String conversation = unique("conv-");
		this.provider.answers(refusal(400, "refused"));

		ask(suggestionRequest(conversation));

		assertThat(get("/agentassist/conversations/" + conversation + "/suggestions").body()).isEqualTo("[]");
	}

	private void first(ResponseDefinitionBuilder first, ResponseDefinitionBuilder then) {
		this.provider.stub(StubbedProvider.query()
			.inScenario(SCENARIO)
			.whenScenarioStateIs(Scenario.STARTED)
			.willReturn(first)
			.willSetStateTo("then"));
		this.provider.stub(StubbedProvider.query().inScenario(SCENARIO).whenScenarioStateIs("then").willReturn(then));
	}

}
