package io.agentassist.bridge.operations;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.genesys.Provider;
import io.agentassist.bridge.genesys.Providers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthEndpoint;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.transaction.support.TransactionOperations;

import static io.agentassist.bridge.StubbedProvider.answer;
import static io.agentassist.bridge.StubbedProvider.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.assertj.core.api.Assertions.within;

/** Shows, by scrapes as Prometheus makes them, that the meters tell what happened. */
@ExtendWith(OutputCaptureExtension.class)
class MetricsTest extends BridgeTest {

	private static final Pattern SAMPLE = Pattern.compile("(?m)^(\\w+)(\\{[^}]*})? (\\S+)$");

	@LocalManagementPort
	private int managementPort;

	@Autowired
	private Providers providers;

	@Autowired
	private TransactionOperations transaction;

	@Autowired
	private HealthEndpoint health;

	@Test
	void shouldCountRequestsByOutcome() {
		String before = scrape();
		queue(unique("conv-"));
		ask(JSON.createObjectNode());
		this.provider.answers(answer(200, completed(unique("sug-req-")).toString()));
		ask(suggestionRequest(unique("conv-")));
		this.provider.answers(refusal(400, "bad.request"));
		ask(suggestionRequest(unique("conv-")));

		for (String outcome : Set.of("queued", "invalid", "completed", "refused")) {
			assertThat(risen(before, "agentassist_requests_total{outcome=\"" + outcome + "\"}")).as(outcome).isOne();
		}
	}

	@Test
	void shouldCountCallbacksByOutcomeAndTheResponseTimeOnce() {
		String id = queue(unique("conv-"));
		String before = scrape();
		callBack("{\"id\":\"" + id + "\",\"status\":\"queued\"}");
		callBack(completed(id, suggestion(unique("sug-"), 0.5)));
		callBack(completed(id, suggestion(unique("sug-"), 0.5)));
		callBack("no JSON");
		post("/agentassist/callback", "{}");
		callBack(completed(unique("unknown-")));

		for (String outcome : Set.of("acknowledged", "processed", "replayed", "invalid", "unauthorized", "unknown")) {
			assertThat(risen(before, "agentassist_callbacks_total{outcome=\"" + outcome + "\"}")).as(outcome).isOne();
		}
		assertThat(risen(before, "agentassist_response_time_seconds_count")).isOne();
		assertThat(risen(before, "agentassist_ranking_seconds_count")).isOne();
		double response = lookUp(id).path("response_time_ms").asDouble() / 1000;
		assertThat(risen(before, "agentassist_response_time_seconds_sum")).isCloseTo(response, within(0.001));
		assertThat(scrape()).contains("agentassist_response_time_seconds_bucket{le=\"0.8\"}",
				"agentassist_response_time_seconds_bucket{le=\"3.0\"}");
	}

	/** It was recorded for callbacks only. */
	@Test
	void shouldRecordTheResponseTimeOfAnAnswerAtOnce(CapturedOutput log) {
		String before = scrape();
		this.provider.answers(answer(200, completed(unique("sug-req-")).toString()));

		JsonNode completed = json(ask(suggestionRequest(unique("conv-"))));

		assertThat(completed.path("status").asText()).isEqualTo("completed");
		assertThat(risen(before, "agentassist_response_time_seconds_count")).isOne();
		assertThat(risen(before, "agentassist_response_time_seconds_sum"))
			.isCloseTo(completed.path("response_time_ms").asDouble() / 1000, within(0.001));
		assertThat(log.getOut()).contains("Request " + completed.path("request_id").asText() + " of conversation "
				+ completed.path("conversation_id").asText() + " completed after");
	}

	@Test
	void shouldCountInteractionsOnceTheyAreCommitted() {
		String id = queue(unique("conv-"));
		String suggestion = unique("sug-");
		String expiring = queue(unique("conv-"));
		String before = scrape();
		whileNothingIsRecordedOf(id,
				() -> assertThat(callBack(completed(id, suggestion(suggestion, 0.5))).statusCode()).isEqualTo(503));
		assertThat(risen(before, "agentassist_interactions_total{action=\"presented\"}")).isZero();

		callBack(completed(id, suggestion(suggestion, 0.5)));
		giveFeedback(id, suggestion, "accepted", "a");
		giveFeedback(id, suggestion, "accepted", "a");
		giveFeedback(id, suggestion, "dismissed", "b");
		callBack("{\"id\":\"" + queue(unique("conv-")) + "\",\"status\":\"failed\"}");
		age(expiring, Duration.ofHours(1));

		for (String action : Set.of("presented", "accepted", "dismissed", "failed", "expired")) {
			eventually(() -> assertThat(risen(before, "agentassist_interactions_total{action=\"" + action + "\"}"))
				.as(action)
				.isOne());
		}
	}

	@Test
	void shouldMeasureTheTimeToTheDesktopThatWaits() {
		String id = queue(unique("conv-"));
		String before = scrape();
		var waiting = sendAsync(request("/agentassist/suggestions/" + id + "?wait=PT20S").build());
		eventually(() -> assertThat(sample(scrape(), "agentassist_waiting_callers")).isOne());
		callBack(completed(id));
		JsonNode shown = json(waiting.join());

		assertThat(shown.path("status").asText()).isEqualTo("completed");
		assertThat(risen(before, "agentassist_desktop_delivery_seconds_count")).isOne();
		assertThat(risen(before, "agentassist_desktop_delivery_seconds_sum"))
			.isGreaterThanOrEqualTo(shown.path("response_time_ms").asDouble() / 1000);
		lookUp(id);
		assertThat(risen(before, "agentassist_desktop_delivery_seconds_count")).isOne();
	}

	@Test
	void shouldShowWhatWaitsForADestinationAndItsHealthDegraded() {
		this.provider.stub(StubbedProvider.analytics().willReturn(refusal(503, "down")));
		String id = queue(unique("conv-"));
		callBack(completed(id));
		eventually(() -> assertThat(waitingEvents(id)).isOne());
		eventually(() -> assertThat(sample(scrape(), "agentassist_outbox_depth{destination=\"analytics\"}"))
			.isGreaterThanOrEqualTo(1));
		this.database.update("UPDATE outbox SET created_at = created_at - INTERVAL '1' HOUR WHERE payload LIKE ?",
				"%" + id + "%");

		eventually(() -> assertThat(sample(scrape(), "agentassist_outbox_age_seconds{destination=\"analytics\"}"))
			.isBetween(3600.0, 3700.0));
		eventually(() -> assertThat(manage("/actuator/health/readiness")).isEqualTo("{\"status\":\"DEGRADED\"}"));
		assertThat(manage("/actuator/health/liveness")).isEqualTo("{\"status\":\"UP\"}");

		WORLD.resetAll();
		this.provider.stub(StubbedProvider.analytics().willReturn(answer(202, "{}")));
		// Another test may have left one open.
		this.providers.all().forEach(Provider::resetBreaker);
		eventually(() -> assertThat(sample(scrape(), "agentassist_outbox_depth{destination=\"analytics\"}")).isZero());
		eventually(() -> assertThat(manage("/actuator/health/readiness")).isEqualTo("{\"status\":\"UP\"}"));
	}

	@Test
	void shouldNotBeReadyWithoutTheTablesOfItsVersion() {
		this.database.update("UPDATE \"flyway_schema_history\" SET \"success\" = FALSE");
		try {
			assertThat(manage("/actuator/health/readiness")).isEqualTo("{\"status\":\"DOWN\"}");
			assertThat(manage("/actuator/health/liveness")).isEqualTo("{\"status\":\"UP\"}");
		}
		finally {
			this.database.update("UPDATE \"flyway_schema_history\" SET \"success\" = TRUE");
		}
		eventually(() -> assertThat(manage("/actuator/health/readiness")).isEqualTo("{\"status\":\"UP\"}"));
	}

	@Test
	void shouldCountAllOfALargeBacklog() {
		this.database.update("INSERT INTO outbox (destination, event_id, payload) VALUES ('nowhere', 'e', '{}')");
		try {
			for (int i = 0; i < 14; i++) {
				this.database.update("""
						INSERT INTO outbox (destination, event_id, payload)
						SELECT destination, event_id, payload FROM outbox WHERE destination = 'nowhere'""");
			}
			// A look that took long is followed by a rest of twenty times that.
			await().atMost(Duration.ofMinutes(1))
				.untilAsserted(() -> assertThat(sample(scrape(), "agentassist_outbox_depth{destination=\"nowhere\"}"))
					.isEqualTo(1 << 14));
		}
		finally {
			this.database.update("DELETE FROM outbox WHERE destination = 'nowhere'");
			await().atMost(Duration.ofMinutes(1))
				.until(() -> !scrape().contains("agentassist_outbox_depth{destination=\"nowhere\"}"));
		}
	}

	@Test
	void shouldCountCallersWhoGotNoConnectionInTime() {
		String id = queue(unique("conv-"));
		double before = connectionTimeouts();

		// The embedded database has one connection.
		HttpResponse<String> refused = this.database.execute((Connection held) -> callBack(completed(id)));

		assertProblem(refused, 503);
		assertThat(connectionTimeouts()).isGreaterThan(before);
		assertThat(callBack(completed(id)).statusCode()).isEqualTo(200);
	}

	/** They wait for their turn, which the pool knows nothing of. */
	@Test
	void shouldCountCallersWhoGotNoTurnOnTheEmbeddedDatabaseInTime() {
		List<String> ids = Stream.generate(() -> queue(unique("conv-"))).limit(3).toList();
		String before = scrape();

		List<CompletableFuture<HttpResponse<String>>> refused = this.transaction.execute((status) -> {
			List<CompletableFuture<HttpResponse<String>>> answers = ids.stream()
				.map((id) -> sendAsync(signed(completed(id).toString().getBytes(StandardCharsets.UTF_8))))
				.toList();
			eventually(() -> assertThat(sample(scrape(), "agentassist_database_waiting")).isGreaterThanOrEqualTo(3));
			answers.forEach(CompletableFuture::join);
			return answers;
		});

		assertThat(refused).allSatisfy((answer) -> assertProblem(answer.join(), 503));
		assertThat(risen(before, "agentassist_database_timeouts_total")).isGreaterThanOrEqualTo(3);
		eventually(() -> assertThat(callBack(completed(ids.get(0))).statusCode()).isEqualTo(200));
	}

	@Test
	void shouldTellThatTheDatabaseDoesNotSay() {
		this.database.execute("ALTER TABLE dead_letter RENAME TO dead_letter_away");
		try {
			eventually(() -> assertThat(sample(scrape(), "agentassist_outbox_known")).isZero());
			assertThat(names(scrape())).doesNotContain("agentassist_outbox_depth", "agentassist_outbox_age_seconds");
		}
		finally {
			this.database.execute("ALTER TABLE dead_letter_away RENAME TO dead_letter");
		}
		eventually(() -> assertThat(sample(scrape(), "agentassist_outbox_known")).isOne());
		eventually(() -> assertThat(names(scrape())).contains("agentassist_outbox_depth"));
	}

	/** The log tells of it once, which may have been weeks ago. */
	@Test
	void shouldShowARouteThatFailsAtEachRunUntilItWorksAgain() {
		String id = queue(unique("conv-"));
		whileNothingIsRecordedOf(id, () -> {
			age(id, Duration.ofHours(1));
			eventually(() -> assertThat(sample(scrape(), "agentassist_routes_failing")).isOne());
			assertThat(this.health.healthForPath("routes").getStatus()).isEqualTo(Degraded.DEGRADED);
			assertThat(((Health) this.health.healthForPath("routes")).getDetails()).containsEntry("failing",
					Set.of("expire-requests"));
		});

		eventually(() -> assertThat(sample(scrape(), "agentassist_routes_failing")).isZero());
		assertThat(this.health.healthForPath("routes").getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void shouldDocumentEveryMeterOfItsOwnAndNoOther() throws IOException {
		String documentation = Files.readString(Path.of("docs/metrics.md"));
		Set<String> documented = Pattern.compile("`(agentassist_\\w+)`")
			.matcher(documentation)
			.results()
			.map((match) -> match.group(1))
			.collect(Collectors.toCollection(TreeSet::new));

		assertThat(names(scrape())).filteredOn((name) -> name.startsWith("agentassist_"))
			.map((name) -> name.replaceAll("_(bucket|count|sum|max)$", ""))
			.hasSizeGreaterThan(5)
			.isSubsetOf(documented);
		assertThat(documented).isSubsetOf(names(scrape()).stream()
			.map((name) -> name.replaceAll("_(bucket|count|sum|max)$", ""))
			.collect(Collectors.toSet()));
	}

	@ParameterizedTest
	@ValueSource(strings = { "config/prometheus/alerts.yaml", "config/grafana/agent-assist-bridge.json" })
	void shouldHaveEveryMetricThatAnAlertOrPanelNames(String file) throws IOException {
		queue(unique("conv-"));
		Set<String> named = Pattern
			.compile("\\b((agentassist|resilience4j|tomcat|hikaricp|jvm|disk|process|executor)_\\w+)")
			.matcher(Files.readString(Path.of(file)))
			.results()
			.map((match) -> match.group(1))
			.collect(Collectors.toCollection(TreeSet::new));

		assertThat(named).hasSizeGreaterThan(10);
		assertThat(names(scrape())).containsAll(named);
	}

	@Test
	void shouldKeepTagsBounded() {
		String id = queue(unique("conv-"));
		callBack(completed(id, suggestion(unique("sug-"), 0.5)));
		get("/agentassist/suggestions/" + id);

		String scraped = scrape();
		assertThat(scraped).doesNotContain(id, "conv-", "sug-");
		assertThat(scraped.lines().count()).isLessThan(1000);
	}

	@Test
	void shouldShowTheSaturationOfItsPools() {
		assertThat(names(scrape())).contains("tomcat_threads_busy_threads", "tomcat_threads_config_max_threads",
				"hikaricp_connections_pending", "hikaricp_connections_active", "jvm_memory_used_bytes",
				"process_cpu_usage", "disk_free_bytes");
	}

	private double connectionTimeouts() {
		return scrape().lines()
			.filter((line) -> line.startsWith("hikaricp_connections_timeout_total"))
			.mapToDouble((line) -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
			.sum();
	}

	private double risen(String before, String name) {
		return sample(scrape(), name) - sample(before, name);
	}

	private static double sample(String scraped, String name) {
		return SAMPLE.matcher(scraped)
			.results()
			.filter((match) -> (match.group(1) + ((match.group(2) != null) ? match.group(2) : "")).equals(name))
			.mapToDouble((match) -> Double.parseDouble(match.group(3)))
			.sum();
	}

	private static Set<String> names(String scraped) {
		return SAMPLE.matcher(scraped).results().map((MatchResult match) -> match.group(1)).collect(Collectors.toSet());
	}

	private String scrape() {
		return manage("/actuator/prometheus");
	}

	private String manage(String path) {
		return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + path)).build())
			.body();
	}

}
