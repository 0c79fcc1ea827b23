package io.agentassist.bridge.outbox;

import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import jakarta.annotation.PreDestroy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Watches what is waiting for each destination, for the meters
 * {@code agentassist.outbox.depth}, {@code agentassist.outbox.age} and
 * {@code agentassist.deadletters}. It looks at regular intervals so that no scrape or
 * health check ever waits for the database. Thread safe.
 */
@Component
class BacklogMonitor {

	private static final Logger log = LoggerFactory.getLogger(BacklogMonitor.class);

	/** Destinations of the routes as shipped, which are shown even with zeros. */
	private static final List<String> SHIPPED = List.of("analytics", "audit");

	/**
	 * Maximum rows counted per query, since a large backlog must not keep callers
	 * waiting.
	 */
	private static final int PART_SIZE = 10_000;

	private static final String COUNT_PART = """
			SELECT destination, count(*), min(created_at), max(id) FROM (
			SELECT id, destination, created_at FROM %s WHERE id > ? ORDER BY id LIMIT ?) AS part
			GROUP BY destination""";

	private static final RowMapper<Part> PART_MAPPER = (row, number) -> new Part(row.getString(1), row.getLong(2),
			row.getObject(3, OffsetDateTime.class), row.getLong(4));

	/**
	 * The pause between two looks is at least this many times as long as the last look
	 * took.
	 */
	private static final int REST = 20;

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	private final Clock clock;

	private final MultiGauge depths;

	private final MultiGauge ages;

	private final MultiGauge deadLetters;

	private final ScheduledExecutorService timer = Executors
		.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("backlog-monitor-"));

	private final Duration interval;

	/** Time spent on the queries of a look, excluding the wait for a connection. */
	private long queryNanos;

	/** Null while the database cannot be read. */
	private volatile Map<String, Backlog> latest;

	BacklogMonitor(JdbcTemplate jdbc, TransactionOperations transaction, Clock clock, OutboxProperties properties,
			MeterRegistry meters) {
		this.jdbc = jdbc;
		this.transaction = transaction;
		this.clock = clock;
		this.depths = MultiGauge.builder("agentassist.outbox.depth")
			.description("Events waiting for delivery")
			.register(meters);
		this.ages = MultiGauge.builder("agentassist.outbox.age")
			.description("How long the oldest event has waited for delivery")
			.baseUnit("seconds")
			.register(meters);
		this.deadLetters = MultiGauge.builder("agentassist.deadletters")
			.description("Events that were given up, until they are redriven or purged")
			.register(meters);
		Gauge.builder("agentassist.outbox.known", () -> (this.latest != null) ? 1 : 0)
			.description("1, or 0 while the database cannot be read")
			.register(meters);
		this.interval = properties.watchInterval();
		schedule(Duration.ZERO);
	}

	/**
	 * What is waiting, as of the last look.
	 * @return the backlog by destination; null while the database cannot be read
	 */
	Map<String, Backlog> latest() {
		return this.latest;
	}

	private void schedule(Duration delay) {
		try {
			ScheduledFuture<?> unused = this.timer.schedule(this::look, delay.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (RejectedExecutionException ex) {
			log.debug("The backlog is no longer read: the service is stopping");
		}
	}

	private void look() {
		this.queryNanos = 0;
		Duration pause = this.interval;
		try {
			Map<String, Backlog> found = new TreeMap<>();
			SHIPPED.forEach((destination) -> found.put(destination, Backlog.NONE));
			count("outbox", (part) -> found.merge(part.destination, new Backlog(part.count, age(part.oldest), 0),
					BacklogMonitor::sum));
			count("dead_letter", (part) -> found.merge(part.destination, new Backlog(0, Duration.ZERO, part.count),
					BacklogMonitor::sum));
			show(found);
			this.latest = found;
			Duration rest = Duration.ofNanos(this.queryNanos).multipliedBy(REST);
			pause = (rest.compareTo(pause) > 0) ? rest : pause;
		}
		// The look must not fail for good: who reads the figures must not take old ones
		// for new.
		catch (RuntimeException | Error ex) {
			log.debug("The backlog could not be read", ex);
			this.latest = null;
			show(Map.of());
		}
		finally {
			schedule(pause);
		}
	}

	private void count(String table, Consumer<Part> counts) {
		String sql = COUNT_PART.formatted(table);
		long after = -1;
		long counted = PART_SIZE;
		while (counted == PART_SIZE) {
			long last = after;
			List<Part> parts = this.transaction.execute((status) -> {
				long start = System.nanoTime();
				List<Part> found = this.jdbc.query(sql, PART_MAPPER, last, PART_SIZE);
				this.queryNanos += System.nanoTime() - start;
				return found;
			});
			parts.forEach(counts);
			counted = parts.stream().mapToLong(Part::count).sum();
			after = parts.stream().mapToLong(Part::lastId).max().orElse(after);
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

	/** The rows of one destination counted by one query. */
	private record Part(String destination, long count, OffsetDateTime oldest, long lastId) {
	}

	@PreDestroy
	void stop() {
		this.timer.shutdownNow();
	}

}
