package io.agentassist.bridge.operations;

import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.matching.RequestPatternBuilder;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.callback.Callback;
import io.agentassist.bridge.outbox.OutboxEvent;
import io.agentassist.bridge.suggestion.RankedSuggestions;
import io.agentassist.bridge.suggestion.RequestStatus;
import io.agentassist.bridge.suggestion.SuggestionRequest;
import io.agentassist.bridge.suggestion.TrackedRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.api.management.mbean.ManagedRouteMBean;
import org.apache.camel.builder.ExchangeBuilder;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.NestedExceptionUtils;

import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Shows what the log tells and what it keeps to itself. */
@ExtendWith(OutputCaptureExtension.class)
class LogTest extends BridgeTest {

	private static final String MARKER = "PlantedMarker4711";

	@Autowired
	private CamelContext camel;

	@Test
	void shouldNameRequestAndConversationAtEachStep(CapturedOutput log) {
		String conversation = unique("conv-");
		String id = queue(conversation);
		String suggestion = unique("sug-");
		callBack(completed(id, suggestion(suggestion, 0.5)));
		giveFeedback(id, suggestion, "accepted", null);

		eventually(() -> assertThat(log.getOut()).contains(
				"Request " + id + " of conversation " + conversation + " is queued at the provider",
				"Request " + id + " of conversation " + conversation + " completed after",
				"Request " + id + " of conversation " + conversation + ": suggestion " + suggestion + " accepted"));
	}

	@Test
	void shouldCallARequestQueuedIfTheProviderDoesNotTellItsStatus(CapturedOutput log) {
		String conversation = unique("conv-");
		String id = unique("sug-req-");
		this.provider.answers(answer(200, "{\"id\":\"" + id + "\"}"));

		ask(suggestionRequest(conversation));

		assertThat(log.getOut())
			.contains("Request " + id + " of conversation " + conversation + " is queued at the provider");
	}

	@Test
	void shouldNameRequestOrConversationOfWhatIsRefused(CapturedOutput log) {
		String conversation = unique("conv-");
		ask(suggestionRequest(conversation).put("transcript", ""));
		ask(suggestionRequest("x".repeat(300)));
		giveFeedback("unknown-1", "", "accepted", null);
		giveFeedback("unknown-2", "any", "accepted", null);
		get("/agentassist/suggestions/unknown-3");

		assertThat(log.getOut())
			.contains("request-suggestions, conversation " + conversation + ", answered 400: ",
					"request-suggestions, conversation " + "x".repeat(200) + " (truncated)...,",
					"record-feedback, request unknown-1, answered 400: suggestion_id: ",
					"record-feedback, request unknown-2, answered 404: ",
					"find-suggestions, request unknown-3, answered 404: ")
			.doesNotContain("x".repeat(201));
	}

	@Test
	void shouldWarnOfASlowRequestByItsId(CapturedOutput log) {
		String slow = queue(unique("conv-"));
		age(slow, Duration.ofSeconds(4));
		callBack(completed(slow));
		String fast = queue(unique("conv-"));
		callBack(completed(fast));

		assertThat(log.getOut()).containsPattern("WARN +ResponseTimes +Request " + slow + " .* over 3000 ms")
			.containsPattern("INFO +ResponseTimes +Request " + fast + " .* completed after");
	}

	/** It told of each poll, and quoted the statement. */
	@Test
	void shouldTellOnceThatAScheduledRouteFailsAndOnceThatItWorksAgain(CapturedOutput log) {
		this.database.execute("ALTER TABLE outbox RENAME TO outbox_away");
		try {
			awaitFailures("deliver-analytics");
		}
		finally {
			this.database.execute("ALTER TABLE outbox_away RENAME TO outbox");
		}

		eventually(() -> assertThat(log.getOut()).contains("Route deliver-analytics works again"));
		assertThat(log.getOut().lines().filter((line) -> line.contains("deliver-analytics"))).hasSize(2)
			.first()
			.asString()
			.contains("ERROR", "Route deliver-analytics fails and is tried again: JdbcSQLSyntaxErrorException: ");
		// H2 quotes the statement in a second line, Spring in the first.
		assertThat(log.getOut()).doesNotContainPattern("Route deliver-analytics fails (.*\\R(?!20)|.*SELECT)");
	}

	/** A message that was split has the correlation id of its parts afterwards. */
	@Test
	void shouldTellThatAScheduledRouteWorksAgainThatSplitsItsMessages(CapturedOutput log) throws Exception {
		load("""
				- route:
				    id: splitting
				    routeConfigurationId: scheduled-errors
				    from:
				      uri: timer:splitting?delay=0&period=20&includeMetadata=true
				      steps:
				        - filter:
				            simple: ${exchangeProperty.CamelTimerCounter} == 1
				            steps:
				              - throwException:
				                  exceptionType: java.lang.IllegalStateException
				                  message: once
				        - split:
				            constant: a,b
				            aggregationStrategy: "#class:org.apache.camel.processor.aggregate.GroupedBodyAggregationStrategy"
				            steps:
				              - setBody:
				                  constant: part
				""");
		try {
			eventually(() -> assertThat(log.getOut()).contains("Route splitting fails", "Route splitting works again"));
		}
		finally {
			unload("splitting");
		}
	}

	@Test
	void shouldTellOnceOfAScheduledRouteWhoseFailureNoPolicyHandles(CapturedOutput log) {
		String id = queue(unique("conv-"));
		whileNothingIsRecordedOf(id, () -> {
			age(id, Duration.ofHours(1));
			awaitFailures("expire-requests");
		});

		eventually(() -> assertThat(log.getOut()).contains("Route expire-requests works again"));
		assertThat(log.getOut().lines().filter((line) -> line.contains("expire-requests"))).hasSize(2)
			.first()
			.asString()
			.contains("ERROR", "expire-requests failed unexpectedly");
		assertThat(settledActions(id)).containsExactly("expired");
	}

	/** Of more than one poll. */
	private void awaitFailures(String route) {
		long before = failures(route);
		eventually(() -> assertThat(failures(route)).isGreaterThanOrEqualTo(before + 3));
	}

	private long failures(String route) {
		ManagedRouteMBean managed = this.camel.getCamelContextExtension()
			.getContextPlugin(ManagedCamelContext.class)
			.getManagedRoute(route);
		try {
			return managed.getFailuresHandled() + managed.getExchangesFailed();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void shouldPassTheTraceOnAndNameItInTheLog(CapturedOutput log) {
		String trace = UUID.randomUUID().toString().replace("-", "");
		String parent = "00-" + trace + "-00f067aa0ba902b7-01";
		String conversation = unique("conv-");
		String id = json(post("/agentassist/suggestions", suggestionRequest(conversation).toString(), "traceparent",
				parent, "tracestate", "desktop=1"))
			.path("request_id")
			.asText();
		callBack(completed(id), parent);

		WORLD.verify(1, queried(conversation).withHeader("traceparent", WireMock.equalTo(parent))
			.withHeader("tracestate", WireMock.equalTo("desktop=1")));
		eventually(() -> WORLD.verify(1, analytics(id).withHeader("traceparent", WireMock.equalTo(parent))
			.withHeader("User-Agent", WireMock.equalTo("agent-assist-bridge"))));
		assertThat(log.getOut()).contains(
				"[" + trace + "] Request " + id + " of conversation " + conversation + " is queued at the provider",
				"[" + trace + "] Request " + id + " of conversation " + conversation + " completed after");
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', delimiter = '|',
			value = { "{\"id\": | not JSON, line 1, column ", "[] | no JSON object, or an empty one",
					"{\"suggestions\":{}} | suggestions is not a list",
					"{\"suggestions\":[1]} | a suggestion is not an object" })
	void shouldTellWhyACallbackIsNotTheContractsJson(String body, String reason, CapturedOutput log) {
		assertThat(callBack(body).statusCode()).isEqualTo(400);

		assertThat(log.getOut()).contains(" Callback refused: " + reason);
	}

	@Test
	void shouldTellThatACallbackIsOverALimit(CapturedOutput log) {
		assertThat(callBack("{\"id\":\"x\",\"list\":[" + "1,".repeat(21_000) + "1]}").statusCode()).isEqualTo(400);

		assertThat(log.getOut())
			.containsPattern("Callback refused: Token count \\(\\d+\\) exceeds the maximum allowed");
	}

	/** A stack trace for each. */
	@Test
	void shouldNotTellOfARequestForNothing(CapturedOutput log) {
		assertProblem(get("//"), 404);

		assertThat(log.getOut()).doesNotContain("ExceptionHandler", "\tat ");
	}

	/** The rest of its route runs on another thread. */
	@Test
	void shouldNameTheTraceAfterAWait(CapturedOutput log) {
		String trace = UUID.randomUUID().toString().replace("-", "");
		String id = unique("req-");

		assertThat(callBack(completed(id), "00-" + trace + "-00f067aa0ba902b7-01").statusCode()).isEqualTo(404);

		eventually(() -> assertThat(log.getOut())
			.contains("[" + trace + "] Callback " + id + " refused, no such request"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
			"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
			"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736", "" })
	void shouldNotPassOnWhatIsNoTrace(String parent) {
		String conversation = unique("conv-");
		assertThat(post("/agentassist/suggestions", suggestionRequest(conversation).toString(), "traceparent", parent,
				"tracestate", "desktop=1")
			.statusCode()).isEqualTo(202);

		WORLD.verify(1, queried(conversation).withoutHeader("traceparent").withoutHeader("tracestate"));
	}

	/** Its address may hold a key. */
	@Test
	void shouldTellWhyAnalyticsTakesNoEventsWithoutItsAddress(CapturedOutput log) {
		this.provider.stub(StubbedProvider.analytics().willReturn(answer(503, "")));
		callBack(completed(queue(unique("conv-"))));

		eventually(() -> assertThat(log.getOut())
			.containsPattern("WARN .* Analytics does not accept events, retrying [-0-9a-f]{36} later: HTTP 503\\R"));

		// The report of the start, which may be in the output, does name it.
		assertThat(log.getOut().lines().filter((line) -> line.contains(" WARN ")).toList())
			.noneMatch((line) -> line.contains(WORLD.baseUrl() + "/analytics"));
	}

	/** As a step does that has a misspelt name in it. */
	@Test
	void shouldNotTellWhatAStepFailedOn() {
		ArrayNode suggestions = new ObjectMapper().createArrayNode().add(MARKER);
		List.of(new SuggestionRequest("conv-1", MARKER, List.of("kb-1"), null, null, null, null),
				new Callback("req-1", "completed", suggestions),
				new RankedSuggestions(List.of("sug-1"), "[\"" + MARKER + "\"]"),
				new TrackedRequest("req-1", "conv-1", null, List.of(), RequestStatus.COMPLETED, Instant.EPOCH,
						Instant.EPOCH, "[\"" + MARKER + "\"]", ""),
				new OutboxEvent(1, "analytics", "event-1", MARKER, 0, null))
			.forEach((message) -> {
				Exchange exchange = ExchangeBuilder.anExchange(this.camel).withBody(message).build();
				Expression misspelt = this.camel.resolveLanguage("simple").createExpression("${body.requestID}");

				assertThatThrownBy(() -> misspelt.evaluate(exchange, Object.class))
					.hasStackTraceContaining("not found on bean: " + message.getClass().getSimpleName())
					.satisfies(
							(ex) -> assertThat(NestedExceptionUtils.getRootCause(ex)).hasMessageNotContaining(MARKER))
					.hasMessageNotContaining(MARKER);
			});
	}

	/** A text quotes itself, so that Camel's words for what it failed on are not told. */
	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "${body.transcript.lenght}|MethodNotFoundException: no method 'lenght' that fits",
					"${body.transcript}|NumberFormatException", "${body.transcript[3]}|IndexOutOfBoundsException",
					"${body.transcript[last].lenght(${body.transcript})}|MethodNotFoundException: no method" })
	void shouldNameTheStepThatFailedAndNotWhatItFailedOn(String expression, String reason, CapturedOutput log)
			throws Exception {
		String route = """
				- route:
				    id: failing
				    routeConfigurationId: api-errors
				    from:
				      uri: direct:failing
				      steps:
				        - setProperty:
				            id: misspelt
				            name: number
				            expression:
				              simple:
				                expression: %s
				                resultType: java.lang.Integer
				""".formatted(expression);
		load(route);
		try (ProducerTemplate caller = this.camel.createProducerTemplate()) {
			caller.requestBody("direct:failing",
					new SuggestionRequest("conv-1", MARKER, List.of("kb-1"), null, null, null, null));
		}
		finally {
			unload("failing");
		}

		assertThat(log.getOut())
			.contains("failing failed unexpectedly at misspelt (failing.camel.yaml:7), answered 500: " + reason)
			.doesNotContain(MARKER);
	}

	/**
	 * Each callback that the provider repeated left 90 lines, until the disk was full.
	 */
	@Test
	void shouldLogTheSameStackTraceOnce(CapturedOutput log) throws Exception {
		load("""
				- route:
				    id: failing
				    routeConfigurationId: api-errors
				    from:
				      uri: platform-http:/failing
				      steps:
				        - setHeader:
				            id: mine
				            name: mine
				            simple: ${exchange.lenght}
				""");
		try {
			IntStream.range(0, 3).forEach((i) -> assertProblem(get("/failing"), 500));
		}
		finally {
			unload("failing");
		}

		assertThat(log.getOut().lines().filter((line) -> line.contains("failed unexpectedly at mine"))).hasSize(3)
			.filteredOn((line) -> line.endsWith("(stack trace: above, less than a minute ago)"))
			.hasSize(2);
		assertThat(
				log.getOut().lines().filter((line) -> line.startsWith("io.agentassist") && line.contains("Redacted")))
			.hasSize(1);
	}

	/** It said that the provider did not answer. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "0|504|A system that the route calls did not answer in time.",
			"1|502|A system that the route calls could not be reached." })
	void shouldNotTakeTheFailureOfAnotherSystemForTheProviders(int closed, int status, String detail,
			CapturedOutput log) throws Exception {
		try (ServerSocket silent = new ServerSocket(0)) {
			load("""
					- route:
					    id: failing
					    routeConfigurationId: api-errors
					    from:
					      uri: platform-http:/failing
					      steps:
					        - removeHeaders:
					            pattern: "*"
					        - to:
					            id: ask-crm
					            uri: http://127.0.0.1:%d/crm
					            parameters:
					              responseTimeout: 50
					""".formatted((closed == 1) ? 1 : silent.getLocalPort()));
			assertThat(assertProblem(get("/failing"), status).path("detail").asText()).isEqualTo(detail);
		}
		finally {
			unload("failing");
		}

		assertThat(log.getOut())
			.contains("failing answered " + status + " at ask-crm (failing.camel.yaml:9): " + detail);
	}

	/** It said with what the caller had been answered, who was answered otherwise. */
	@ParameterizedTest
	@ValueSource(strings = { "routeConfigurationId: api-errors", "description: without a policy" })
	void shouldNotTakeTheFailureOfAWireTapForAnAnswer(String policy, CapturedOutput log) throws Exception {
		load("""
				- route:
				    id: failing
				    %s
				    from:
				      uri: platform-http:/failing
				      steps:
				        - wireTap:
				            uri: http://127.0.0.1:1/
				        - setBody:
				            constant: well
				""".formatted(policy));
		try {
			assertThat(get("/failing").body()).isEqualTo("well");
			eventually(() -> assertThat(log.getOut()).contains("failing failed unexpectedly"));
		}
		finally {
			unload("failing");
		}
		assertThat(log.getOut()).doesNotContain("answered 5");
	}

	private void load(String route) throws Exception {
		PluginHelper.getRoutesLoader(this.camel).loadRoutes(ResourceHelper.fromString("failing.camel.yaml", route));
	}

	private void unload(String... routes) throws Exception {
		for (String id : routes) {
			this.camel.getRouteController().stopRoute(id);
			this.camel.removeRoute(id);
		}
	}

	/** Of a wire tap, say. Camel's own lines quote the text. */
	@ParameterizedTest
	@ValueSource(strings = { "to", "wireTap" })
	void shouldTellOfAFailureThatNobodyIsAnsweredAndNotWhatItFailedOn(String eip, CapturedOutput log) throws Exception {
		String route = """
				- route:
				    id: failing
				    from:
				      uri: timer:failing?delay=0&repeatCount=1
				      steps:
				        - setBody:
				            constant: %s
				        - multicast:
				            steps:
				              - log: passed
				        - %s:
				            uri: direct:failed
				- route:
				    id: failed
				    from:
				      uri: direct:failed
				      steps:
				        - setHeader:
				            name: misspelt
				            simple: ${body.lenght}
				""".formatted(MARKER, eip);
		load(route);
		try {
			eventually(() -> assertThat(log.getOut())
				.contains("failed unexpectedly: MethodNotFoundException: no method 'lenght' that fits"));
		}
		finally {
			unload("failing", "failed");
		}

		assertThat(log.getOut()).doesNotContain(MARKER);
	}

	@Test
	void shouldNameTheRequestWhereNoPolicyAnswers(CapturedOutput log) {
		String id = queue(unique("conv-"));
		whileNothingIsRecordedOf(id, () -> assertThat(callBack(completed(id)).statusCode()).isEqualTo(503));

		assertThat(log.getOut()
			.lines()
			.filter((line) -> line.matches(".* (ProblemTranslator|UnexpectedFailures|\\w+ErrorHandler) .*")))
			.singleElement()
			.asString()
			.contains(", request " + id + ", answered 503: ");
	}

	/** Through every kind of failure: each has a way of its own to quote what it got. */
	@Test
	void shouldKeepTranscriptsSuggestionsAndSecretsOutOfTheLog(CapturedOutput log) {
		String id = json(ask(marked())).path("request_id").asText();
		ObjectNode suggestion = suggestion(unique("sug-"), 0.5, MARKER).put("title", MARKER).put("content", MARKER);
		callBack(completed(id, suggestion));
		callBack(completed(id, suggestion));
		callBack("{\"id\":\"" + id + "\",\"suggestions\":\"" + MARKER + "\"}");
		callBack("{\"" + MARKER + "\":" + MARKER);
		post("/agentassist/callback", completed(id, suggestion).toString(), "X-Hub-Signature-256", "sha256=" + MARKER);
		post("/agentassist/suggestions", "{\"transcript\":\"" + MARKER);
		post("/agentassist/suggestions", "{\"transcript\":[\"" + MARKER + "\"]}");
		post("/agentassist/suggestions", marked().put("callback_url", "https://evil.example/" + MARKER).toString());
		ask(marked().put("transcript", MARKER.repeat(400)));
		post("/agentassist/feedback", "{\"action\":\"" + MARKER + "\"}");
		post("/agentassist/suggestions?key=" + MARKER, marked().toString(), "Authorization", "Bearer " + MARKER);
		this.provider.answers(answer(503, "{\"message\":\"" + MARKER + "\"}"));
		ask(marked());
		this.provider.answers(answer(202, "not JSON: " + MARKER));
		ask(marked());
		this.provider.answers(answer(200, completed(unique("sug-req-"), suggestion).toString()));
		ask(marked());
		this.provider.resetsConnections();
		ask(marked());
		this.provider.stub(StubbedProvider.analytics().willReturn(answer(500, MARKER)));
		this.provider.queues();
		String undelivered = queue(unique("conv-"));
		callBack(completed(undelivered, suggestion));
		eventually(() -> assertThat(log.getOut()).contains("Analytics does not accept events"));

		assertThat(log.getOut()).contains(id)
			.doesNotContain(MARKER, CALLBACK_SECRET, StubbedProvider.CLIENT_SECRET, StubbedProvider.TOKEN);
	}

	private static RequestPatternBuilder queried(String conversation) {
		return WireMock.postRequestedFor(WireMock.urlPathMatching(".*/agentassist/suggestions/query"))
			.withRequestBody(WireMock.containing(conversation));
	}

	private static RequestPatternBuilder analytics(String id) {
		return WireMock.postRequestedFor(WireMock.urlEqualTo(StubbedProvider.ANALYTICS_PATH))
			.withRequestBody(WireMock.containing(id));
	}

	private static ObjectNode marked() {
		return suggestionRequest(unique("conv-")).put("transcript", "Customer: " + MARKER);
	}

}
