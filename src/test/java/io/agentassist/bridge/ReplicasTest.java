package io.agentassist.bridge;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.desktop.EventStreamClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static io.agentassist.bridge.StubbedProvider.queued;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that two instances on one PostgreSQL are one service: A is the application that
 * the other tests use, B a second one.
 */
@Tag("postgresql")
class ReplicasTest extends BridgeTest {

	@TempDir
	private static Path auditOfB;

	private static ConfigurableApplicationContext b;

	@Autowired
	private Environment environmentOfA;

	@BeforeEach
	void startB() {
		if (b == null) {
			List<String> arguments = new ArrayList<>(
					List.of("server.port=0", "agentassist.audit.directory=" + auditOfB));
			arguments.addAll(List.of(BridgeTest.class.getAnnotation(SpringBootTest.class).properties()));
			for (String key : List.of("agentassist.genesys.api-url", "agentassist.genesys.login-url",
					"agentassist.analytics.endpoint", "spring.datasource.url", "spring.datasource.username",
					"spring.datasource.password")) {
				arguments.add(key + "=" + this.environmentOfA.getRequiredProperty(key));
			}
			b = new SpringApplicationBuilder(AgentAssistBridge.class)
				.run(arguments.stream().map((argument) -> "--" + argument).toArray(String[]::new));
		}
	}

	@AfterAll
	static void stopB() {
		b.close();
		b = null;
	}

	@Test
	void shouldLetEachStepOfACycleReachEitherInstance() {
		String id = queue(unique("conv-"));
		String suggestion = unique("sug-");
		CompletableFuture<HttpResponse<String>> waiting = sendAsync(
				request("/agentassist/suggestions/" + id + "?wait=PT20S").build());

		assertThat(send(onB(signed(bytes(completed(id, suggestion(suggestion, 0.5)))))).statusCode()).isEqualTo(200);

		assertThat(json(waiting.join()).path("status").asText()).isEqualTo("completed");
		ObjectNode feedback = JSON.createObjectNode()
			.put("request_id", id)
			.put("suggestion_id", suggestion)
			.put("action", "accepted");
		assertThat(send(onB(postRequest("/agentassist/feedback", bytes(feedback)))).statusCode()).isEqualTo(202);
		assertThat(post("/agentassist/feedback", feedback.toString()).statusCode()).isEqualTo(202);
		assertThat(json(send(onB(request("/agentassist/suggestions/" + id).build()))).path("status").asText())
			.isEqualTo("completed");
		assertSettled(id, "presented", "accepted");
	}

	@Test
	void shouldStreamWhatTheOtherInstanceTookAndReplayWhatTheOtherOneStreamed() {
		String conversation = unique("conv-");
		String path = "/agentassist/conversations/" + conversation + "/stream";
		String id = queue(conversation);
		String cursor;
		try (EventStreamClient onA = new EventStreamClient(request(path).build())) {
			assertThat(send(onB(signed(bytes(completed(id))))).statusCode()).isEqualTo(200);

			cursor = onA.awaitEvents(1).get(0).id();
		}
		this.provider.answers(queued(unique("sug-req-")));
		String missed = queue(conversation);
		callBack(completed(missed));
		try (EventStreamClient onB = new EventStreamClient(
				onB(request(path).header("Last-Event-ID", cursor).build()))) {
			assertThat(onB.awaitEvents(1)).extracting(EventStreamClient.Event::requestId).containsExactly(missed);
		}
	}

	@Test
	void shouldHaveOneEffectWhenTheCallbackComesToBothAtOnce() {
		for (int round = 0; round < 10; round++) {
			String id = queue(unique("conv-"));
			HttpRequest toA = signed(bytes(completed(id, suggestion(unique("sug-"), 0.5))));
			List<HttpResponse<String>> answers = Stream.of(toA, onB(toA), toA, onB(toA))
				.map(BridgeTest::sendAsync)
				.toList()
				.stream()
				.map(CompletableFuture::join)
				.toList();

			assertThat(answers).allSatisfy((answer) -> assertThat(answer.statusCode()).isEqualTo(200));
			assertThat(answers).extracting(HttpResponse::body).containsOnly(answers.get(0).body());
			assertThat(
					answers.stream().filter((answer) -> answer.headers().firstValue("Idempotent-Replayed").isEmpty()))
				.hasSize(1);
			assertSettled(id, "presented");
		}
	}

	@Test
	void shouldDeliverEachEventOnce() {
		List<String> ids = IntStream.range(0, 100).mapToObj((i) -> {
			String id = queue(unique("conv-"));
			HttpRequest callback = signed(bytes(completed(id, suggestion(unique("sug-"), 0.5))));
			sendAsync((i % 2 == 0) ? callback : onB(callback)).join();
			return id;
		}).toList();

		ids.forEach((id) -> assertSettled(id, "presented"));
		assertThat(ids.stream().filter((id) -> !linesOfB(id).isEmpty())).isNotEmpty();
		assertThat(ids.stream().filter((id) -> !auditLines(id).isEmpty())).isNotEmpty();
	}

	@Test
	void shouldNotTakeOverFromAnInstanceThatIsSlowButAlive() {
		String id = queue(unique("conv-"));
		this.provider.holds(analytics(id).willReturn(answer(202, "{}")));
		callBack(completed(id));
		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSize(1));
		Instant claimedUntil = claimedUntil(id);
		// Twice the claim time of the tests.
		eventually(() -> assertThat(claimedUntil(id)).isAfter(claimedUntil.plusSeconds(2)));
		this.provider.release();

		assertSettled(id, "presented");
	}

	private Instant claimedUntil(String requestId) {
		return this.database
			.queryForObject("SELECT next_attempt_at FROM outbox WHERE destination = 'analytics' AND payload LIKE ?",
					Timestamp.class, "%" + requestId + "%")
			.toInstant();
	}

	@Test
	void shouldExpireARequestOnce() {
		String id = queue(unique("conv-"));

		age(id, java.time.Duration.ofHours(1));

		eventually(() -> assertThat(lookUp(id).path("status").asText()).isEqualTo("expired"));
		assertSettled(id, "expired");
	}

	/** Each event is in one audit log of the two, and reached analytics once. */
	private void assertSettled(String id, String... actions) {
		List<JsonNode> lines = new ArrayList<>(settledAuditLines(id));
		lines.addAll(linesOfB(id));
		assertThat(lines).extracting((line) -> line.path("action").asText()).containsExactlyInAnyOrder(actions);
		assertThat(this.provider.analyticsEventsOf(id)).extracting((event) -> event.path("action").asText())
			.containsExactlyInAnyOrder(actions);
	}

	private List<JsonNode> linesOfB(String id) {
		return auditLines(auditOfB, id);
	}

	private static HttpRequest onB(HttpRequest request) {
		URI uri = request.uri();
		return HttpRequest.newBuilder(request, (name, value) -> true)
			.uri(URI.create(uri.toString()
				.replace(":" + uri.getPort(), ":" + b.getEnvironment().getProperty("local.server.port"))))
			.build();
	}

	private static byte[] bytes(JsonNode body) {
		return body.toString().getBytes(StandardCharsets.UTF_8);
	}

}
