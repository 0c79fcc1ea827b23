package io.agentassist.bridge.interaction;

import java.time.Instant;
import java.time.ZoneOffset;

import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Keys of messages whose effects are committed, for Camel's idempotent consumer. A key is
 * inserted in the transaction of its message's effects, so that both are kept or neither;
 * Camel's own JDBC repository commits the key separately, and loses a message that is
 * interrupted by a crash. If two messages arrive with the same key at once, the second
 * waits for the first one's commit. Thread safe.
 */
@Component
public class IdempotencyKeys extends ServiceSupport implements IdempotentRepository {

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	IdempotencyKeys(JdbcTemplate jdbc, TransactionOperations transaction) {
		this.jdbc = jdbc;
		this.transaction = transaction;
	}

	@Override
	public boolean add(String key) {
		return this.jdbc.update("INSERT INTO idempotency_key (message_key) VALUES (?) ON CONFLICT DO NOTHING",
				key) == 1;
	}

	@Override
	public boolean contains(String key) {
		return !this.jdbc.queryForList("SELECT 1 FROM idempotency_key WHERE message_key = ?", key).isEmpty();
	}

	@Override
	public boolean remove(String key) {
		return this.jdbc.update("DELETE FROM idempotency_key WHERE message_key = ?", key) == 1;
	}

	/** Does nothing: committing the transaction confirms the key. */
	@Override
	public boolean confirm(String key) {
		return true;
	}

	/**
	 * Deletes old keys that nobody has locked.
	 * @param processedBefore those processed before this time
	 * @param limit maximum number to delete
	 * @return how many were deleted
	 */
	public int purge(Instant processedBefore, int limit) {
		return this.transaction.execute((status) -> {
			String[] old = this.jdbc
				.queryForList(
						"SELECT message_key FROM idempotency_key WHERE processed_at < ? ORDER BY processed_at LIMIT ?",
						String.class, processedBefore.atOffset(ZoneOffset.UTC), limit)
				.toArray(String[]::new);
			if (old.length == 0) {
				return 0;
			}
			// Separate statements, because H2 runs a subquery again for each row.
			String[] locked = this.jdbc
				.queryForList(
						"SELECT message_key FROM idempotency_key WHERE message_key = ANY (?) FOR UPDATE SKIP LOCKED",
						String.class, (Object) old)
				.toArray(String[]::new);
			return this.jdbc.update("DELETE FROM idempotency_key WHERE message_key = ANY (?)", (Object) locked);
		});
	}

	/** Refused, since without the keys old callbacks would take effect again. */
	@Override
	public void clear() {
		throw new UnsupportedOperationException("Idempotency keys are only removed by age");
	}

}
