package io.agentassist.bridge.interaction;

import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import jakarta.annotation.PreDestroy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Watches what waits for each destination: the meters {@code agentassist.outbox.depth},
 * {@code agentassist.outbox.age} and {@code agentassist.deadletters}. It looks at
 * intervals by itself, so that a scrape, or a health check, never waits for the database.
 * Thread safe.
 */
@Component
public class BacklogMonitor {

	private static final Logger log = LoggerFactory.getLogger(BacklogMonitor.class);

	/** Destinations of the routes as they are shipped: they show zeros, too. */
	private static final List<String> SHIPPED = List.of("analytics", "audit");

	private static final String SELECT = """
			SELECT destination, count(*), min(created_at), 0 FROM outbox GROUP BY destination
			UNION ALL SELECT destination, 0, NULL, count(*) FROM dead_letter GROUP BY destination""";

	private final JdbcTemplate jdbc;

	private final Clock clock;

	private final MultiGauge depths;

	private final MultiGauge ages;

	private final MultiGauge deadLetters;

	private final ScheduledExecutorService timer = Executors
		.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("backlog-monitor-"));

	/** Null while the database does not tell. */
	private volatile Map<String, Backlog> latest;

	BacklogMonitor(JdbcTemplate jdbc, Clock clock, OutboxProperties properties, MeterRegistry meters) {
		this.jdbc = jdbc;
		this.clock = clock;
		this.depths = MultiGauge.builder("agentassist.outbox.depth")
			.description("Events that wait for their delivery")
			.register(meters);
		this.ages = MultiGauge.builder("agentassist.outbox.age")
			.description("How long the oldest event has waited for its delivery")
			.baseUnit("seconds")
			.register(meters);
		this.deadLetters = MultiGauge.builder("agentassist.deadletters")
			.description("Events that were given up, until they are redriven")
			.register(meters);
		Gauge.builder("agentassist.outbox.known", () -> (this.latest != null) ? 1 : 0)
			.description("Whether the database tells what waits: 1 or 0")
			.register(meters);
		ScheduledFuture<?> unused = this.timer.scheduleWithFixedDelay(this::look, 0,
				properties.watchInterval().toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * What waits, as of the last look.
	 * @return by destination; null while the database does not tell
	 */
	public Map<String, Backlog> latest() {
		return this.latest;
	}

	private void look() {
		try {
			Map<String, Backlog> found = new TreeMap<>();
			SHIPPED.forEach((destination) -> found.put(destination, Backlog.NONE));
			this.jdbc.query(SELECT, (row) -> {
				OffsetDateTime oldest = row.getObject(3, OffsetDateTime.class);
				Backlog part = new Backlog(row.getLong(2), age(oldest), row.getLong(4));
				found.merge(row.getString(1), part, BacklogMonitor::sum);
			});
			show(found);
			this.latest = found;
		}
		// Whatever it is: an exception would end the schedule.
		catch (DataAccessException | TransactionException ex) {
			log.debug("The backlog could not be read: {}", ex.getMessage());
			this.latest = null;
			show(Map.of());
		}
	}

	private Duration age(OffsetDateTime oldest) {
		Duration age = (oldest != null) ? Duration.between(oldest.toInstant(), this.clock.instant()) : Duration.ZERO;
		return age.isNegative() ? Duration.ZERO : age;
	}

	private static Backlog sum(Backlog one, Backlog other) {
		return new Backlog(one.waiting() + other.waiting(),
				(one.age().compareTo(other.age()) > 0) ? one.age() : other.age(), one.dead() + other.dead());
	}

	private void show(Map<String, Backlog> backlogs) {
		show(this.depths, backlogs, Backlog::waiting);
		show(this.ages, backlogs, (backlog) -> backlog.age().toMillis() / 1000.0);
		show(this.deadLetters, backlogs, Backlog::dead);
	}

	private static void show(MultiGauge gauge, Map<String, Backlog> backlogs, ToDoubleFunction<Backlog> value) {
		gauge.register(backlogs.entrySet()
			.stream().<MultiGauge
					.Row<?>>map(
							(entry) -> MultiGauge.Row.of(Tags.of("destination", entry.getKey()),
									() -> value.applyAsDouble(entry.getValue())))
			.toList(), true);
	}

	@PreDestroy
	void stop() {
		this.timer.shutdownNow();
	}

}
