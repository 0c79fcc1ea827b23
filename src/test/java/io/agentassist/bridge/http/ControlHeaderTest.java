package io.agentassist.bridge.http;

import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that no caller steers a route: the headers by which Camel's components are
 * controlled do not come in, neither as headers nor as query parameters, nor by JSON.
 */
class ControlHeaderTest extends BridgeTest {

	/** What Camel's components look at, in names that HTTP can carry. */
	private static final List<String> CONTROL_HEADERS = List.of("CamelHttpUri", "CamelHttpPath", "CamelHttpQuery",
			"CamelHttpMethod", "CamelHttpResponseCode", "CamelHttpRawQuery", "CamelHttpUrl", "CamelHttpHost",
			"CamelHttpServletRequest", "CamelRestHttpUri", "CamelFileName", "CamelFileNameConsumed", "CamelFilePath",
			"CamelOverruleFileName", "CamelSqlQuery", "CamelSqlParameters", "CamelBeanMethodName",
			"CamelBeanParameterMappingOverride", "CamelJacksonUnmarshalType", "CamelExecCommandExecutable",
			"CamelExecCommandArgs", "CamelToEndpoint", "CamelSlipEndpoint", "CamelRecipientListEndpoint",
			"CamelLoopIndex", "CamelRedelivered", "CamelRedeliveryDelay", "CamelRedeliveryCounter", "CamelRollbackOnly",
			"CamelDuplicateMessage", "CamelCharsetName", "CamelAuthentication", "CamelTimerName",
			"CamelSchedulerPolledMessages", "CamelResourceUri", "CamelVelocityResourceUri", "CamelFreemarkerTemplate",
			"CamelLanguageScript", "CamelConstantScript", "CamelSimpleScript", "CamelJmsDestination",
			"CamelJmsDestinationName", "CamelKafkaOverrideTopic", "CamelLdapFilter", "CamelMongoDbOperation",
			"CamelDockerHost", "CamelJschPassword", "CamelToolboxCommand", "CamelPlatformHttpPath", "CamelBreadcrumbId",
			"breadcrumbId", "JMSReplyTo", "JMSDestination", "JMSCorrelationID", "Exchange.HTTP_URI",
			"org.apache.camel.http.uri", "org.apache.camel.Exchange", "org.apache.camel.bean.method", "SOAPAction",
			"operationName", "request_id", "conversation_id", "Transfer-Type", "X-Anything");

	@BeforeEach
	void showHeaders() throws Exception {
		addProbe("/probe/{id}",
				(exchange) -> exchange.getMessage()
					.setBody(exchange.getMessage()
						.getHeaders()
						.entrySet()
						.stream()
						.map((header) -> header.getKey() + "=" + header.getValue())
						.collect(Collectors.joining("\n"))));
	}

	/** Each test runs with the names as they are, in lower case and in upper case. */
	static Stream<List<String>> names() {
		return Stream.of(CONTROL_HEADERS,
				CONTROL_HEADERS.stream().map((name) -> name.toLowerCase(Locale.ROOT)).toList(),
				CONTROL_HEADERS.stream().map((name) -> name.toUpperCase(Locale.ROOT)).toList());
	}

	private static HttpRequest with(List<String> names, HttpRequest request) {
		HttpRequest.Builder builder = HttpRequest.newBuilder(request, (name, value) -> true);
		names.forEach((name) -> builder.header(name, "planted"));
		return builder.build();
	}

	private static String asQuery(List<String> names) {
		return names.stream().map((name) -> name + "=planted").collect(Collectors.joining("&", "?", ""));
	}

	@ParameterizedTest
	@MethodSource("names")
	void shouldLetRoutesSeeOnlyTheHeadersOfTheList(List<String> names) {
		HttpResponse<String> byQuery = send(request("/probe/of-the-path" + asQuery(names) + "&wait=PT1S").build());
		HttpResponse<String> byHeader = send(
				with(names, request("/probe/of-the-path").header("traceparent", "of-the-caller").build()));

		assertThat(byQuery.statusCode()).as(byQuery.body()).isEqualTo(200);
		assertThat(byQuery.body().lines().filter((line) -> !line.startsWith("CamelHttpQuery=")))
			.contains("id=of-the-path", "wait=PT1S")
			.noneMatch((line) -> line.contains("planted"));
		HttpResponse<String> byForm = send(
				postRequest("/probe/of-the-path", asQuery(names).substring(1).getBytes(StandardCharsets.UTF_8),
						"Content-Type", "application/x-www-form-urlencoded"));
		assertThat(byForm.statusCode()).as(byForm.body()).isEqualTo(200);
		assertThat(byForm.body()).contains("id=of-the-path").doesNotContain("planted");
		assertThat(byHeader.statusCode()).as(byHeader.body()).isEqualTo(200);
		assertThat(byHeader.body()).contains("traceparent=of-the-caller", "id=of-the-path").doesNotContain("planted");
	}

	@ParameterizedTest
	@MethodSource("names")
	void shouldTakeRequestAsUsualWithControlHeaders(List<String> names) {
		String conversation = unique("conv-");
		ObjectNode body = suggestionRequest(conversation);
		names.stream()
			.filter((name) -> !body.has(name.toLowerCase(Locale.ROOT)))
			.forEach((name) -> body.put(name, "planted"));
		body.putObject("headers").put("CamelHttpUri", "planted");

		HttpResponse<String> answer = send(with(names, postRequest("/agentassist/suggestions" + asQuery(names),
				body.toString().getBytes(StandardCharsets.UTF_8))));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		assertThat(this.provider.queriesOf(conversation)).hasSize(1);
		assertThat(this.provider.queries().get(0).toString()).doesNotContain("planted");
		assertThat(answer.headers().map().toString() + answer.body()).doesNotContain("planted");
	}

	@ParameterizedTest
	@MethodSource("names")
	void shouldProcessCallbackAndFeedbackAsUsualWithControlHeaders(List<String> names) {
		String id = queue(unique("conv-"));
		String suggestion = unique("sug-");
		ObjectNode callback = completed(id, suggestion(suggestion, 0.5));
		names.forEach((name) -> callback.put(name, "planted"));

		HttpResponse<String> processed = send(
				with(names, signed(callback.toString().getBytes(StandardCharsets.UTF_8))));
		HttpResponse<String> recorded = send(with(names,
				postRequest("/agentassist/feedback",
						"{\"request_id\":\"%s\",\"suggestion_id\":\"%s\",\"action\":\"copied\"}"
							.formatted(id, suggestion)
							.getBytes(StandardCharsets.UTF_8))));
		HttpResponse<String> found = send(
				with(names, request("/agentassist/suggestions/" + id + asQuery(names)).build()));

		assertThat(processed.statusCode()).as(processed.body()).isEqualTo(200);
		assertThat(recorded.statusCode()).as(recorded.body()).isEqualTo(202);
		assertThat(json(found).path("request_id").asText()).isEqualTo(id);
		for (HttpResponse<String> answer : List.of(processed, recorded, found)) {
			assertThat(answer.headers().map().toString() + answer.body()).doesNotContain("planted");
		}
		assertThat(settledActions(id)).containsExactly("presented", "copied");
	}

	@Test
	void shouldNotTakeProofOfACallbackFromTheQuery() {
		byte[] body = completed(queue(unique("conv-"))).toString().getBytes(StandardCharsets.UTF_8);
		String signature = URLEncoder.encode(signature(body, CALLBACK_SECRET), StandardCharsets.UTF_8);

		assertProblem(send(postRequest("/agentassist/callback?X-Hub-Signature-256=" + signature, body)), 401);
	}

}
