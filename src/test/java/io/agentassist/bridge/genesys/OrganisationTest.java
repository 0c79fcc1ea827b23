package io.agentassist.bridge.genesys;

import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.management.Attribute;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.agentassist.bridge.StrictBridgeTest;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jmx.export.MBeanExporter;

import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static io.agentassist.bridge.StubbedProvider.answer;
import static io.agentassist.bridge.StubbedProvider.queued;
import static io.agentassist.bridge.StubbedProvider.refusal;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that organisations share nothing: one that hangs, fails, is limited or has no
 * token harms no other. Each test has organisations of its own, which no other spoils.
 */
@ExtendWith(OutputCaptureExtension.class)
class OrganisationTest extends StrictBridgeTest {

	/** All organisations of the tests have this many places but {@code cold}. */
	private static final int PLACES = 4;

	@Autowired
	private CamelContext camel;

	@Autowired
	private MeterRegistry meters;

	@Autowired
	private ProvidersHealthIndicator health;

	@Autowired
	@Qualifier("managementBeansExporter")
	private MBeanExporter exporter;

	@Test
	void shouldAskTheOrganisationThatTheRequestNames() {
		issuesTokens("named", "token-of-named");
		queues("named");

		assertThat(ask("named").statusCode()).isEqualTo(202);

		assertThat(queriesOf("named")).singleElement()
			.satisfies((query) -> assertThat(query.getHeader("Authorization")).isEqualTo("Bearer token-of-named"));
		assertThat(tokenRequestsOf("named")).hasSizeLessThanOrEqualTo(1)
			.allSatisfy((token) -> assertThat(token.getHeader("Authorization")).isEqualTo("Basic " + Base64.getEncoder()
				.encodeToString("client-of-named:secret-of-named".getBytes(StandardCharsets.UTF_8))));
		assertThat(this.provider.queries()).isEmpty();
		assertThat(this.meters.get("agentassist.provider.calls")
			.tags("organisation", "named", "status", "202", "attempt", "1")
			.timer()
			.count()).isPositive();
		assertThat(this.meters.get("agentassist.provider.token.refreshes")
			.tags("organisation", "named", "outcome", "ok")
			.counter()
			.count()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "nowhere", "", "EMEA", "../emea" })
	void shouldAnswer400WhenTheOrganisationIsUnknown(String name) {
		assertFieldError(ask(name), "X-Organisation", "Unknown organisation.");
		assertThat(this.provider.queries()).isEmpty();
	}

	@Test
	void shouldServeOtherOrganisationsWhileOneHangs() {
		issuesTokens("hanging", "t");
		this.provider.holds(WireMock.post(urlEqualTo(queryPath("hanging"))).willReturn(queued()));
		List<CompletableFuture<HttpResponse<String>>> slow = Stream.generate(() -> askAsync("hanging"))
			.limit(PLACES)
			.toList();
		eventually(() -> assertThat(queriesOf("hanging")).hasSize(PLACES));
		assertThat(this.meters.get("agentassist.provider.concurrent").tag("organisation", "hanging").gauge().value())
			.isEqualTo(PLACES);

		HttpResponse<String> oneMore = ask("hanging");
		assertProblem(oneMore, 503);
		assertThat(oneMore.headers().allValues("Retry-After")).containsExactly("1");
		assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202);
		assertThat(slow).noneMatch(CompletableFuture::isDone);

		this.provider.release();
		assertThat(slow).allSatisfy((answer) -> assertThat(answer.join().statusCode()).isEqualTo(202));
	}

	/** The start failed. */
	@Test
	void shouldShowAnOrganisationWhoseNameJmxMustQuote() throws JMException {
		showInJmx();

		assertThat(mbean(ObjectName.quote("emea*"), "BreakerState")).isEqualTo("CLOSED");
	}

	/** Else a first failure is no increase to Prometheus. */
	@Test
	void shouldCountTokensFromZeroOn() {
		assertThat(this.meters.get("agentassist.provider.token.refreshes")
			.tag("organisation", "named")
			.counters()
			.stream()
			.map((counter) -> counter.getId().getTag("outcome"))).containsExactlyInAnyOrder("ok", "refused", "failed");
	}

	@Test
	void shouldOpenTheBreakerOfTheFailingOrganisationOnly(CapturedOutput log) throws JMException {
		issuesTokens("failing", "t");
		stub("failing", refusal(500, "broken"));

		showInJmx();

		// It tries the provider again after a while.
		eventually(() -> {
			assertProblem(ask("failing"), 503);
			assertThat(mbean("failing", "BreakerState")).isEqualTo("OPEN");
			Health state = this.health.health();
			assertThat(state.getStatus().getCode()).isEqualTo("DEGRADED");
			assertThat(state.getDetails().get("failing").toString()).contains("breaker=OPEN", "last failure=HTTP 500");
			assertThat(this.meters.get("resilience4j.circuitbreaker.state")
				.tags("name", "failing", "state", "open")
				.gauge()
				.value()).isEqualTo(1);
		});

		// The cause was buried below a warning for each request that was not made.
		assertThat(log.getOut())
			.contains("WARN  Provider                 The circuit breaker of organisation 'failing' is OPEN now,"
					+ " it was CLOSED; the last failure: HTTP 500")
			.containsPattern("INFO .* answered 503: The provider keeps failing")
			.doesNotContainPattern("WARN .* answered 503: The provider keeps failing");
		assertThat(mbean(GenesysProperties.DEFAULT, "BreakerState")).isNotEqualTo("OPEN");
		assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202);
		queues("failing");
		ManagementFactory.getPlatformMBeanServer().invoke(name("failing"), "resetBreaker", null, null);
		assertThat(ask("failing").statusCode()).isEqualTo(202);
		assertThat((Long) mbean("failing", "TokenExpiresInSeconds")).isBetween(86000L, 86400L);
		assertThat((Long) mbean("failing", "TokenAgeSeconds")).isBetween(0L, 60L);
	}

	@Test
	void shouldFetchOneTokenForAHundredRequestsAtOnce() {
		stubToken("cold", answer(200, "{\"access_token\":\"t\",\"expires_in\":600}").withFixedDelay(500));
		queues("cold");

		List<CompletableFuture<HttpResponse<String>>> answers = Stream.generate(() -> askAsync("cold"))
			.limit(100)
			.toList();

		assertThat(answers).allSatisfy((answer) -> assertThat(answer.join().statusCode()).isEqualTo(202));
		assertThat(tokenRequestsOf("cold")).hasSize(1);
		assertThat(queriesOf("cold")).hasSize(100);
	}

	@Test
	void shouldTryAWrongSecretOnceInABackOffAndNeverShowIt(CapturedOutput output) {
		stubToken("wrong", answer(401, "{\"error\":\"invalid_client\",\"error_description\":\"client not found\"}")
			.withHeader("ININ-Correlation-Id", "correlation-2"));
		queues("wrong");

		String answers = "";
		for (int i = 0; i < 50; i++) {
			HttpResponse<String> answer = ask("wrong");
			JsonNode problem = assertProblem(answer, 502);
			assertThat(problem.path("provider").path("code").asText()).isEqualTo("invalid_client");
			assertThat(problem.path("provider").path("correlation_id").asText()).isEqualTo("correlation-2");
			answers += answer.body();
		}

		// 25 ms, doubled with each.
		assertThat(tokenRequestsOf("wrong")).hasSizeBetween(1, 12);
		assertThat(queriesOf("wrong")).isEmpty();
		assertThat(output.getAll()).contains("organisation 'wrong': check its client-id", "correlation-2");
		assertThat(output.getAll() + answers).doesNotContain("secret-of-wrong",
				Base64.getEncoder().encodeToString("client-of-wrong:secret-of-wrong".getBytes(StandardCharsets.UTF_8)));
	}

	@Test
	void shouldAnswer504ByTheDeadlineWhenTheTokenDoesNotCome() {
		this.provider.holds(WireMock.post(urlEqualTo(tokenPath("tokenless"))).willReturn(answer(200, "{}")));
		queues("tokenless");

		List<CompletableFuture<HttpResponse<String>>> answers = Stream.generate(() -> askAsync("tokenless"))
			.limit(PLACES)
			.toList();

		Duration took = timed(() -> assertThat(answers).allSatisfy((answer) -> assertProblem(answer.join(), 504)));

		// The deadline is 5 s.
		assertThat(took).isLessThan(Duration.ofSeconds(15));
		assertThat(tokenRequestsOf("tokenless")).hasSize(1);
		assertThat(queriesOf("tokenless")).isEmpty();
	}

	@Test
	void shouldCutAnAnswerThatTricklesPastTheDeadline() {
		issuesTokens("trickling", "t");
		// A piece each second: no single read times out. The test does not wait for its
		// end.
		stub("trickling", queued().withChunkedDribbleDelay(60, 60_000));

		Duration took = timed(() -> assertProblem(ask("trickling"), 504));

		assertThat(took).isBetween(Duration.ofMillis(4500), Duration.ofSeconds(15));
		assertThat(queriesOf("trickling")).hasSize(1);
	}

	/** The client read on until the memory was full. */
	@Test
	void shouldAnswer502WhenTheAnswerHasTooManyHeaders() {
		issuesTokens("endless", "t");
		ResponseDefinitionBuilder answer = queued();
		IntStream.range(0, 200).forEach((header) -> answer.withHeader("X-" + header, "x"));
		stub("endless", answer);

		assertThat(assertProblem(ask("endless"), 502).path("detail").asText())
			.isEqualTo("The provider sent too many headers, or too long ones.");
		assertThat(queriesOf("endless")).hasSize(1);
	}

	@Test
	void shouldAnswer429WithoutAskingOnceNothingIsLeftOfTheRate() {
		issuesTokens("limited", "t");
		stub("limited",
				queued().withHeader("inin-ratelimit-count", "300")
					.withHeader("inin-ratelimit-allowed", "300")
					.withHeader("inin-ratelimit-reset", "30"));
		assertThat(ask("limited").statusCode()).isEqualTo(202);

		HttpResponse<String> second = ask("limited");

		assertProblem(second, 429);
		assertThat(second.headers().firstValueAsLong("Retry-After").orElseThrow()).isBetween(1L, 30L);
		assertThat(queriesOf("limited")).hasSize(1);
		assertThat(
				this.meters.get("agentassist.provider.rate.remaining").tag("organisation", "limited").gauge().value())
			.isZero();
	}

	@Test
	void shouldWaitForTheNextWindowWhereItIsNear() {
		issuesTokens("spread", "t");
		stub("spread",
				queued().withHeader("inin-ratelimit-count", "300")
					.withHeader("inin-ratelimit-allowed", "300")
					.withHeader("inin-ratelimit-reset", "1"));
		assertThat(ask("spread").statusCode()).isEqualTo(202);

		assertThat(ask("spread").statusCode()).isEqualTo(202);

		List<LoggedRequest> queries = queriesOf("spread");
		assertThat(queries).hasSize(2);
		assertThat(Duration.between(queries.get(0).getLoggedDate().toInstant(),
				queries.get(1).getLoggedDate().toInstant()))
			.isGreaterThan(Duration.ofMillis(900));
	}

	@Test
	void shouldTakeNonsenseInRateHeadersForNothing() {
		issuesTokens("nonsense", "t");
		stub("nonsense",
				queued().withHeader("inin-ratelimit-count", "-1")
					.withHeader("inin-ratelimit-allowed", "many")
					.withHeader("inin-ratelimit-reset", "99999999999999999999"));

		IntStream.range(0, 3).forEach((i) -> assertThat(ask("nonsense").statusCode()).isEqualTo(202));
	}

	/** The body is the platform's. */
	@Test
	void shouldPassOn429AndRetryAfterWhenTheWaitIsPastTheDeadline(CapturedOutput output) {
		issuesTokens("limited-for-long", "t");
		stub("limited-for-long", answer(429,
				"""
						{"message":"Rate limit exceeded the maximum. Retry the request in [42] seconds",
						"code":"too.many.requests.retry.after","status":429,"contextId":"context-42","details":[],"errors":[]}""")
			.withHeader("Retry-After", "42")
			.withHeader("ININ-Correlation-Id", "correlation-42"));

		HttpResponse<String> answer = ask("limited-for-long");

		JsonNode provider = assertProblem(answer, 429).path("provider");
		assertThat(answer.headers().allValues("Retry-After")).containsExactly("42");
		assertThat(provider.path("code").asText()).isEqualTo("too.many.requests.retry.after");
		assertThat(provider.path("message").asText()).contains("[42] seconds");
		assertThat(provider.path("context_id").asText()).isEqualTo("context-42");
		assertThat(provider.path("correlation_id").asText()).isEqualTo("correlation-42");
		assertThat(queriesOf("limited-for-long")).hasSize(1);
		assertThat(output.getAll()).contains("too.many.requests.retry.after", "context-42", "correlation-42");
	}

	@Test
	void shouldNotAskAgainWhileRetryAfterLasts() {
		issuesTokens("held", "t");
		stub("held", refusal(429, "too.many.requests.retry.after").withHeader("Retry-After", "30"));
		assertProblem(ask("held"), 429);
		queues("held");

		HttpResponse<String> second = ask("held");

		assertProblem(second, 429);
		assertThat(second.headers().firstValueAsLong("Retry-After").orElseThrow()).isBetween(1L, 30L);
		assertThat(queriesOf("held")).hasSize(1);
	}

	/** Headers and properties are what a log step, a tracer or a debugger shows. */
	@Test
	void shouldShowNoSecretInMessagesOrMBeans() throws Exception {
		issuesTokens("traced", "token-of-traced");
		queues("traced");
		Queue<String> seen = new ConcurrentLinkedQueue<>();
		EventNotifierSupport tracer = new EventNotifierSupport() {

			@Override
			public void notify(CamelEvent event) {
				if (event instanceof CamelEvent.ExchangeEvent step) {
					seen.add(step.getExchange().getMessage().getHeaders() + " " + step.getExchange().getProperties());
				}
			}
		};
		tracer.start();
		this.camel.getManagementStrategy().addEventNotifier(tracer);
		try {
			eventually(() -> assertThat(ask("traced").statusCode()).isEqualTo(202));
		}
		finally {
			this.camel.getManagementStrategy().removeEventNotifier(tracer);
		}

		assertThat(seen).anyMatch((step) -> step.contains("traced/oauth/token"))
			.anyMatch((step) -> step.contains("traced/api/v2"));
		showInJmx();
		assertThat(seen + allMBeans()).doesNotContain("token-of-traced", "secret-of-traced", Base64.getEncoder()
			.encodeToString("client-of-traced:secret-of-traced".getBytes(StandardCharsets.UTF_8)));
	}

	private static String allMBeans() throws JMException {
		MBeanServer server = ManagementFactory.getPlatformMBeanServer();
		StringBuilder all = new StringBuilder();
		for (ObjectName name : server.queryNames(null, null)) {
			String[] attributes = Stream.of(server.getMBeanInfo(name).getAttributes())
				.filter(MBeanAttributeInfo::isReadable)
				.map(MBeanAttributeInfo::getName)
				.toArray(String[]::new);
			for (Attribute attribute : server.getAttributes(name, attributes).asList()) {
				all.append(name).append(' ').append(attribute).append('\n');
			}
		}
		assertThat(all).contains("type=Provider,name=traced");
		return all.toString();
	}

	private HttpResponse<String> ask(String organisation) {
		return askAsync(organisation).join();
	}

	private CompletableFuture<HttpResponse<String>> askAsync(String organisation) {
		return sendAsync(postRequest("/agentassist/suggestions",
				suggestionRequest(unique("conv-")).toString().getBytes(StandardCharsets.UTF_8), "X-API-Key", API_KEY,
				"X-Organisation", organisation));
	}

	private void issuesTokens(String organisation, String token) {
		stubToken(organisation, answer(200, "{\"access_token\":\"" + token + "\",\"expires_in\":86400}"));
	}

	private void stubToken(String organisation, ResponseDefinitionBuilder answer) {
		this.provider.stub(WireMock.post(urlEqualTo(tokenPath(organisation))).willReturn(answer));
	}

	private void queues(String organisation) {
		stub(organisation, queued());
	}

	private void stub(String organisation, ResponseDefinitionBuilder answer) {
		this.provider.stub(WireMock.post(urlEqualTo(queryPath(organisation))).willReturn(answer));
	}

	private static List<LoggedRequest> queriesOf(String organisation) {
		return WORLD.findAll(postRequestedFor(urlEqualTo(queryPath(organisation))));
	}

	private static List<LoggedRequest> tokenRequestsOf(String organisation) {
		return WORLD.findAll(postRequestedFor(urlEqualTo(tokenPath(organisation))));
	}

	private static String queryPath(String organisation) {
		return "/" + organisation + "/api/v2/agentassist/suggestions/query";
	}

	private static String tokenPath(String organisation) {
		return "/" + organisation + "/oauth/token";
	}

	/** Of the tests' applications, the one that started last has the names. */
	private void showInJmx() {
		this.exporter.afterSingletonsInstantiated();
	}

	private static Object mbean(String organisation, String attribute) throws JMException {
		return ManagementFactory.getPlatformMBeanServer().getAttribute(name(organisation), attribute);
	}

	private static ObjectName name(String organisation) throws JMException {
		return new ObjectName("io.agentassist.bridge:type=Provider,name=" + organisation);
	}

}
