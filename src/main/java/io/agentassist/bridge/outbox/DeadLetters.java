package io.agentassist.bridge.outbox;

import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Events that could not be delivered, in the table {@code dead_letter}. An operator can
 * redrive them, which puts them back into the outbox with their full time to live. Thread
 * safe, also across instances.
 */
@Component
public class DeadLetters {

	private static final Logger log = LoggerFactory.getLogger(DeadLetters.class);

	/**
	 * Maximum number of dead letters per page, and that a statement of a list or a
	 * redrive looks at, since very many must not keep callers waiting.
	 */
	private static final int MAX_PAGE = 500;

	/** Characters of a reason: what the column holds. */
	static final int MAX_REASON = 500;

	/** With null as its parameter, it is met by all. */
	private static final String OF_DESTINATION = "COALESCE(CAST(? AS varchar), destination) = destination";

	private static final RowMapper<DeadLetter> ROW_MAPPER = (row, number) -> new DeadLetter(row.getLong(1),
			row.getString(2), row.getString(3), row.getInt(4), row.getString(5),
			row.getObject(6, OffsetDateTime.class).toInstant(), row.getObject(7, OffsetDateTime.class).toInstant(),
			row.getString(8));

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	private final Clock clock;

	DeadLetters(JdbcTemplate jdbc, TransactionOperations transaction, Clock clock) {
		this.jdbc = jdbc;
		this.transaction = transaction;
		this.clock = clock;
	}

	/**
	 * Moves events from the outbox to the dead letters.
	 * @param destination where they were to be delivered
	 * @param ids their outbox rows
	 * @param attempts failed attempts not yet counted in the rows
	 * @param reason why delivery is given up
	 */
	public void bury(String destination, Collection<Long> ids, int attempts, String reason) {
		Long[] rows = ids.toArray(Long[]::new);
		int buried = this.transaction.execute((status) -> {
			// Locked first, or an erasure in between would find the row but not its copy.
			this.jdbc.queryForList("SELECT id FROM outbox WHERE id = ANY (?) FOR UPDATE", Long.class, (Object) rows);
			int moved = this.jdbc.update("""
					INSERT INTO dead_letter
					(id, destination, event_id, payload, traceparent, attempts, reason, created_at, died_at)
					SELECT id, destination, event_id, payload, traceparent, attempts + CAST(? AS integer),
					CAST(? AS varchar), created_at, CAST(? AS timestamp(3) with time zone)
					FROM outbox WHERE id = ANY (?)""", attempts,
					reason.substring(0, Math.min(reason.length(), MAX_REASON)),
					this.clock.instant().atOffset(ZoneOffset.UTC), rows);
			this.jdbc.update("DELETE FROM outbox WHERE id = ANY (?)", (Object) rows);
			return moved;
		});
		if (buried > 0) {
			log.error("{} events for {} are dead letters now: {}", buried, destination, reason);
		}
	}

	/**
	 * Deletes old dead letters that nobody has locked. Looks only at those with the
	 * smallest numbers, which are the oldest, except for destinations with their own time
	 * to live.
	 * @param diedBefore those that died before this time
	 * @param limit maximum number to delete
	 * @return how many were deleted
	 */
	public int purge(Instant diedBefore, int limit) {
		return this.transaction.execute((status) -> {
			Object old = this.jdbc.queryForList("""
					SELECT id FROM (SELECT id, died_at FROM dead_letter ORDER BY id LIMIT ?) AS oldest
					WHERE died_at < ?""", Long.class, limit, diedBefore.atOffset(ZoneOffset.UTC)).toArray(Long[]::new);
			Object locked = this.jdbc
				.queryForList("SELECT id FROM dead_letter WHERE id = ANY (?) FOR UPDATE SKIP LOCKED", Long.class, old)
				.toArray(Long[]::new);
			return this.jdbc.update("DELETE FROM dead_letter WHERE id = ANY (?)", locked);
		});
	}

	/**
	 * Returns a page of dead letters, oldest first.
	 * @param destination only those of this destination; null for all
	 * @param after only those with a larger number than this
	 * @param limit size of the page, at most {@value #MAX_PAGE}
	 * @return the page; empty if there are no more
	 */
	List<DeadLetter> page(String destination, long after, int limit) {
		int size = Math.min(limit, MAX_PAGE);
		List<DeadLetter> page = new ArrayList<>();
		List<Long> part = (size > 0) ? part(after, Long.MAX_VALUE) : List.of();
		while (!part.isEmpty()) {
			page.addAll(this.jdbc.query("""
					SELECT id, destination, event_id, attempts, reason, created_at, died_at, payload FROM dead_letter
					WHERE id = ANY (?) AND %s ORDER BY id LIMIT ?""".formatted(OF_DESTINATION), ROW_MAPPER,
					part.toArray(Long[]::new), destination, size - page.size()));
			part = (page.size() < size) ? part(last(part), Long.MAX_VALUE) : List.of();
		}
		return page;
	}

	/**
	 * Redrives one dead letter.
	 * @param id its number
	 * @return 1, or 0 if there is no such dead letter
	 */
	int redrive(long id) {
		return redriven(() -> this.jdbc.queryForList("SELECT id FROM dead_letter WHERE id = ? FOR UPDATE SKIP LOCKED",
				Long.class, id));
	}

	/**
	 * Redrives the dead letters that died since a given time, part by part in separate
	 * transactions.
	 * @param destination only those of this destination; null for all
	 * @param since the time
	 * @return how many were moved
	 */
	int redrive(String destination, Instant since) {
		// What is redriven and dies again has a larger number.
		long newest = this.jdbc.queryForObject("SELECT COALESCE(max(id), 0) FROM dead_letter", Long.class);
		int total = 0;
		for (List<Long> part = part(0, newest); !part.isEmpty(); part = part(last(part), newest)) {
			Object looked = part.toArray(Long[]::new);
			total += redriven(() -> this.jdbc.queryForList("""
					SELECT id FROM dead_letter
					WHERE id = ANY (?) AND %s AND died_at >= ?
					ORDER BY id FOR UPDATE SKIP LOCKED""".formatted(OF_DESTINATION), Long.class, looked, destination,
					since.atOffset(ZoneOffset.UTC)));
		}
		return total;
	}

	/** The numbers of the next dead letters, of whatever destination, in their order. */
	private List<Long> part(long after, long newest) {
		return this.transaction.execute((status) -> this.jdbc.queryForList(
				"SELECT id FROM dead_letter WHERE id > ? AND id <= ? ORDER BY id LIMIT ?", Long.class, after, newest,
				MAX_PAGE));
	}

	private static long last(List<Long> part) {
		return part.get(part.size() - 1);
	}

	/** Redrives one batch, in a separate transaction. */
	private int redriven(Supplier<List<Long>> locked) {
		int moved = this.transaction.execute((status) -> {
			Object rows = locked.get().toArray(Long[]::new);
			this.jdbc.update("""
					INSERT INTO outbox (destination, event_id, payload, traceparent)
					SELECT destination, event_id, payload, traceparent
					FROM dead_letter WHERE id = ANY (?) ORDER BY id""", rows);
			return this.jdbc.update("DELETE FROM dead_letter WHERE id = ANY (?)", rows);
		});
		if (moved > 0) {
			log.info("{} dead letters redriven", moved);
		}
		return moved;
	}

}
