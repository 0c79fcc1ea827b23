package io.agentassist.bridge.outbox;

import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import io.agentassist.bridge.failure.RepeatedWork;
import jakarta.annotation.PreDestroy;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * The outbox rows that this instance is delivering at the moment. A claim is short, so
 * that other instances soon take over from one that was killed, but is renewed while this
 * instance lives, however slow the destination is. Thread safe.
 */
@Component
class OutboxClaims {

	private static final Logger log = LoggerFactory.getLogger(OutboxClaims.class);

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	private final Clock clock;

	private final Duration claimTime;

	private final Set<Long> inHand = ConcurrentHashMap.newKeySet();

	private final ScheduledExecutorService timer = Executors
		.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("outbox-claims-"));

	private final RepeatedWork renewal = new RepeatedWork(log, "The renewal of claims on events");

	OutboxClaims(JdbcTemplate jdbc, TransactionOperations transaction, OutboxProperties properties, Clock clock) {
		this.jdbc = jdbc;
		this.transaction = transaction;
		this.clock = clock;
		this.claimTime = properties.claimTime();
		long interval = this.claimTime.toMillis() / 3;
		ScheduledFuture<?> unused = this.timer.scheduleWithFixedDelay(this::renew, interval, interval,
				TimeUnit.MILLISECONDS);
	}

	/**
	 * Claims rows that are locked in the caller's transaction.
	 * @param ids the rows
	 */
	void begin(Collection<Long> ids) {
		write(ids);
		this.inHand.addAll(ids);
	}

	/**
	 * Whether a row is still claimed: not if it has been erased, as far as was known at
	 * the last renewal.
	 * @param id the row
	 */
	boolean holds(Long id) {
		return this.inHand.contains(id);
	}

	/**
	 * Ends the claim on a row, before its outcome is written.
	 * @param id the row
	 * @return whether it was still claimed
	 */
	boolean end(Long id) {
		return this.inHand.remove(id);
	}

	/**
	 * Ends the claims on a batch; rows without an outcome by then are due again when the
	 * claim runs out.
	 * @param ids the rows
	 */
	void endAll(Collection<Long> ids) {
		ids.forEach(this.inHand::remove);
	}

	private void renew() {
		if (this.inHand.isEmpty()) {
			this.renewal.rest();
		}
		else {
			// Copied in the transaction, which may have to wait: an event may be
			// postponed meanwhile.
			this.renewal.attempt(() -> this.transaction.executeWithoutResult((status) -> {
				Set<Long> claimed = new HashSet<>(this.inHand);
				write(claimed);
				claimed.removeAll(this.jdbc.queryForList("SELECT id FROM outbox WHERE id = ANY (?)", Long.class,
						(Object) claimed.toArray(Long[]::new)));
				// What is left was erased, or is delivered meanwhile.
				endAll(claimed);
			}));
		}
	}

	/**
	 * Writes the end of the claim, unless the row has been postponed further in the
	 * meantime.
	 */
	private void write(Collection<Long> ids) {
		OffsetDateTime end = this.clock.instant().plus(this.claimTime).atOffset(ZoneOffset.UTC);
		this.jdbc.update("UPDATE outbox SET next_attempt_at = ? WHERE id = ANY (?) AND next_attempt_at < ?", end,
				ids.toArray(Long[]::new), end);
	}

	@PreDestroy
	void stop() {
		this.timer.shutdownNow();
	}

}
