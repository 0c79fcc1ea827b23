package io.agentassist.bridge.operations;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.management.JMException;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.StrictBridgeTest;
import io.agentassist.bridge.StubbedProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.jmx.export.MBeanExporter;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows who may do what on the management port once there are log-ins. */
@ExtendWith(OutputCaptureExtension.class)
class ManagementSecurityTest extends StrictBridgeTest {

	private static final String OUTBOX = "io.agentassist.bridge:type=Outbox";

	@LocalManagementPort
	private int managementPort;

	@Autowired
	private ServletWebServerApplicationContext application;

	@Autowired
	@Qualifier("managementBeansExporter")
	private MBeanExporter exporter;

	/**
	 * The contexts of a test run share their names: those of the last one started win.
	 */
	@BeforeEach
	void registerTheMBeansOfThisContext() {
		this.exporter.afterSingletonsInstantiated();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness",
			"/actuator/prometheus" })
	void shouldShowHealthAndMetricsWithoutLogIn(String path) {
		assertThat(send(manage(path).build()).statusCode()).isEqualTo(200);
	}

	/** Each wrote a stack trace of 20 KB. */
	@ParameterizedTest
	@CsvSource({ "/actuator/health,Accept,garbage,406", "/actuator/prometheus,Accept,',',406",
			"/actuator/health,Accept,',',406", "/actuator/health,Content-Type,a/b;charset=,415",
			"/unknown,Content-Type,a/b;charset=,415" })
	void shouldRefuseAMediaTypeThatCannotBeRead(String path, String header, String value, int status,
			CapturedOutput log) {
		assertThat(send(manage(path).header(header, value).build()).statusCode()).isEqualTo(status);
		assertThat(log.getOut()).doesNotContain("InvalidM");
	}

	/** Each wrote a stack trace: Spring fails at a path that Tomcat decoded. */
	@ParameterizedTest
	@ValueSource(strings = { "/actuator//jolokia/version", "/actuator/jolokia;x/version", "/actuator/%6aolokia/version",
			"/actuator/health/../jolokia/version", "/actuator/health/..;/jolokia/version", "/actuator//health" })
	void shouldRefuseAPathThatIsNotNormalised(String path, CapturedOutput log) {
		assertThat(send(manage(path).build()).statusCode()).isEqualTo(400);
		assertThat(send(operator(manage(path)).build()).statusCode()).isEqualTo(400);
		assertThat(log.getOut()).doesNotContain("ERROR", "IllegalArgumentException");
	}

	@Test
	void shouldTakeEncodedCharactersWithinAPath() {
		String read = "/actuator/jolokia/read/org.apache.camel%3Atype=routes,name=!%22x!!y!%22/Uptime";

		assertThat(send(operator(manage("/actuator/erasure/conv%20b%C3%A9")).DELETE().build()).statusCode())
			.isEqualTo(200);
		// By Jolokia itself, which takes only POST.
		assertThat(send(viewer(manage(read)).build()).body()).contains("HTTP method get is not allowed");
	}

	@Test
	void shouldLogWhoErases(CapturedOutput log) {
		send(operator(manage("/actuator/erasure/" + unique("conv-"))).DELETE().build());

		assertThat(log).contains("A conversation was erased by operator, 0 requests");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/actuator/deadletters", "/actuator/jolokia", "/actuator/jolokia/version",
			"/actuator/hawtio", "/actuator/hawtio/index.html", "/actuator", "/unknown" })
	void shouldRefuseWhoeverDoesNotLogIn(String path) {
		HttpResponse<String> nobody = send(manage(path).build());
		HttpResponse<String> wrong = send(as(manage(path), "operator", "wrong").build());

		assertThat(nobody.statusCode()).isEqualTo(401);
		assertThat(wrong.statusCode()).isEqualTo(401);
		// A browser would keep the password, and send it with whatever a page posts.
		assertThat(wrong.headers().map()).doesNotContainKey("www-authenticate");
	}

	/** Some 40,000 refused requests filled the memory, with a session each. */
	@Test
	void shouldKeepNoSessionOfWhoeverIsRefused() {
		String token = cookie(send(manage("/login").build()), "XSRF-TOKEN");

		assertThat(List.of(send(manage("/actuator/jolokia").build()), send(manage("/unknown?x=y").build()),
				send(manage("/actuator/deadletters").DELETE().build()),
				send(manage("/actuator/deadletters").header("Accept", "text/html").build()),
				send(as(manage("/actuator"), "operator", "wrong").build()), logIn("wrong", token),
				logIn(OPERATOR_PASSWORD, null), send(viewer(manage("/actuator/erasure/x").DELETE()).build())))
			.allSatisfy((answer) -> assertThat(answer.headers().allValues("Set-Cookie")).as(answer.toString())
				.noneMatch((cookie) -> cookie.startsWith("agent-assist-bridge")));
	}

	@Test
	void shouldShowDeadLettersToViewersAndLetOperatorsRedriveThem() {
		HttpRequest.Builder redrive = manage("/actuator/deadletters").header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString("{}"));

		assertThat(send(viewer(manage("/actuator/deadletters")).build()).statusCode()).isEqualTo(200);
		assertThat(send(viewer(redrive.copy()).build()).statusCode()).isEqualTo(403);
		assertThat(send(operator(redrive.copy()).build()).body()).isEqualTo("{\"redriven\":0}");
	}

	@Test
	void shouldLetViewersReadTheMBeans() {
		for (String type : List.of("Suggestions", "Outbox", "Audit", "Flow")) {
			JsonNode read = jolokia(true, Map.of("type", "read", "mbean", "io.agentassist.bridge:type=" + type));
			assertThat(read.path("status").asInt()).as(read.toString()).isEqualTo(200);
			assertThat(read.path("value")).isNotEmpty();
		}
		assertThat(
				jolokia(true, Map.of("type", "read", "mbean", "io.agentassist.bridge:type=Flow", "attribute", "States"))
					.path("value")
					.path("callback")
					.asText())
			.isEqualTo("running");
		assertThat(
				jolokia(true, Map.of("type", "read", "mbean", "org.apache.camel:type=routes,*", "attribute", "State"))
					.path("value"))
			.isNotEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "service:jmx:rmi:///jndi/rmi://127.0.0.1:%d/x",
			"service:jmx:rmi:///jndi/ldaps://127.0.0.1:%d/x",
			"service:jmx:rmi://127.0.0.1/stub/rO0ABXNyAA5qYXZhLnV0aWwuRGF0ZWhqgQFLWXQZAwAAeHB3CAAAAAAAAAAAeA==#%d" })
	void shouldNotConnectToOtherJvmsNorReadTheirObjects(String target) throws IOException {
		try (ServerSocketChannel other = ServerSocketChannel.open()
			.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
			other.configureBlocking(false);
			String read = """
					{"type":"read","mbean":"java.lang:type=Runtime","attribute":"Name","target":{"url":"%s"}}"""
				.formatted(target.formatted(other.socket().getLocalPort()));
			HttpResponse<String> answer = send(
					viewer(manage("/actuator/jolokia")).header("Content-Type", "application/json")
						// A connection would wait for the other side.
						.timeout(Duration.ofSeconds(10))
						.POST(HttpRequest.BodyPublishers.ofString(read))
						.build());

			assertThat(other.accept()).as(answer.body()).isNull();
			assertThat(answer.body()).doesNotContain("ClassCastException", "RMIServer");
		}
	}

	/** Jolokia allowed it to whoever asked. */
	@Test
	void shouldLetNoPageOfAnotherOriginReadAnswers() {
		HttpResponse<String> answer = send(
				viewer(manage("/actuator/jolokia")).header("Content-Type", "application/json")
					.header("Origin", "http://evil.example")
					.POST(HttpRequest.BodyPublishers.ofString("{\"type\":\"version\"}"))
					.build());

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.headers().map()).doesNotContainKey("access-control-allow-origin");
	}

	@Test
	void shouldLogWhoeverGuessesPasswords(CapturedOutput output) {
		send(as(manage("/actuator/deadletters"), "operator", "hunter-2").build());

		assertThat(output).contains("Log-in as 'operator' to the management port refused (127.0.0.1)")
			.doesNotContain("hunter-2");
	}

	@Test
	void shouldLetOperatorsAndNoViewersAct() {
		Map<String, Object> redrive = Map.of("type", "exec", "mbean", OUTBOX, "operation", "redriveAll()");

		assertThat(jolokia(true, redrive).path("status").asInt()).isEqualTo(403);
		assertThat(jolokia(false, redrive).path("value").asText()).isEqualTo("0");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			exec  | java.lang:type=Memory                                              | gc
			exec  | org.apache.camel:context=*,type=context,name=*                     | stop()
			exec  | java.lang:type=Threading                                           | dumpAllThreads(boolean,boolean)
			read  | java.lang:type=Runtime                                             | SystemProperties
			read  | com.sun.management:type=HotSpotDiagnostic                          | DiagnosticOptions
			write | java.util.logging:type=Logging                                     | LoggerNames
			write | java.lang:type=Memory                                              | Verbose""")
	void shouldLetNobodyDoWhatIsNotDocumented(String type, String mbean, String member) {
		String name = mbean.contains("*") ? camelContext() : mbean;
		ObjectNode request = JSON.createObjectNode().put("type", type).put("mbean", name);
		request.put("exec".equals(type) ? "operation" : "attribute", member);
		request.put("value", true);

		JsonNode answer = jolokia(false, request);

		assertThat(answer.path("status").asInt()).as(answer.toString()).isEqualTo(403);
		assertThat(answer.path("error").asText()).contains("MBean");
	}

	@Test
	void shouldPauseAndResumeAnIntakeAndADelivery() {
		flow("pause", "suggestions");
		try {
			assertPaused("suggestions", ask(suggestionRequest(unique("conv-"))));
			assertThat(get("/agentassist/callback").statusCode()).isEqualTo(405);
		}
		finally {
			flow("resume", "suggestions");
		}
		awaitClosedBreaker();
		flow("pause", "deliver-audit");
		HttpResponse<String> health = send(viewer(manage("/actuator/health")).build());
		assertThat(health.statusCode()).isEqualTo(200);
		assertThat(json(health).path("status").asText()).isEqualTo("DEGRADED");
		String id = json(ask(suggestionRequest(unique("conv-")))).path("request_id").asText();
		try {
			assertThat(callBack(completed(id)).statusCode()).isEqualTo(200);
			assertThat(waitingEvents(id)).isOne();
			eventually(() -> assertThat(
					jolokia(true, Map.of("type", "read", "mbean", OUTBOX, "attribute", "Depth")).path("value").asInt())
				.isPositive());
			assertThat(waitingEvents(id)).isOne();
		}
		finally {
			flow("resume", "deliver-audit");
		}
		eventually(() -> assertThat(auditLines(id)).hasSize(1));
	}

	@Test
	void shouldPauseAndResumeTheOtherIntakes() {
		String id = queue(unique("conv-"));
		flow("pause", "callback");
		try {
			assertPaused("callback", callBack(completed(id, suggestion("sug-1", 0.5))));
		}
		finally {
			flow("resume", "callback");
		}
		assertThat(callBack(completed(id, suggestion("sug-1", 0.5))).statusCode()).isEqualTo(200);
		flow("pause", "feedback");
		try {
			assertPaused("feedback", accept(id));
		}
		finally {
			flow("resume", "feedback");
		}
		assertThat(accept(id).statusCode()).isEqualTo(202);
	}

	private void assertPaused(String intake, HttpResponse<String> refused) {
		assertProblem(refused, 503);
		assertThat(refused.headers().firstValue("Retry-After")).isPresent();
		assertThat(send(viewer(manage("/actuator/health/readiness")).build()).body()).contains("DEGRADED",
				'"' + intake + '"');
	}

	private HttpResponse<String> accept(String id) {
		return post("/agentassist/feedback",
				"{\"request_id\":\"" + id + "\",\"suggestion_id\":\"sug-1\",\"action\":\"accepted\"}", "X-API-Key",
				API_KEY);
	}

	@Test
	void shouldBeDegradedWhileABreakerIsOpenAndLetOperatorsResetIt() {
		Map<String, Object> reset = Map.of("type", "exec", "mbean", "io.agentassist.bridge:type=Provider,name=default",
				"operation", "resetBreaker");
		this.provider.answers(StubbedProvider.refusal(500, "broken"));
		try {
			eventually(() -> assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(503));
			HttpResponse<String> readiness = send(viewer(manage("/actuator/health/readiness")).build());
			assertThat(readiness.statusCode()).isEqualTo(200);
			assertThat(json(readiness).path("components").path("providers").path("status").asText())
				.isEqualTo("DEGRADED");
			assertThat(json(readiness).path("status").asText()).isEqualTo("DEGRADED");
			assertThat(jolokia(true, reset).path("status").asInt()).isEqualTo(403);
		}
		finally {
			this.provider.queues();
			assertThat(jolokia(false, reset).path("status").asInt()).isEqualTo(200);
		}
		assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202);
		assertThat(send(manage("/actuator/health/readiness").build()).body()).isEqualTo("{\"status\":\"UP\"}");
	}

	@Test
	void shouldDescribeEveryAttributeAndOperationOfItsMBeans() throws JMException {
		MBeanServer server = ManagementFactory.getPlatformMBeanServer();
		for (ObjectName name : server.queryNames(new ObjectName("io.agentassist.bridge:*"), null)) {
			MBeanInfo mbean = server.getMBeanInfo(name);
			assertThat(Stream.concat(Stream.of(mbean.getAttributes()), Stream.of(mbean.getOperations()))).allSatisfy(
					(member) -> assertThat(member.getDescription()).as(name + " " + member.getName()).contains(" "));
		}
	}

	@Test
	void shouldRefuseToPauseWhatThereIsNot() {
		JsonNode answer = jolokia(false, Map.of("type", "exec", "mbean", "io.agentassist.bridge:type=Flow", "operation",
				"pause", "arguments", List.of("receive-callback")));

		assertThat(answer.path("status").asInt()).isNotEqualTo(200);
		assertThat(answer.path("error").asText()).contains("Neither an intake nor a delivery");
	}

	@Test
	void shouldTraceMessagesWithoutWhatTheyHold() {
		String marker = unique("PlantedMarker");
		Map<String, Object> dump = tracer("dumpAllTracedMessagesAsXml()");
		assertThat(jolokia(true, dump).path("status").asInt()).isEqualTo(403);
		assertThat(jolokia(true, tracer("setEnabled", true)).path("status").asInt()).isEqualTo(403);

		assertThat(jolokia(false, tracer("setEnabled", true)).path("status").asInt()).isEqualTo(200);
		try {
			awaitClosedBreaker();
			jolokia(false, dump);
			String id = json(ask(suggestionRequest(unique("conv-")).put("transcript", marker))).path("request_id")
				.asText();
			assertThat(callBack(completed(id, suggestion(unique("sug-"), 0.5, marker).put("content", marker)))
				.statusCode()).isEqualTo(200);
			String trace = jolokia(false, dump).path("value").asText();
			assertThat(trace).contains("<routeId>request-suggestions</routeId>", "<toNode>post-query</toNode>",
					"<routeId>receive-callback</routeId>", "<toNode>rank-suggestions</toNode>",
					"<header key=\"CamelHttpMethod\" type=\"java.lang.String\">(masked)</header>", "(masked)</body>")
				.doesNotContain(marker, API_KEY, StubbedProvider.TOKEN, CALLBACK_SECRET, "Bearer", "<cause>");
			assertThat(jolokia(true, Map.of("type", "read", "mbean", tracerName())).toString()).doesNotContain(marker);
		}
		finally {
			jolokia(false, tracer("setEnabled", false));
			jolokia(false, dump);
		}
		assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202);
		assertThat(jolokia(false, dump).path("value").asText()).doesNotContain("routeId");
	}

	/** A viewer may ask for the source with the values of placeholders. */
	@Test
	void shouldNotShowTheValuesOfPlaceholders() {
		String xml = jolokia(true, Map.of("type", "exec", "mbean", camelContext(), "operation",
				"dumpRoutesAsXml(boolean)", "arguments", List.of(true)))
			.path("value")
			.asText();

		assertThat(xml).contains("{{agentassist.analytics.endpoint}}").doesNotContain(WORLD.baseUrl());
	}

	/** See RouteXml: Hawtio cannot draw a route that does not begin with it. */
	@Test
	void shouldShowRoutesThatBeginWithTheirFrom() {
		String xml = jolokia(true, Map.of("type", "exec", "mbean", camelContext(), "operation", "dumpRoutesAsXml()"))
			.path("value")
			.asText();

		assertThat(xml).contains("<noErrorHandler/>");
		assertThat(Pattern.compile("<route [^>]*>\\s*<(\\w+)").matcher(xml).results().map((match) -> match.group(1)))
			.hasSizeGreaterThan(10)
			.containsOnly("from");
	}

	@Test
	void shouldVerifyTheAuditLogOnDemand() {
		JsonNode verified = jolokia(false,
				Map.of("type", "exec", "mbean", "io.agentassist.bridge:type=Audit", "operation", "verifyNow"));

		assertThat(verified.path("value").path(0).asText()).as(verified.toString()).matches("(OK|EMPTY): .*");
	}

	@Test
	void shouldLogInByTheFormWithSafeCookies() {
		HttpResponse<String> page = send(manage("/login").build());
		String token = cookie(page, "XSRF-TOKEN");

		HttpResponse<String> without = logIn(OPERATOR_PASSWORD, null);
		HttpResponse<String> wrong = logIn("wrong", token);
		HttpResponse<String> right = logIn(OPERATOR_PASSWORD, token);

		assertThat(without.statusCode()).isEqualTo(403);
		assertThat(wrong.headers().firstValue("Location").orElse("")).endsWith("/login?error");
		assertThat(right.headers().firstValue("Location").orElse("")).endsWith("/actuator/hawtio");
		assertThat(right.headers().allValues("Set-Cookie"))
			.filteredOn((cookie) -> cookie.startsWith("agent-assist-bridge"))
			.singleElement()
			.satisfies((cookie) -> assertThat(cookie).contains("HttpOnly", "SameSite=Strict"));
		HttpRequest.Builder post = manage("/actuator/jolokia").header("Cookie",
				"agent-assist-bridge=" + cookie(right, "agent-assist-bridge"));
		HttpRequest forged = post.copy().POST(HttpRequest.BodyPublishers.ofString("{\"type\":\"version\"}")).build();
		assertThat(send(forged).statusCode()).isEqualTo(403);
		assertThat(send(post.copy().GET().build()).statusCode()).isEqualTo(200);
	}

	@Test
	void shouldHaveNoSecurityFilterOnTheApiPort() {
		assertThat(this.application.getServletContext().getFilterRegistrations().keySet()).contains("apiFilter")
			.noneMatch((name) -> name.toLowerCase(Locale.ROOT).contains("security"));
		assertThat(getWithKey("/login").statusCode()).isEqualTo(404);
		assertNoForeignHeaders(getWithKey("/agentassist/suggestions/unknown"));
	}

	private HttpResponse<String> logIn(String password, String token) {
		String form = "username=operator&password=" + password + ((token != null) ? "&_csrf=" + encode(token) : "");
		HttpRequest.Builder request = manage("/login").header("Content-Type", "application/x-www-form-urlencoded")
			.POST(HttpRequest.BodyPublishers.ofString(form));
		return send(((token != null) ? request.header("Cookie", "XSRF-TOKEN=" + token) : request).build());
	}

	private static String encode(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

	private static String cookie(HttpResponse<String> answer, String name) {
		return answer.headers()
			.allValues("Set-Cookie")
			.stream()
			.filter((cookie) -> cookie.startsWith(name + "="))
			.map((cookie) -> cookie.substring(name.length() + 1).split(";", 2)[0])
			.findFirst()
			.orElseThrow();
	}

	private String camelContext() {
		return jolokia(false, Map.of("type", "search", "mbean", "org.apache.camel:type=context,*")).path("value")
			.path(0)
			.asText();
	}

	private String tracerName() {
		return jolokia(false, Map.of("type", "search", "mbean", "org.apache.camel:type=tracer,*")).path("value")
			.path(0)
			.asText();
	}

	private Map<String, Object> tracer(String operation, Object... arguments) {
		return Map.of("type", "exec", "mbean", tracerName(), "operation", operation, "arguments", List.of(arguments));
	}

	private void flow(String operation, String name) {
		JsonNode answer = jolokia(false, Map.of("type", "exec", "mbean", "io.agentassist.bridge:type=Flow", "operation",
				operation, "arguments", List.of(name)));
		assertThat(answer.path("status").asInt()).as(answer.toString()).isEqualTo(200);
	}

	private JsonNode jolokia(boolean asViewer, Map<String, Object> request) {
		return jolokia(asViewer, JSON.<JsonNode>valueToTree(request));
	}

	private JsonNode jolokia(boolean asViewer, JsonNode request) {
		HttpRequest.Builder post = manage("/actuator/jolokia").header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(request.toString()));
		HttpResponse<String> answer = send((asViewer ? viewer(post) : operator(post)).build());
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		return json(answer);
	}

	private HttpRequest.Builder manage(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + path));
	}

	private static HttpRequest.Builder viewer(HttpRequest.Builder request) {
		return as(request, "viewer", VIEWER_PASSWORD);
	}

	private static HttpRequest.Builder operator(HttpRequest.Builder request) {
		return as(request, "operator", OPERATOR_PASSWORD);
	}

	private static HttpRequest.Builder as(HttpRequest.Builder request, String name, String password) {
		String pair = Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
		return request.header("Authorization", "Basic " + pair);
	}

}
