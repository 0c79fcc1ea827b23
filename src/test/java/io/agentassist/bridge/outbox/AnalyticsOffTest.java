package io.agentassist.bridge.outbox;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;

import io.agentassist.bridge.StrictBridgeTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what becomes of events that wait when a site switches analytics off. */
@Tag("state")
class AnalyticsOffTest extends StrictBridgeTest {

	/** They waited for ever. */
	@Test
	void shouldGiveUpWhatIsOverItsTimeToLiveAndNothingElse() {
		String overAge = insert("analytics", Duration.ofDays(3).plusMinutes(1));
		String young = insert("analytics", Duration.ofDays(3).minusMinutes(5));
		String elsewhere = insert("elsewhere", Duration.ofDays(3).plusMinutes(1));

		eventually(() -> assertThat(in("dead_letter", overAge)).isOne());

		assertThat(in("outbox", overAge)).isZero();
		for (String kept : List.of(young, elsewhere)) {
			assertThat(in("outbox", kept)).isOne();
			this.database.update("DELETE FROM outbox WHERE event_id = ?", kept);
		}
		this.database.update("DELETE FROM dead_letter WHERE event_id = ?", overAge);
	}

	private String insert(String destination, Duration age) {
		String id = unique("");
		OffsetDateTime created = Instant.now().minus(age).atOffset(ZoneOffset.UTC);
		this.database.update("INSERT INTO outbox (destination, event_id, payload, created_at, next_attempt_at)"
				+ " VALUES (?, ?, '{}', ?, ?)", destination, id, created, created);
		return id;
	}

	private int in(String table, String eventId) {
		return this.database.queryForObject("SELECT count(*) FROM " + table + " WHERE event_id = ?", Integer.class,
				eventId);
	}

}
