package io.agentassist.bridge.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.support.TransactionOperations;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what is deleted by age and what is not. */
@Tag("state")
class PurgeTest extends BridgeTest {

	private static final Duration RETENTION = Duration.ofDays(7);

	private static final Duration OLD = RETENTION.plusMinutes(1);

	@Autowired
	private TransactionOperations transaction;

	@Autowired
	private CamelContext camel;

	@Autowired
	private Purge purge;

	@Autowired
	private RequestExpiry expiry;

	@Test
	void shouldDeleteOldRequestsAndTheirKeysButKeepWhatWasLearned() {
		String suggestion = unique("sug-");
		String id = queue(unique("conv-"));
		callBack(completed(id, suggestion(suggestion, 0.5)));
		giveFeedback(id, suggestion, "accepted", "agent-9");
		assertThat(settledActions(id)).hasSize(2);
		age(id, OLD);
		assertThat(this.database.update("UPDATE idempotency_key SET processed_at = ? WHERE message_key = ?",
				Instant.now().minus(OLD).atOffset(ZoneOffset.UTC), "request:" + id))
			.isEqualTo(1);

		eventually(() -> assertThat(get("/agentassist/suggestions/" + id).statusCode()).isEqualTo(404));
		eventually(() -> assertThat(keys("request:" + id)).isZero());

		assertThat(callBack(completed(id, suggestion(suggestion, 0.5))).statusCode()).isEqualTo(404);
		String next = queue(unique("conv-"));
		assertThat(json(callBack(completed(next, suggestion(suggestion, 0.5)))).path("ranked_suggestions")
			.get(0)
			.path("feedback_signal")
			.doubleValue()).isEqualTo(1.0);
	}

	@Test
	void shouldKeepWhatIsYoungerAndWhatWaits() {
		String young = queue(unique("conv-"));
		callBack(completed(young, suggestion(unique("sug-"), 0.5)));
		age(young, OLD.minusMinutes(5));
		String overdue = queue(unique("conv-"));
		age(overdue, OLD);

		// An old request that waits is recorded as expired before it goes.
		eventually(() -> assertThat(get("/agentassist/suggestions/" + overdue).statusCode()).isEqualTo(404));

		assertThat(settledActions(overdue)).containsExactly("expired");
		assertThat(lookUp(young).path("status").asText()).isEqualTo("completed");
		assertThat(keys("request:" + young)).isEqualTo(1);
	}

	@Test
	void shouldDeleteMoreThanABatch() {
		String old = unique("old-");
		this.transaction.executeWithoutResult((status) -> {
			for (int i = 0; i < 1000; i++) {
				insertOld(old + "-" + i);
			}
		});

		eventually(() -> assertThat(requests(old)).isZero());
	}

	/** On H2, nothing runs beside the transaction that holds the row. */
	@Test
	@Tag("postgresql")
	void shouldNotWaitForARowThatSomebodyHolds() throws Exception {
		String held = unique("held-");
		String next = unique("next-");
		Instant old = Instant.now().minus(OLD);
		this.camel.getRouteController().suspendRoute("purge-old-rows");
		try {
			insert(held, "failed", old);
			insert(next, "failed", old.plusMillis(1));
			this.transaction.executeWithoutResult((status) -> {
				this.database.queryForList("SELECT request_id FROM suggestion_request WHERE request_id = ? FOR UPDATE",
						held);
				resumePurge();
				eventually(() -> assertThat(requests(next)).isZero());
				assertThat(requests(held)).isOne();
			});
		}
		finally {
			resumePurge();
		}

		eventually(() -> assertThat(requests(held)).isZero());
	}

	private void resumePurge() {
		try {
			this.camel.getRouteController().resumeRoute("purge-old-rows");
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private int requests(String prefix) {
		return this.database.queryForObject("SELECT count(*) FROM suggestion_request WHERE request_id LIKE ?",
				Integer.class, prefix + "%");
	}

	@Test
	void shouldDeleteDeadLettersAfterATimeOfTheirOwn() {
		String old = insertDeadLetter(Duration.ofDays(90).plusMinutes(1));
		String young = insertDeadLetter(Duration.ofDays(90).minusMinutes(5));

		eventually(() -> assertThat(deadLetters(old)).isZero());

		assertThat(deadLetters(young)).isOne();
		this.database.update("DELETE FROM dead_letter WHERE event_id = ?", young);
	}

	private String insertDeadLetter(Duration age) {
		String id = unique("");
		OffsetDateTime died = Instant.now().minus(age).atOffset(ZoneOffset.UTC);
		this.database.update("INSERT INTO dead_letter"
				+ " (id, destination, event_id, payload, attempts, reason, created_at, died_at)"
				+ " VALUES ((SELECT COALESCE(min(id), 0) - 1 FROM dead_letter), 'nowhere', ?, '{}', 1, 'x', ?, ?)", id,
				died, died);
		return id;
	}

	private int deadLetters(String eventId) {
		return this.database.queryForObject("SELECT count(*) FROM dead_letter WHERE event_id = ?", Integer.class,
				eventId);
	}

	/** Of one transaction each, so that the routes do not see their rows. */
	@ParameterizedTest
	@CsvSource({ "199, false", "200, true" })
	void shouldGoOnAtOnceOnlyAfterAFullBatch(int rows, boolean goesOn) {
		Exchange purged = new DefaultExchange(this.camel);
		Exchange expired = new DefaultExchange(this.camel);
		this.transaction.executeWithoutResult((status) -> {
			for (int i = 0; i < rows; i++) {
				insertOld(unique("old-"), "failed");
			}
			this.purge.purge(purged);
			status.setRollbackOnly();
		});
		this.transaction.executeWithoutResult((status) -> {
			for (int i = 0; i < rows; i++) {
				insertOld(unique("old-"), "queued");
			}
			this.expiry.expire(expired);
			// A batch that is not kept would be tried again at once, for ever.
			assertThat(expired.getProperty(Exchange.SCHEDULER_POLLED_MESSAGES)).isEqualTo(false);
		});

		assertThat(purged.getProperty(Exchange.SCHEDULER_POLLED_MESSAGES)).isEqualTo(goesOn);
		assertThat(expired.getProperty(Exchange.SCHEDULER_POLLED_MESSAGES)).isEqualTo(goesOn);
	}

	private void insertOld(String id) {
		insertOld(id, "failed");
	}

	private void insertOld(String id, String status) {
		insert(id, status, Instant.now().minus(OLD));
	}

	private void insert(String id, String status, Instant submittedAt) {
		this.database.update("INSERT INTO suggestion_request"
				+ " (request_id, conversation_id, agent_skills, status, submitted_at) VALUES (?, 'c', '[]', ?, ?)", id,
				status, submittedAt.atOffset(ZoneOffset.UTC));
	}

	private int keys(String key) {
		return this.database.queryForObject("SELECT count(*) FROM idempotency_key WHERE message_key = ?", Integer.class,
				key);
	}

}
