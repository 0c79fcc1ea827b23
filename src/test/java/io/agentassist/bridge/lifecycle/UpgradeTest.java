package io.agentassist.bridge.lifecycle;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.UUID;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.BridgeTest;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ContextConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that a database which the first release filled goes on working. */
@Tag("state")
@DirtiesContext
@ContextConfiguration(initializers = UpgradeTest.FirstRelease.class)
class UpgradeTest extends BridgeTest {

	private static final String SUGGESTION = "sug-of-the-first-release";

	private static final String QUEUED = "queued-by-the-first-release";

	private static final String COMPLETED = "completed-by-the-first-release";

	private static final String FORGOTTEN = "forgotten-by-the-first-release";

	@Test
	void shouldGoOnWithWhatTheFirstReleaseLeft() {
		// What waited in the outbox is delivered.
		assertThat(settledActions(COMPLETED)).containsExactly("presented");
		// What was completed is shown, and a repeated callback has no further effect.
		assertThat(lookUp(COMPLETED).path("ranked_suggestions").get(0).path("id").asText()).isEqualTo(SUGGESTION);
		assertThat(
				callBack(completed(COMPLETED, suggestion(SUGGESTION, 0.5))).headers().firstValue("Idempotent-Replayed"))
			.isPresent();
		// What was asked is answered, ranked by what was learned.
		JsonNode ranked = json(callBack(completed(QUEUED, suggestion(SUGGESTION, 0.5)))).path("ranked_suggestions");
		assertThat(ranked.get(0).path("feedback_signal").doubleValue()).isEqualTo(0.75);
		assertThat(giveFeedback(QUEUED, SUGGESTION, "accepted", "agent-9").statusCode()).isEqualTo(202);
		assertThat(settledActions(QUEUED)).containsExactly("presented", "accepted");
		// What never got its callback is recorded as expired, then purged by age.
		eventually(() -> assertThat(get("/agentassist/suggestions/" + FORGOTTEN).statusCode()).isEqualTo(404));
		assertThat(settledActions(FORGOTTEN)).containsExactly("expired");
	}

	@Test
	void shouldGoOnWithWhatAnInstanceOfTheFirstReleaseWritesBesideIt() {
		Instant now = Instant.now();
		String queued = unique("queued-beside-");
		String completed = unique("completed-beside-");
		FirstRelease.insertRequest(this.database, queued, "queued", now, null, null);
		FirstRelease.insertCompleted(this.database, completed, now);

		assertThat(lookUp(queued).path("status").asText()).isEqualTo("queued");
		assertThat(callBack(completed(queued, suggestion("beside", 0.5))).statusCode()).isEqualTo(200);
		assertThat(giveFeedback(queued, "beside", "accepted", "agent-9").statusCode()).isEqualTo(202);
		assertThat(settledActions(queued)).containsExactly("presented", "accepted");
		assertThat(lookUp(completed).path("ranked_suggestions").get(0).path("id").asText()).isEqualTo(SUGGESTION);
		assertThat(callBack(completed(completed)).headers().firstValue("Idempotent-Replayed")).isPresent();
		assertThat(settledActions(completed)).containsExactly("presented");
		assertThat(this.provider.analyticsEventsOf(completed)).hasSize(1);
	}

	/** Fills a database as the first release did, before the application starts on it. */
	static class FirstRelease implements ApplicationContextInitializer<ConfigurableApplicationContext> {

		@Override
		public void initialize(ConfigurableApplicationContext context) {
			Environment environment = context.getEnvironment();
			DriverManagerDataSource dataSource = new DriverManagerDataSource(
					environment.getRequiredProperty("spring.datasource.url"),
					environment.getRequiredProperty("spring.datasource.username"),
					environment.getRequiredProperty("spring.datasource.password"));
			Flyway.configure().dataSource(dataSource).target("1").load().migrate();
			JdbcTemplate database = new JdbcTemplate(dataSource);
			Instant now = Instant.now();
			insertRequest(database, QUEUED, "queued", now.minusSeconds(5), null, null);
			insertRequest(database, FORGOTTEN, "queued", now.minusSeconds(30 * 86400), null, null);
			insertCompleted(database, COMPLETED, now.minusSeconds(9));
			database.update("INSERT INTO suggestion_feedback (suggestion_id, accepted, total) VALUES (?, 3, 4)",
					SUGGESTION);
		}

		/** What a callback wrote, with the events that its instance has not delivered. */
		static void insertCompleted(JdbcTemplate database, String id, Instant submittedAt) {
			insertRequest(database, id, "completed", submittedAt, submittedAt.plusSeconds(1),
					"[{\"id\":\"" + SUGGESTION + "\"}]");
			database.update("INSERT INTO idempotency_key (message_key) VALUES (?)", "request:" + id);
			for (String destination : new String[] { "audit", "analytics" }) {
				database.update("INSERT INTO outbox (destination, event_id, payload) VALUES (?, ?, ?)", destination,
						UUID.randomUUID().toString(), "{\"request_id\":\"" + id + "\",\"action\":\"presented\"}");
			}
		}

		static void insertRequest(JdbcTemplate database, String id, String status, Instant submittedAt,
				Instant completedAt, String suggestions) {
			database.update("""
					INSERT INTO suggestion_request (request_id, conversation_id, agent_id, agent_skills, status,
					submitted_at, completed_at, ranked_suggestions) VALUES (?, 'conv', 'agent-7', '[]', ?, ?, ?, ?)""",
					id, status, Timestamp.from(submittedAt), (completedAt != null) ? Timestamp.from(completedAt) : null,
					suggestions);
		}

	}

}
