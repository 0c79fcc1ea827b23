package io.agentassist.bridge.ranking;

import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Component;

/**
 * Feedback totals for each suggestion, in the table {@code suggestion_feedback}. The
 * decayed sums use the half-life in force when they were computed: a change applies only
 * from then on. Thread safe.
 */
@Component
public class FeedbackHistory {

	private static final String COUNTS = "accepted, total, decayed_accepted, decayed_total, decayed_at";

	private static final RowMapper<FeedbackCounts> ROW_MAPPER = (row, number) -> new FeedbackCounts(row.getLong(1),
			row.getLong(2), row.getDouble(3), row.getDouble(4), row.getObject(5, OffsetDateTime.class).toInstant());

	private final JdbcTemplate jdbc;

	private final Clock clock;

	private final Supplier<RankingProperties> settings;

	FeedbackHistory(JdbcTemplate jdbc, Clock clock, Supplier<RankingProperties> settings) {
		this.jdbc = jdbc;
		this.clock = clock;
		this.settings = settings;
	}

	/**
	 * Finds the feedback on some suggestions, in one query by primary key.
	 * @param suggestionIds their ids
	 * @return the counts of the suggestions with any feedback, by id
	 */
	Map<String, FeedbackCounts> find(Collection<String> suggestionIds) {
		Map<String, FeedbackCounts> counts = new HashMap<>();
		if (!suggestionIds.isEmpty()) {
			this.jdbc.query(
					"SELECT " + COUNTS + ", suggestion_id FROM suggestion_feedback WHERE suggestion_id = ANY (?)",
					(row) -> {
						counts.put(row.getString(6), ROW_MAPPER.mapRow(row, 0));
					}, (Object) suggestionIds.toArray(String[]::new));
		}
		return counts;
	}

	/**
	 * Adds one piece of feedback, in the caller's transaction.
	 * @param suggestionId the suggestion's id
	 * @param accepted whether the agent accepted it
	 */
	public void add(String suggestionId, boolean accepted) {
		this.jdbc.update("INSERT INTO suggestion_feedback (suggestion_id) VALUES (?) ON CONFLICT DO NOTHING",
				suggestionId);
		// Locks the row, since two agents may rate the same suggestion at once.
		FeedbackCounts before = this.jdbc.queryForObject(
				"SELECT " + COUNTS + " FROM suggestion_feedback WHERE suggestion_id = ? FOR UPDATE", ROW_MAPPER,
				suggestionId);
		FeedbackCounts after = before.plus(accepted, this.clock.instant(), this.settings.get().halfLife());
		this.jdbc.update("""
				UPDATE suggestion_feedback
				SET accepted = ?, total = ?, decayed_accepted = ?, decayed_total = ?, decayed_at = ?
				WHERE suggestion_id = ?""", after.accepted(), after.total(), after.decayedAccepted(),
				after.decayedTotal(), after.decayedAt().atOffset(ZoneOffset.UTC), suggestionId);
	}

}
