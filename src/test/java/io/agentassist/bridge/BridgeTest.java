package io.agentassist.bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.ContextConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The whole application as a site runs it, with the real {@code routes/} and
 * {@code config/} and a database of its own, spoken to over HTTP. Provider and analytics
 * are played by WireMock. Subclasses that set no properties share one application.
 * <p>
 * Tests of what the database does carry the tag {@code state}: the build runs them twice,
 * on H2 and on PostgreSQL, see {@link TestDatabase}.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = {
		"agentassist.public-url=" + BridgeTest.PUBLIC_URL, "agentassist.genesys.client-id=" + StubbedProvider.CLIENT_ID,
		"agentassist.genesys.client-secret=" + StubbedProvider.CLIENT_SECRET, "agentassist.api.auth=none",
		"agentassist.callback.auth=hmac", "agentassist.callback.secret=" + BridgeTest.CALLBACK_SECRET,
		"agentassist.callback.allowed-urls=https://partner.example:8443/hooks",
		// Short, so that a test may wait for them; long enough for a busy
		// machine.
		"agentassist.genesys.deadline=15s", "agentassist.genesys.response-timeout=3s",
		"camel.component.http.response-timeout=3000", "agentassist.analytics.deadline=4s",
		"agentassist.genesys.base-delay=50ms", "agentassist.suggestions.max-construction-latency=10s",
		"agentassist.suggestions.max-wait=25s", "agentassist.stream.watch-interval=50ms",
		"agentassist.stream.keep-alive-interval=200ms", "agentassist.stream.max-streams=20",
		"agentassist.outbox.base-delay=100ms", "agentassist.outbox.max-delay=400ms",
		"agentassist.outbox.max-probe-delay=200ms", "agentassist.outbox.claim-time=1s",
		"agentassist.outbox.watch-interval=100ms", "spring.test.observability.auto-configure=true",
		"management.server.port=0", "agentassist.routes.live=false",
		// On the class path for BrokerHopTest only.
		"spring.autoconfigure.exclude=org.springframework.boot.autoconfigure.jms.artemis.ArtemisAutoConfiguration",
		// So small that files are followed by others, and checkpoints made.
		"agentassist.audit.max-file-size=4KB", "agentassist.audit.poll-interval=20ms",
		"agentassist.analytics.poll-interval=20ms", "agentassist.lifecycle.expiry-interval=50ms",
		// None of the run's requests is overdue by itself.
		"agentassist.lifecycle.expire-after=1h", "agentassist.callback.unknown-request-wait=2s",
		"agentassist.lifecycle.purge-interval=100ms",
		// The breaker has a test of its own.
		"agentassist.genesys.breaker.window=10000", "agentassist.genesys.breaker.minimum-calls=10000" })
@ContextConfiguration(initializers = BridgeTest.Surroundings.class)
public abstract class BridgeTest {

	/** Where the provider would reach us. */
	protected static final String PUBLIC_URL = "https://bridge.example";

	/** Signs callbacks. */
	protected static final String CALLBACK_SECRET = "callback-secret-of-the-tests";

	/** Reads and writes JSON without any setting of the application's. */
	protected static final ObjectMapper JSON = new ObjectMapper();

	/** Events of {@link #queueBatchForAnalytics}. */
	protected static final int BATCH = 160;

	private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private static final StubbedProvider.HeldAnswers HELD = new StubbedProvider.HeldAnswers();

	/** Provider and analytics of every test. */
	protected static final WireMockServer WORLD = startWorld();

	/** Organisations besides the default one; each for one test, which may spoil it. */
	private static final List<String> ORGANISATIONS = List.of("emea", "named", "hanging", "failing", "cold", "wrong",
			"tokenless", "trickling", "endless", "limited", "spread", "nonsense", "held", "limited-for-long",
			"without-token", "traced", "[emea*]");

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private static final String PROBE = "probe";

	/** What the provider and analytics answer. */
	protected final StubbedProvider provider = new StubbedProvider(WORLD, HELD);

	/** The real database. */
	@Autowired
	protected JdbcTemplate database;

	@Autowired
	private Environment environment;

	@Autowired
	private CamelContext camel;

	@Autowired
	private MeterRegistry registry;

	@LocalServerPort
	private int port;

	private static WireMockServer startWorld() {
		WireMockServer world = new WireMockServer(WireMockConfiguration.options()
			.dynamicPort()
			.containerThreads(120)
			// Half of a hundred connections made at once find no place in the default
			// one.
			.jettyAcceptQueueSize(1000)
			.extensions(HELD)
			.globalTemplating(true));
		world.start();
		// The first templated answer takes seconds; a bridge should not time out on it.
		world.stubFor(WireMock.any(WireMock.anyUrl())
			.willReturn(StubbedProvider.answer(200, "{{jsonPath request.body '$.conversationId'}}")));
		send(HttpRequest.newBuilder(URI.create(world.baseUrl()))
			.POST(HttpRequest.BodyPublishers.ofString("{\"conversationId\":1}"))
			.build());
		return world;
	}

	@BeforeEach
	void resetWorld() {
		WORLD.resetAll();
		HELD.hold();
		this.provider.issuesTokens();
		this.provider.queues();
		this.provider.takesAnalytics();
	}

	/** Adds a route as a site may have one, until the test ends. */
	protected void addProbe(String path, Processor processor) throws Exception {
		RouteBuilder.addRoutes(this.camel,
				(routes) -> routes.from("platform-http:" + path).routeId(PROBE).process(processor));
	}

	@AfterEach
	void releaseAnswers() {
		HELD.release();
	}

	@AfterEach
	void removeProbe() throws Exception {
		if (this.camel.getRoute(PROBE) != null) {
			this.camel.getRouteController().stopRoute(PROBE);
			this.camel.removeRoute(PROBE);
		}
	}

	/** An id that no other test uses. */
	protected static String unique(String prefix) {
		return prefix + UUID.randomUUID();
	}

	/** A valid request for suggestions. */
	protected static ObjectNode suggestionRequest(String conversationId) {
		ObjectNode request = JSON.createObjectNode();
		request.put("conversation_id", conversationId);
		request.put("transcript", "Customer: my bill is wrong. Agent: let me look.");
		request.putArray("agent_skills").add("billing");
		request.putArray("knowledge_source_ids").add("ks-1").add("ks-2");
		request.put("agent_id", "agent-7");
		return request;
	}

	/** A callback that brings suggestions. */
	protected static ObjectNode completed(String requestId, ObjectNode... suggestions) {
		ObjectNode callback = JSON.createObjectNode();
		callback.put("id", requestId).put("status", "completed");
		ArrayNode array = callback.putArray("suggestions");
		for (ObjectNode suggestion : suggestions) {
			array.add(suggestion);
		}
		return callback;
	}

	/** A suggestion as the provider sends it. */
	protected static ObjectNode suggestion(String id, double confidence, String... tags) {
		ObjectNode suggestion = JSON.createObjectNode();
		suggestion.put("id", id);
		suggestion.put("title", "Title of " + id);
		suggestion.put("content", "Content of " + id);
		suggestion.put("confidence", confidence);
		suggestion.put("knowledge_source_id", "ks-1");
		ArrayNode array = suggestion.putObject("metadata").putArray("tags");
		for (String tag : tags) {
			array.add(tag);
		}
		return suggestion;
	}

	protected URI uri(String path) {
		return URI.create("http://127.0.0.1:" + this.port + path);
	}

	protected HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
	}

	protected static HttpResponse<String> send(HttpRequest request) {
		return sendAsync(request).join();
	}

	protected static CompletableFuture<HttpResponse<String>> sendAsync(HttpRequest request) {
		return CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofString());
	}

	protected HttpResponse<String> get(String path) {
		return send(request(path).build());
	}

	protected HttpRequest postRequest(String path, byte[] body, String... headers) {
		HttpRequest.Builder builder = request(path).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofByteArray(body));
		for (int i = 0; i < headers.length; i += 2) {
			builder.setHeader(headers[i], headers[i + 1]);
		}
		return builder.build();
	}

	protected HttpResponse<String> post(String path, String body, String... headers) {
		return send(postRequest(path, body.getBytes(StandardCharsets.UTF_8), headers));
	}

	/** Asks for suggestions as a desktop does. */
	protected HttpResponse<String> ask(JsonNode request) {
		return post("/agentassist/suggestions", request.toString());
	}

	/** Asks for suggestions that the provider queues; returns the request's id. */
	protected String queue(String conversationId) {
		HttpResponse<String> answer = ask(suggestionRequest(conversationId));
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		return json(answer).path("request_id").asText();
	}

	/** A callback with the provider's signature. */
	protected HttpRequest signed(byte[] body) {
		return postRequest("/agentassist/callback", body, "X-Hub-Signature-256", signature(body, CALLBACK_SECRET));
	}

	protected HttpResponse<String> callBack(String body) {
		return send(signed(body.getBytes(StandardCharsets.UTF_8)));
	}

	protected HttpResponse<String> callBack(JsonNode body) {
		return callBack(body.toString());
	}

	/** A callback that is part of a trace. */
	protected HttpResponse<String> callBack(JsonNode body, String traceparent) {
		byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
		return send(postRequest("/agentassist/callback", bytes, "X-Hub-Signature-256",
				signature(bytes, CALLBACK_SECRET), "traceparent", traceparent));
	}

	/** Posts one signed callback many times at once, each on a connection of its own. */
	protected List<HttpResponse<String>> callBackAtOnce(byte[] callback, int times) {
		return Stream.generate(() -> sendAsync(signed(callback)))
			.limit(times)
			.toList()
			.stream()
			.map(CompletableFuture::join)
			.toList();
	}

	/** The provider's signature of a body. */
	protected static String signature(byte[] body, String secret) {
		try {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
			return "sha256=" + Base64.getEncoder().encodeToString(mac.doFinal(body));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	protected HttpResponse<String> giveFeedback(String requestId, String suggestionId, String action, String agentId) {
		ObjectNode feedback = JSON.createObjectNode();
		feedback.put("request_id", requestId).put("suggestion_id", suggestionId).put("action", action);
		feedback.put("agent_id", agentId);
		return post("/agentassist/feedback", feedback.toString());
	}

	protected JsonNode lookUp(String requestId) {
		HttpResponse<String> answer = get("/agentassist/suggestions/" + requestId);
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		return json(answer);
	}

	protected static JsonNode json(HttpResponse<String> answer) {
		return json(answer.body());
	}

	protected static JsonNode json(String text) {
		try {
			return JSON.readTree(text);
		}
		catch (JsonProcessingException ex) {
			throw new AssertionError("No JSON: " + text, ex);
		}
	}

	/** Asserts an RFC 9457 answer that tells nothing it should not. */
	protected static JsonNode assertProblem(HttpResponse<String> answer, int status) {
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
		assertThat(answer.headers().firstValue("Content-Type"))
			.hasValueSatisfying((type) -> assertThat(type).as(answer.body())
				.matches("application/problem\\+json(;charset=(?i)utf-8)?"));
		assertThat(answer.body()).doesNotContain("Exception", "io.agentassist", "org.apache", "org.springframework");
		assertNoForeignHeaders(answer);
		JsonNode problem = json(answer);
		assertThat(problem.path("status").asInt()).isEqualTo(status);
		assertThat(problem.path("title").asText()).isNotEmpty();
		return problem;
	}

	/** Asserts a 400 with exactly one wrong field. */
	protected static void assertFieldError(HttpResponse<String> answer, String field, String message) {
		JsonNode problem = assertProblem(answer, 400);
		ArrayNode expected = JSON.createArrayNode();
		expected.addObject().put("field", field).put("message", message);
		assertThat(problem.path("errors")).isEqualTo(expected);
		assertThat(problem.path("detail").asText()).isEqualTo(message);
	}

	/** Asserts that an answer has the headers of the contract and no others. */
	protected static void assertNoForeignHeaders(HttpResponse<?> answer) {
		assertThat(answer.headers().map().keySet()).isSubsetOf("allow", "accept", "accept-encoding", "cache-control",
				"connection", "content-length", "content-security-policy", "content-type", "date",
				"idempotent-replayed", "keep-alive", "location", "retry-after", "transfer-encoding", "vary",
				"www-authenticate", "x-accel-buffering", "x-content-type-options");
	}

	/** The audit lines of a request, oldest first. */
	protected List<JsonNode> auditLines(String requestId) {
		return auditLines(Path.of(this.environment.getRequiredProperty("agentassist.audit.directory")), requestId);
	}

	/** The audit lines of a request in a folder, oldest first. */
	protected static List<JsonNode> auditLines(Path directory, String requestId) {
		List<JsonNode> lines = new ArrayList<>();
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.filter((path) -> path.getFileName().toString().matches("audit-.*\\.jsonl"))
				.sorted()
				.toList()) {
				for (String line : Files.readAllLines(file)) {
					if (line.contains(requestId)) {
						lines.add(json(line));
					}
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		lines.removeIf((line) -> !requestId.equals(line.path("request_id").asText()));
		return lines;
	}

	/**
	 * Waits until every event of a request is delivered, then returns its audit lines.
	 */
	protected List<JsonNode> settledAuditLines(String requestId) {
		await().atMost(PATIENCE).until(() -> waitingEvents(requestId) == 0);
		return auditLines(requestId);
	}

	/** The actions in the audit log, once every event of the request is delivered. */
	protected List<String> settledActions(String requestId) {
		return settledAuditLines(requestId).stream().map((line) -> line.path("action").asText()).toList();
	}

	/** How many events of a request wait for their delivery. */
	protected int waitingEvents(String requestId) {
		return this.database.queryForObject("SELECT count(*) FROM outbox WHERE payload LIKE ?", Integer.class,
				"%\"" + requestId + "\"%");
	}

	/**
	 * Stores events for analytics, more than are posted at once but no more than are
	 * claimed at once, as if they were of one request.
	 */
	protected void queueBatchForAnalytics(String requestId) {
		String row = "('analytics', ?, '{\"request_id\":\"" + requestId + "\"}')";
		this.database.update(
				"INSERT INTO outbox (destination, event_id, payload) VALUES "
						+ String.join(", ", Collections.nCopies(BATCH, row)),
				IntStream.range(0, BATCH).boxed().map(Object::toString).toArray());
	}

	/** Makes a request, and what is known of it, older. */
	protected void age(String requestId, Duration by) {
		Instant submittedAt = Instant.parse(lookUp(requestId).path("submitted_at").asText());
		this.database.update("UPDATE suggestion_request SET submitted_at = ? WHERE request_id = ?",
				submittedAt.minus(by).atOffset(ZoneOffset.UTC), requestId);
	}

	/** Does something while the database refuses the events of a request. */
	protected void whileNothingIsRecordedOf(String requestId, Runnable action) {
		this.database
			.execute("ALTER TABLE outbox ADD CONSTRAINT broken_by_test CHECK (payload NOT LIKE '%" + requestId + "%')");
		try {
			action.run();
		}
		finally {
			this.database.execute("ALTER TABLE outbox DROP CONSTRAINT broken_by_test");
		}
	}

	/**
	 * Waits until so many look-ups, and callbacks that overtook their triggers, wait.
	 */
	protected void awaitWaitingCallers(int number) {
		eventually(
				() -> assertThat(this.registry.get("agentassist.waiting.callers").gauge().value()).isEqualTo(number));
	}

	/**
	 * How many threads serve requests. Of a server that has stopped, one of another
	 * test's, Tomcat says -2.
	 */
	protected double busyThreads() {
		return this.registry.get("tomcat.threads.busy")
			.gauges()
			.stream()
			.mapToDouble(Gauge::value)
			.filter((busy) -> busy > 0)
			.sum();
	}

	/** Waits for a condition that asserts. */
	protected static void eventually(ThrowingRunnable assertion) {
		await().atMost(PATIENCE).untilAsserted(assertion);
	}

	/** How long something takes. */
	protected static Duration timed(Runnable action) {
		long start = System.nanoTime();
		action.run();
		return Duration.ofNanos(System.nanoTime() - start);
	}

	/** Changes a valid request. */
	protected static ObjectNode suggestionRequest(String conversationId, Consumer<ObjectNode> change) {
		ObjectNode request = suggestionRequest(conversationId);
		change.accept(request);
		return request;
	}

	/**
	 * Gives each application a folder of its own and the addresses of the outside world.
	 */
	@Order(Ordered.HIGHEST_PRECEDENCE)
	static class Surroundings implements ApplicationContextInitializer<ConfigurableApplicationContext> {

		@Override
		public void initialize(ConfigurableApplicationContext context) {
			Path directory = temporaryDirectory();
			Environment environment = context.getEnvironment();
			List<String> values = new ArrayList<>();
			// A slash at the end is as good as none.
			values.add("agentassist.genesys.api-url=" + WORLD.baseUrl() + "/api/");
			values.add("agentassist.genesys.login-url=" + WORLD.baseUrl() + "/login");
			values.add("agentassist.routes.history=" + directory.resolve("routes"));
			for (String organisation : ORGANISATIONS) {
				String key = "agentassist.genesys.organisations." + organisation;
				String url = WORLD.baseUrl() + "/" + organisation.replaceAll("\\W", "-");
				values.add(key + ".api-url=" + url);
				values.add(key + ".login-url=" + url);
				values.add(key + ".client-id=client-of-" + organisation);
				values.add(key + ".client-secret=secret-of-" + organisation);
				values.add(key + ".max-concurrent-queries=" + (organisation.equals("cold") ? 100 : 4));
			}
			values.add("agentassist.audit.directory=" + directory.resolve("audit"));
			values.add("agentassist.audit.signing-key=" + directory.resolve("signing-key.pem"));
			if (!environment.getProperty("test.analytics", Boolean.class, true)) {
				values.add("agentassist.analytics.endpoint=");
			}
			else {
				values.add("agentassist.analytics.endpoint=" + WORLD.baseUrl() + StubbedProvider.ANALYTICS_PATH);
			}
			TestDatabase.of(environment, directory).forEach((key, value) -> values.add(key + "=" + value));
			TestPropertyValues.of(values).applyTo(context.getEnvironment());
		}

		private static Path temporaryDirectory() {
			try {
				Path directory = Files.createTempDirectory("bridge-test");
				directory.toFile().deleteOnExit();
				return directory;
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
