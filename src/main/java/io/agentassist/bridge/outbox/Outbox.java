package io.agentassist.bridge.outbox;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.interaction.InteractionEvent;
import io.github.resilience4j.core.IntervalFunction;

import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Events that are committed but not yet delivered, one row for each destination, in the
 * table {@code outbox}. Any number of instances may claim rows; none waits for another's.
 * Thread safe.
 */
@Component
public class Outbox {

	private static final Logger log = LoggerFactory.getLogger(Outbox.class);

	/** Property of the message that delivers a {@link Batch}. */
	private static final String BATCH = "outboxBatch";

	/** Half of the wait, either way. */
	private static final double JITTER = 0.5;

	private static final RowMapper<OutboxEvent> ROW_MAPPER = (row, number) -> new OutboxEvent(row.getLong(1),
			row.getString(2), row.getString(3), row.getString(4), row.getInt(5), row.getString(6));

	private static final String SELECT_DUE = """
			SELECT id FROM outbox WHERE destination = ? AND next_attempt_at <= ?
			ORDER BY destination, next_attempt_at, id LIMIT ?""";

	/**
	 * A separate statement, because H2 reads all due rows if LIMIT is combined with FOR
	 * UPDATE, and runs a subquery again for each row. The time condition is checked again
	 * on the row as it is once locked. The order is that of the inserts: an event is due
	 * from the beginning of its transaction, which may have waited for one that began
	 * later.
	 */
	private static final String LOCK_DUE = """
			SELECT id, destination, event_id, payload, attempts, traceparent FROM outbox
			WHERE id = ANY (?) AND next_attempt_at <= ?
			ORDER BY id FOR UPDATE SKIP LOCKED""";

	/** By the index, which does not have the event's id. */
	private static final String SELECT_NEXT = """
			SELECT id, event_id, next_attempt_at FROM outbox
			WHERE destination = ? AND next_attempt_at >= ? AND (next_attempt_at > ? OR id > ?)
			ORDER BY destination, next_attempt_at, id LIMIT ?""";

	/** What one statement searches: a large backlog takes longer than it may. */
	private static final int PART_SIZE = 5_000;

	private static final RowMapper<Waiting> WAITING_MAPPER = (row, number) -> new Waiting(row.getLong(1),
			row.getString(2), row.getObject(3, OffsetDateTime.class));

	private static final String LOCK_FOUND = """
			SELECT id, destination, event_id, payload, attempts, traceparent FROM outbox
			WHERE id = ANY (?) ORDER BY id FOR UPDATE""";

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	private final ObjectMapper json;

	private final Supplier<OutboxProperties> settings;

	private final int batchSize;

	private final Clock clock;

	private final OutboxClaims claims;

	private final DestinationBreakers breakers;

	private final DeadLetters deadLetters;

	/** Destinations that fail. */
	private final Map<String, Failing> failing = new ConcurrentHashMap<>();

	Outbox(JdbcTemplate jdbc, TransactionOperations transaction, ObjectMapper json, Supplier<OutboxProperties> settings,
			Clock clock, OutboxClaims claims, DestinationBreakers breakers, DeadLetters deadLetters) {
		this.jdbc = jdbc;
		this.transaction = transaction;
		this.json = json;
		this.claims = claims;
		this.breakers = breakers;
		this.deadLetters = deadLetters;
		this.settings = settings;
		this.batchSize = settings.get().batchSize();
		this.clock = clock;
	}

	/**
	 * Stores an event for a destination, in the caller's transaction.
	 * @param destination where it goes
	 * @param event the event
	 * @throws JsonProcessingException never in practice: strings and numbers can always
	 * be written as JSON
	 */
	public void add(String destination, InteractionEvent event) throws JsonProcessingException {
		add(destination, event.eventId(), this.json.writeValueAsString(event), event.traceparent());
	}

	/**
	 * Stores a message for a destination, in the caller's transaction.
	 * @param destination where it goes
	 * @param eventId always the same for the same message
	 * @param payload the message as JSON
	 */
	public void add(String destination, String eventId, String payload) {
		add(destination, eventId, payload, null);
	}

	private void add(String destination, String eventId, String payload, String traceparent) {
		this.jdbc.update("INSERT INTO outbox (destination, event_id, payload, traceparent) VALUES (?, ?, ?, ?)",
				destination, eventId, payload, traceparent);
	}

	/**
	 * Locks a batch of due events for the rest of the caller's transaction, for
	 * deliveries that take only a moment.
	 * @param destination where they go
	 * @param exchange receives, in the form that {@code scheduler:} expects, whether
	 * there may be more
	 * @return the events, in the order in which they were added
	 */
	public List<OutboxEvent> lock(String destination, Exchange exchange) {
		return lock(destination, exchange, now(), this.batchSize);
	}

	private List<OutboxEvent> lock(String destination, Exchange exchange, OffsetDateTime dueBefore, int limit) {
		List<Long> ids = this.jdbc.queryForList(SELECT_DUE, Long.class, destination, dueBefore, limit);
		List<OutboxEvent> due = ids.isEmpty() ? List.of()
				: this.jdbc.query(LOCK_DUE, ROW_MAPPER, ids.toArray(Long[]::new), dueBefore);
		exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, due.size() == limit);
		return due;
	}

	/**
	 * Claims a batch of due events, for deliveries that may take long. The claim is
	 * renewed until the exchange is done; if this instance dies, the events are due again
	 * after the claim time. While the destination fails, the batch is a single event or
	 * empty. Once it has failed for its time to live, events that have waited for longer
	 * become dead letters.
	 * @param destination where they go
	 * @param exchange receives whether there may be more
	 * @return the events, in the order in which they were added
	 */
	public List<OutboxEvent> claim(String destination, Exchange exchange) {
		return this.transaction.execute((status) -> claimDue(destination, exchange));
	}

	private List<OutboxEvent> claimDue(String destination, Exchange exchange) {
		int room = this.breakers.room(destination, this.batchSize);
		if (room == 0) {
			exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, false);
			// Not at the first failure: a backlog from before the start would go unsent.
			Failing outage = this.failing.get(destination);
			if (outage != null && !outage.since().isAfter(overdueSince(destination))) {
				buryOverdue(destination, exchange);
			}
			return List.of();
		}
		List<OutboxEvent> due = lock(destination, exchange, now(), room);
		if (!due.isEmpty()) {
			List<Long> ids = due.stream().map(OutboxEvent::id).toList();
			this.claims.begin(ids);
			Batch batch = new Batch(exchange.getContext().getRoute(exchange.getFromRouteId()), new AtomicBoolean());
			exchange.setProperty(BATCH, batch);
			exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {

				@Override
				public void onDone(Exchange done) {
					batch.over.set(true);
					Outbox.this.claims.endAll(ids);
				}
			});
		}
		return due;
	}

	/**
	 * Turns a batch of events that have been due, and so untried, for longer than their
	 * time to live into dead letters, with what the destination said to others. For
	 * destinations that fail, or to which nothing is delivered any more.
	 * @param destination where they were to be delivered
	 * @param exchange receives, in the form that {@code scheduler:} expects, whether
	 * there may be more
	 */
	public void buryOverdue(String destination, Exchange exchange) {
		this.transaction.executeWithoutResult((status) -> {
			List<OutboxEvent> overdue = lock(destination, exchange, overdueSince(destination).atOffset(ZoneOffset.UTC),
					this.batchSize);
			if (!overdue.isEmpty()) {
				Failing outage = this.failing.get(destination);
				this.deadLetters.bury(destination, overdue.stream().map(OutboxEvent::id).toList(), 0,
						"Past its time to live; the destination "
								+ ((outage != null) ? "failed, lastly with " + outage.reason() : "was off, or failed"));
			}
		});
	}

	/**
	 * Asks whether to make an attempt, immediately before it.
	 * @param event the event
	 * @param exchange the message that delivers it, of one that claimed it
	 * @throws NotAttemptedException when the destination has begun to fail since the
	 * event was claimed, when the event has been erased, or when the delivery's route has
	 * been told to stop or pause, which would otherwise wait for the rest of the batch,
	 * or cut it off
	 */
	public void permit(OutboxEvent event, Exchange exchange) {
		if (!exchange.getProperty(BATCH, Batch.class).goesOn()) {
			throw new NotAttemptedException("The delivery is about to stop");
		}
		if (!this.claims.holds(event.id())) {
			throw new NotAttemptedException("The event is no longer claimed");
		}
		this.breakers.permit(event.destination());
	}

	/**
	 * Records a successful attempt, immediately after it. The event still has to be
	 * removed.
	 * @param event the event
	 * @return the event
	 */
	public OutboxEvent delivered(OutboxEvent event) {
		this.breakers.succeeded(event.destination());
		this.failing.remove(event.destination());
		return event;
	}

	/**
	 * Removes delivered events, all in one statement.
	 * @param delivered the events
	 */
	public void remove(Collection<OutboxEvent> delivered) {
		Long[] ids = delivered.stream().map(OutboxEvent::id).toArray(Long[]::new);
		this.claims.endAll(List.of(ids));
		if (ids.length > 0) {
			this.transaction.executeWithoutResult(
					(status) -> this.jdbc.update("DELETE FROM outbox WHERE id = ANY (?)", (Object) ids));
		}
	}

	/**
	 * Locks those of the given events that are still waiting, for the rest of the
	 * caller's transaction. Unlike {@link #lock}, it waits for other instances that have
	 * locked them, so that it knows whether they delivered them. It first searches what
	 * is waiting, in parts and without locks, which misses none of the events if they
	 * were committed before and are never postponed.
	 * @param destination where they go
	 * @param eventIds the events' ids
	 * @return the events still waiting, in the order in which they were added
	 */
	public List<OutboxEvent> lockRedelivered(String destination, Collection<String> eventIds) {
		Set<String> wanted = Set.copyOf(eventIds);
		List<Long> found = new ArrayList<>();
		Waiting last = new Waiting(0, "", Instant.EPOCH.atOffset(ZoneOffset.UTC));
		List<Waiting> part;
		do {
			part = this.jdbc.query(SELECT_NEXT, WAITING_MAPPER, destination, last.due, last.due, last.id, PART_SIZE);
			for (Waiting event : part) {
				if (wanted.contains(event.eventId)) {
					found.add(event.id);
				}
				last = event;
			}
		}
		while (part.size() == PART_SIZE && found.size() < wanted.size());
		return this.jdbc.query(LOCK_FOUND, ROW_MAPPER, (Object) found.toArray(Long[]::new));
	}

	/**
	 * Postpones an event whose delivery failed, by exponential back-off with jitter, or
	 * by what the destination asked for if that is longer. After its time to live the
	 * event becomes a dead letter. An event that was not tried is due as before.
	 * @param event the event
	 * @param failure what went wrong
	 * @return the reason as text, without the destination's path and query, which may
	 * hold a secret; null if the event was not tried, or is now a dead letter
	 */
	public String postpone(OutboxEvent event, Exception failure) {
		boolean claimed = this.claims.end(event.id());
		if (failure instanceof NotAttemptedException) {
			if (claimed) {
				this.transaction.executeWithoutResult((status) -> this.jdbc
					.update("UPDATE outbox SET next_attempt_at = created_at WHERE id = ?", event.id()));
			}
			return null;
		}
		DeliveryFailure cause = DeliveryFailure.of(failure, this.clock.instant());
		this.breakers.failed(event.destination(), failure, cause.retryAfter());
		this.failing.merge(event.destination(), new Failing(this.clock.instant(), cause.reason()),
				(first, last) -> new Failing(first.since(), last.reason()));
		int attempts = event.attempts() + 1;
		Duration delay = delay(attempts, cause.retryAfter());
		log.debug("Event {} not delivered to {}, attempt {}, next in {} ms: {}", event.eventId(), event.destination(),
				attempts, delay.toMillis(), cause.reason());
		boolean alive = this.transaction.execute((status) -> {
			int updated = this.jdbc.update(
					"UPDATE outbox SET attempts = ?, next_attempt_at = ? WHERE id = ? AND created_at > ?", attempts,
					now().plus(delay), event.id(), overdueSince(event.destination()).atOffset(ZoneOffset.UTC));
			if (updated == 0) {
				this.deadLetters.bury(event.destination(), List.of(event.id()), 1, cause.reason());
			}
			return updated > 0;
		});
		return alive ? cause.reason() : null;
	}

	private Duration delay(int attempts, Duration retryAfter) {
		OutboxProperties settings = this.settings.get();
		IntervalFunction backOff = IntervalFunction.ofExponentialRandomBackoff(settings.baseDelay(), 2, JITTER,
				settings.maxDelay());
		long asked = Math.min(retryAfter.toMillis(), settings.maxDelay().toMillis());
		return Duration.ofMillis(Math.max(backOff.apply(attempts), asked));
	}

	/** What has waited since then, or for longer, is past its time to live. */
	private Instant overdueSince(String destination) {
		return this.clock.instant().minus(this.settings.get().timeToLive(destination));
	}

	private OffsetDateTime now() {
		return this.clock.instant().atOffset(ZoneOffset.UTC);
	}

	/**
	 * A destination's outage.
	 *
	 * @param since when the first attempt failed
	 * @param reason why the last one did
	 */
	private record Failing(Instant since, String reason) {
	}

	/** An event as the index finds it, due at that time. */
	private record Waiting(long id, String eventId, OffsetDateTime due) {
	}

	/**
	 * Events claimed together.
	 *
	 * @param delivery the route that claimed them; another may have its id by now
	 * @param over whether their delivery has ended, even if some are still being posted
	 */
	private record Batch(Route delivery, AtomicBoolean over) {

		boolean goesOn() {
			return !this.over.get() && ServiceHelper.isStarted(this.delivery.getConsumer());
		}

	}

}
