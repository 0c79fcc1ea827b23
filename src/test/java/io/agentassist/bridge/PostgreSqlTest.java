package io.agentassist.bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that migrations and statements are the same on a real PostgreSQL, with the
 * feedback model that forgets.
 */
@TestPropertySource(properties = "agentassist.ranking.feedback-model=decayed-posterior-mean")
@DirtiesContext
class PostgreSqlTest extends BridgeTest {

	private static final EmbeddedPostgres SERVER = start();

	@DynamicPropertySource
	static void dataSource(DynamicPropertyRegistry registry) {
		registry.add("spring.datasource.url", () -> SERVER.getJdbcUrl("postgres", "postgres"));
		registry.add("spring.datasource.username", () -> "postgres");
		registry.add("spring.datasource.password", () -> "postgres");
	}

	private static EmbeddedPostgres start() {
		try {
			return EmbeddedPostgres.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@AfterAll
	static void stop() throws IOException {
		SERVER.close();
	}

	@Test
	void shouldMigrate() {
		assertThat(this.database.queryForObject("SELECT version()", String.class)).startsWith("PostgreSQL");
		assertThat(this.database.queryForList("SELECT success FROM flyway_schema_history", Boolean.class)).isNotEmpty()
			.containsOnly(true);
	}

	@Test
	void shouldRunTheWholeCycle() {
		String conversation = unique("conv-");
		String suggestion = unique("sug-");
		String id = queue(conversation);
		assertThat(callBack(completed(id, suggestion(suggestion, 0.5, "billing"))).statusCode()).isEqualTo(200);
		assertThat(giveFeedback(id, suggestion, "accepted", "agent-9").statusCode()).isEqualTo(202);

		assertThat(lookUp(id).path("status").asText()).isEqualTo("completed");
		assertThat(json(get("/agentassist/conversations/" + conversation + "/suggestions"))).hasSize(1);
		assertThat(settledActions(id)).containsExactly("presented", "accepted");
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(2);
	}

	@Test
	void shouldRankByThePosteriorMean() {
		String suggestion = unique("sug-");
		String id = queue(unique("conv-"));
		callBack(completed(id, suggestion(suggestion, 0.5)));
		giveFeedback(id, suggestion, "accepted", "agent-9");
		String next = queue(unique("conv-"));

		JsonNode ranked = json(callBack(completed(next, suggestion(suggestion, 0.5)))).path("ranked_suggestions")
			.get(0);

		// (1 + 1) / (2 + 1), as good as undecayed.
		assertThat(ranked.path("feedback_signal").doubleValue()).isEqualTo(0.6667);
	}

	@Test
	void shouldHaveOneEffectWhenCallbackComesManyTimesAtOnce() {
		String id = queue(unique("conv-"));
		byte[] callback = completed(id, suggestion(unique("sug-"), 0.8)).toString().getBytes(StandardCharsets.UTF_8);

		List<HttpResponse<String>> answers = callBackAtOnce(callback, 8);

		assertThat(answers).allSatisfy((answer) -> {
			assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
			assertThat(answer.body()).isEqualTo(answers.get(0).body());
		});
		assertThat(answers.stream().filter((answer) -> answer.headers().firstValue("Idempotent-Replayed").isEmpty()))
			.hasSize(1);
		assertThat(settledActions(id)).containsExactly("presented");
	}

	@Test
	void shouldTakeCharactersThatPostgreSqlRefuses() {
		String id = queue(unique("conv-"));
		ObjectNode suggestion = suggestion("a\u0000b", 0.5);
		suggestion.put("title", "a\u0000b");

		assertThat(callBack(completed(id, suggestion)).statusCode()).isEqualTo(200);
		assertThat(callBack(completed("a\u0000b")).statusCode()).isIn(400, 404);
		assertThat(giveFeedback("a\u0000b", "x", "accepted", null).statusCode()).isEqualTo(400);
		assertThat(lookUp(id).path("ranked_suggestions").get(0).path("title").asText()).isEqualTo("a\u0000b");
		assertThat(settledActions(id)).containsExactly("presented");
	}

	@Test
	void shouldKeepNothingWhenTheTransactionFails() {
		String id = queue(unique("conv-"));
		ObjectNode callback = completed(id, suggestion(unique("sug-"), 0.5));
		this.database.execute("ALTER TABLE outbox ADD CONSTRAINT broken_by_test CHECK (destination <> 'analytics'"
				+ " OR payload NOT LIKE '%\"" + id + "\"%')");

		assertProblem(callBack(callback), 503);

		this.database.execute("ALTER TABLE outbox DROP CONSTRAINT broken_by_test");
		assertThat(lookUp(id).path("status").asText()).isEqualTo("queued");
		assertThat(callBack(callback).statusCode()).isEqualTo(200);
		assertThat(settledActions(id)).containsExactly("presented");
	}

}
