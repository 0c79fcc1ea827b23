package io.agentassist.bridge.outbox;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.springframework.jmx.export.annotation.ManagedAttribute;
import org.springframework.jmx.export.annotation.ManagedOperation;
import org.springframework.jmx.export.annotation.ManagedOperationParameter;
import org.springframework.jmx.export.annotation.ManagedResource;
import org.springframework.stereotype.Component;

/**
 * The MBean of the outbox and its dead letters. Attributes are as of the last look of
 * {@link BacklogMonitor} and cover the whole database, that is, all instances.
 */
@Component
@ManagedResource(objectName = "io.agentassist.bridge:type=Outbox",
		description = "Events waiting for delivery, and those that were given up")
public class OutboxManagement {

	private final BacklogMonitor monitor;

	private final DeadLetters deadLetters;

	OutboxManagement(BacklogMonitor monitor, DeadLetters deadLetters) {
		this.monitor = monitor;
		this.deadLetters = deadLetters;
	}

	/**
	 * What is waiting for each destination.
	 * @return a description by destination; empty while the database cannot be read
	 */
	@ManagedAttribute(description = "Backlog of each destination")
	public Map<String, String> getDestinations() {
		Map<String, String> texts = new TreeMap<>();
		Map<String, Backlog> backlogs = this.monitor.latest();
		if (backlogs != null) {
			backlogs.forEach((destination, backlog) -> texts.put(destination, backlog.text()));
		}
		return texts;
	}

	/**
	 * How many events are waiting.
	 * @return their number; -1 while the database cannot be read
	 */
	@ManagedAttribute(description = "Number of events waiting for delivery; -1: the database cannot be read")
	public long getDepth() {
		Map<String, Backlog> backlogs = this.monitor.latest();
		return (backlogs != null) ? backlogs.values().stream().mapToLong(Backlog::waiting).sum() : -1;
	}

	/**
	 * How long the oldest event has waited.
	 * @return seconds; -1 while the database cannot be read
	 */
	@ManagedAttribute(description = "Seconds that the oldest event has waited; -1: the database cannot be read")
	public long getOldestAgeSeconds() {
		Map<String, Backlog> backlogs = this.monitor.latest();
		return (backlogs != null) ? oldest(backlogs.values()).toSeconds() : -1;
	}

	private static Duration oldest(Collection<Backlog> backlogs) {
		return backlogs.stream().map(Backlog::age).max(Duration::compareTo).orElse(Duration.ZERO);
	}

	/**
	 * How many dead letters there are.
	 * @return their number; -1 while the database cannot be read
	 */
	@ManagedAttribute(description = "Number of dead letters; -1: the database cannot be read")
	public long getDead() {
		Map<String, Backlog> backlogs = this.monitor.latest();
		return (backlogs != null) ? backlogs.values().stream().mapToLong(Backlog::dead).sum() : -1;
	}

	/**
	 * Lists dead letters, oldest first, one line each.
	 * @param after only those with a larger number than this
	 * @param limit maximum number of lines, at most 500
	 * @return the lines
	 */
	@ManagedOperation(description = "Lists dead letters, oldest first, one line each")
	@ManagedOperationParameter(name = "after",
			description = "List those with a larger number than this; 0 for the first page")
	@ManagedOperationParameter(name = "limit", description = "Maximum number of lines, up to 500")
	public List<String> list(long after, int limit) {
		return this.deadLetters.page(null, after, limit)
			.stream()
			.map((letter) -> "%d %s to %s, %d attempts, died %s: %s".formatted(letter.id(), letter.eventId(),
					letter.destination(), letter.attempts(), letter.diedAt(), letter.reason()))
			.toList();
	}

	/**
	 * Redrives one dead letter.
	 * @param id its number
	 * @return 1, or 0 if there is no such dead letter
	 */
	@ManagedOperation(description = "Puts one dead letter back into the outbox")
	@ManagedOperationParameter(name = "id", description = "Its number")
	public int redrive(long id) {
		return this.deadLetters.redrive(id);
	}

	/**
	 * Redrives all dead letters.
	 * @return how many were moved
	 */
	@ManagedOperation(description = "Puts all dead letters back into the outbox")
	public int redriveAll() {
		return this.deadLetters.redrive(null, Instant.EPOCH);
	}

	/**
	 * Redrives the dead letters that died since a given time.
	 * @param since the time, ISO-8601
	 * @return how many were moved
	 * @throws IllegalArgumentException if {@code since} is not a valid time
	 */
	@ManagedOperation(description = "Puts the dead letters that died since a time back into the outbox")
	@ManagedOperationParameter(name = "since", description = "The time, ISO-8601: 2026-11-22T10:00:00Z")
	public int redriveSince(String since) {
		try {
			return this.deadLetters.redrive(null, OffsetDateTime.parse(since).toInstant());
		}
		catch (DateTimeParseException ex) {
			throw new IllegalArgumentException("Not an ISO-8601 time such as 2026-11-22T10:00:00Z: " + since, ex);
		}
	}

}
