package io.agentassist.bridge;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Shows what a stop under load and a kill leave behind: everything acknowledged. */
@Tag("alone")
class StopAndKillIT {

	private static final int SENDERS = 8;

	private final StubbedProvider.HeldAnswers held = new StubbedProvider.HeldAnswers();

	private final WireMockServer world = new WireMockServer(WireMockConfiguration.options()
		.dynamicPort()
		.containerThreads(60)
		.globalTemplating(true)
		.extensions(this.held));

	private StubbedProvider provider;

	@TempDir
	private Path folder;

	@BeforeEach
	void startWorld() {
		this.world.start();
		this.provider = new StubbedProvider(this.world, this.held);
		this.provider.issuesTokens();
		this.provider.queues();
		this.provider.takesAnalytics();
	}

	@AfterEach
	void stopWorld() {
		this.world.stop();
	}

	@Test
	void shouldLoseNothingWhenStoppedUnderLoad() throws Exception {
		Set<String> queued = ConcurrentHashMap.newKeySet();
		Set<String> processed = ConcurrentHashMap.newKeySet();
		Queue<HttpResponse<String>> others = new ConcurrentLinkedQueue<>();
		try (PackagedBridge bridge = bridge(this.folder, Map.of())) {
			bridge.startAndAwait();
			List<CompletableFuture<Void>> senders = new ArrayList<>();
			for (int i = 0; i < SENDERS; i++) {
				senders.add(CompletableFuture.runAsync(() -> sendUntilRefused(bridge, queued, processed, others),
						(task) -> new Thread(task).start()));
			}
			await().atMost(Duration.ofMinutes(1)).until(() -> processed.size() > 150);

			bridge.process().destroy();

			// 128 + SIGTERM, and well within spring.lifecycle.timeout-per-shutdown-phase.
			assertThat(bridge.process().waitFor(25, TimeUnit.SECONDS)).as(bridge.log()).isTrue();
			assertThat(bridge.process().exitValue()).isEqualTo(143);
			senders.forEach(CompletableFuture::join);
			assertThat(others).allSatisfy((answer) -> assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503));
			assertThat(bridge.log()).doesNotContain("ERROR");

			bridge.startAndAwait();
			await().atMost(Duration.ofSeconds(30))
				.untilAsserted(() -> assertThat(analyticsEvents().keySet()).containsAll(processed));
			for (String id : queued) {
				assertThat(bridge.get("/agentassist/suggestions/" + id).statusCode()).as(id).isEqualTo(200);
			}
			await().atMost(Duration.ofSeconds(30))
				.untilAsserted(() -> assertThat(auditedRequests(bridge)).containsAll(processed));
			assertThat(auditedRequests(bridge)).doesNotHaveDuplicates();
			// A repeat, if any, is the same event.
			assertThat(analyticsEvents().values()).allSatisfy((events) -> assertThat(events).hasSize(1));
		}
	}

	/**
	 * It was told that its request is unknown, after which a provider does not repeat it.
	 */
	@Test
	void shouldTakeACallbackThatOvertakesItsTriggerDuringAStop() throws Exception {
		this.held.hold();
		String conversation = "conv-" + UUID.randomUUID();
		String id = StubbedProvider.requestIdOf(conversation);
		this.provider.holds(StubbedProvider.queryOf(conversation).willReturn(StubbedProvider.queued()));
		try (PackagedBridge bridge = bridge(this.folder, Map.of("agentassist.callback.unknown-request-wait", "4s"))) {
			bridge.startAndAwait();
			CompletableFuture<HttpResponse<String>> trigger = async(() -> bridge.post("/agentassist/suggestions",
					BridgeTest.suggestionRequest(conversation).toString()));
			await().until(() -> !this.provider.queriesOf(conversation).isEmpty());
			CompletableFuture<HttpResponse<String>> callback = async(
					() -> bridge.post("/agentassist/callback", BridgeTest.completed(id).toString()));
			await().ignoreExceptions().until(() -> bridge.metrics().contains("agentassist_waiting_callers 1.0"));

			bridge.process().destroy();
			await().until(() -> bridge.log().contains("Commencing graceful shutdown"));
			this.provider.release();

			assertThat(trigger.join().statusCode()).isEqualTo(202);
			assertThat(callback.join().statusCode()).as(bridge.log()).isEqualTo(200);
			assertThat(bridge.process().waitFor(25, TimeUnit.SECONDS)).as(bridge.log()).isTrue();
		}
	}

	private static CompletableFuture<HttpResponse<String>> async(Callable<HttpResponse<String>> call) {
		return CompletableFuture.supplyAsync(() -> {
			try {
				return call.call();
			}
			catch (Exception ex) {
				throw new CompletionException(ex);
			}
		}, (task) -> new Thread(task).start());
	}

	@Test
	void shouldTakeOverFromAKilledReplicaInSeconds() throws Exception {
		Map<String, String> database = TestDatabase.postgreSql();
		Map<String, String> settings = new HashMap<>(database);
		settings.put("spring.profiles.active", "postgresql");
		settings.put("agentassist.outbox.claim-time", "3s");
		Path folderOfA = Files.createDirectory(this.folder.resolve("a"));
		Path folderOfB = Files.createDirectory(this.folder.resolve("b"));
		// What A takes, it will never get rid of.
		this.world.stubFor(WireMock.post(urlEqualTo("/analytics-of-a"))
			.willReturn(StubbedProvider.answer(202, "{}").withFixedDelay(30_000)));
		Map<String, String> settingsOfA = new HashMap<>(settings);
		settingsOfA.put("agentassist.analytics.endpoint", this.world.baseUrl() + "/analytics-of-a");
		settingsOfA.put("camel.component.http.response-timeout", "60000");
		settingsOfA.put("agentassist.analytics.deadline", "60s");
		try (PackagedBridge a = bridge(folderOfA, settingsOfA); PackagedBridge b = bridge(folderOfB, settings)) {
			a.launch();
			b.startAndAwait();
			a.awaitAnswer();
			while (this.world.findAll(postRequestedFor(urlEqualTo("/analytics-of-a"))).isEmpty()) {
				cycle(a);
			}
			String taken = BridgeTest
				.json(this.world.findAll(postRequestedFor(urlEqualTo("/analytics-of-a"))).get(0).getBodyAsString())
				.path("request_id")
				.asText();
			// Longer than a claim: A renews it as long as it lives.
			await().during(Duration.ofSeconds(5))
				.atMost(Duration.ofSeconds(10))
				.until(() -> !analyticsEvents().containsKey(taken));

			a.kill();

			await().atMost(Duration.ofSeconds(7)).untilAsserted(() -> assertThat(analyticsEvents()).containsKey(taken));
			assertThat(BridgeTest.json(b.get("/agentassist/suggestions/" + taken).body()).path("status").asText())
				.isEqualTo("completed");
			cycle(b);
		}
	}

	private PackagedBridge bridge(Path home, Map<String, String> settings) {
		String url = this.world.baseUrl();
		Map<String, String> all = new HashMap<>(
				Map.of("agentassist.public-url", BridgeTest.PUBLIC_URL, "agentassist.genesys.client-id",
						StubbedProvider.CLIENT_ID, "agentassist.genesys.client-secret", StubbedProvider.CLIENT_SECRET,
						"agentassist.genesys.api-url", url + "/api", "agentassist.genesys.login-url", url + "/login",
						"agentassist.analytics.endpoint", url + StubbedProvider.ANALYTICS_PATH, "agentassist.api.auth",
						"none", "agentassist.callback.auth", "none"));
		// The first requests of a process find cold code.
		all.put("agentassist.suggestions.max-construction-latency", "10s");
		all.putAll(settings);
		return new PackagedBridge(home, all);
	}

	private static String cycle(PackagedBridge bridge) throws IOException, InterruptedException {
		HttpResponse<String> answer = bridge.post("/agentassist/suggestions",
				BridgeTest.suggestionRequest("conv-" + UUID.randomUUID()).toString());
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		String id = BridgeTest.json(answer).path("request_id").asText();
		HttpResponse<String> called = bridge.post("/agentassist/callback", callback(id));
		assertThat(called.statusCode()).as(called.body()).isEqualTo(200);
		return id;
	}

	private static void sendUntilRefused(PackagedBridge bridge, Set<String> queued, Set<String> processed,
			Queue<HttpResponse<String>> others) {
		try {
			while (true) {
				HttpResponse<String> answer = bridge.post("/agentassist/suggestions",
						BridgeTest.suggestionRequest("conv-" + UUID.randomUUID()).toString());
				if (answer.statusCode() != 202) {
					others.add(answer);
					continue;
				}
				String id = BridgeTest.json(answer).path("request_id").asText();
				queued.add(id);
				HttpResponse<String> called = bridge.post("/agentassist/callback", callback(id));
				if (called.statusCode() == 200) {
					processed.add(id);
				}
				else {
					others.add(called);
				}
			}
		}
		catch (IOException ex) {
			// The port is closed.
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static String callback(String id) {
		return BridgeTest.completed(id, BridgeTest.suggestion("sug-1", 0.5)).toString();
	}

	/** The different events that analytics got, by request. */
	private Map<String, Set<String>> analyticsEvents() {
		return this.world.findAll(postRequestedFor(urlEqualTo(StubbedProvider.ANALYTICS_PATH)))
			.stream()
			.map((request) -> BridgeTest.json(request.getBodyAsString()))
			.collect(Collectors.groupingBy((event) -> event.path("request_id").asText(),
					Collectors.mapping(JsonNode::toString, Collectors.toSet())));
	}

	private static List<String> auditedRequests(PackagedBridge bridge) {
		return bridge.auditLines().stream().map((line) -> BridgeTest.json(line).path("request_id").asText()).toList();
	}

}
