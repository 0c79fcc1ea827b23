package io.agentassist.bridge.audit;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.outbox.Outbox;
import io.agentassist.bridge.outbox.OutboxEvent;
import io.agentassist.bridge.outbox.OutboxProperties;
import io.agentassist.bridge.settings.LiveSettings;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;

import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.ClassPathBeanDefinitionScanner;
import org.springframework.core.type.filter.RegexPatternTypeFilter;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One instance of the bridge, as far as its audit log goes: the real beans on a real
 * database, polled by hand, in the order of {@code routes/audit-delivery.camel.yaml}.
 */
final class AuditInstance implements AutoCloseable {

	static final int BATCH = 5;

	final AuditLog log;

	final AuditHealthIndicator health;

	final Outbox outbox;

	final JdbcTemplate database;

	final TransactionTemplate transaction;

	private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();

	private final Exchange exchange = new DefaultExchange(new DefaultCamelContext());

	AuditInstance(DataSource dataSource, AuditProperties properties, Clock clock) {
		this.database = new JdbcTemplate(dataSource);
		this.transaction = new TransactionTemplate(new DataSourceTransactionManager(dataSource));
		this.context.registerBean(JdbcTemplate.class, () -> this.database);
		this.context.registerBean(ObjectMapper.class, () -> new ObjectMapper());
		this.context.registerBean(Clock.class, () -> clock);
		this.context.registerBean(AuditProperties.class, () -> properties);
		OutboxProperties outboxSettings = new OutboxProperties(BATCH, Duration.ofMinutes(1), Duration.ofSeconds(1),
				Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofDays(3), Map.of(), Duration.ofMinutes(1),
				Duration.ofMinutes(1));
		this.context.registerBean(OutboxProperties.class, () -> outboxSettings);
		this.context.registerBean(LiveSettings.class, () -> new LiveSettings<>(outboxSettings));
		this.context.registerBean(TransactionTemplate.class, () -> this.transaction);
		// The outbox with what it needs, of which not all can be seen from here.
		ClassPathBeanDefinitionScanner outboxBeans = new ClassPathBeanDefinitionScanner(this.context, false);
		outboxBeans.addIncludeFilter(new RegexPatternTypeFilter(
				Pattern.compile(".*\\.(Outbox|OutboxClaims|DestinationBreakers|DeadLetters)")));
		outboxBeans.scan(Outbox.class.getPackageName());
		this.context.register(ChainPositions.class, AuditLog.class, AuditHealthIndicator.class);
		this.context.refresh();
		this.log = this.context.getBean(AuditLog.class);
		this.health = this.context.getBean(AuditHealthIndicator.class);
		this.outbox = this.context.getBean(Outbox.class);
	}

	/** Settings of an instance. */
	static AuditProperties settings(Path directory, String instanceId, int maxFileSize) {
		return new AuditProperties(directory, instanceId, DataSize.ofBytes(maxFileSize), Duration.ofMinutes(5),
				directory.resolveSibling("signing-key.pem"), Duration.ofMillis(20));
	}

	/** Puts events in the outbox. */
	AuditInstance record(String... ids) {
		for (String id : ids) {
			this.outbox.add("audit", id, "{\"event_id\":\"" + id + "\",\"agent_id\":\"Zoë\"}");
		}
		// Due by any clock of a test.
		this.database
			.update("UPDATE outbox SET next_attempt_at = '2000-01-01 00:00:00+00' WHERE destination = 'audit'");
		return this;
	}

	/** Puts other events in the outbox, all due at one time before those recorded. */
	void backlog(int events) {
		this.transaction.executeWithoutResult((status) -> this.database.batchUpdate(
				"INSERT INTO outbox (destination, event_id, payload, next_attempt_at)"
						+ " VALUES ('audit', ?, '{}', '1999-01-01 00:00:00+00')",
				IntStream.range(0, events).mapToObj((i) -> new Object[] { "backlog-" + i }).toList()));
	}

	/** What the route does at one poll; false where it failed. */
	boolean poll() {
		return poll(() -> {
		});
	}

	/** A poll that does something just before its commit. */
	boolean poll(Runnable beforeCommit) {
		AtomicBoolean ok = new AtomicBoolean(true);
		this.transaction.executeWithoutResult((status) -> {
			try {
				deliver();
				beforeCommit.run();
			}
			catch (Exception ex) {
				this.log.failed(ex);
				status.setRollbackOnly();
				ok.set(false);
			}
		});
		return ok.get();
	}

	private void deliver() throws Exception {
		if (!this.log.open()) {
			return;
		}
		if (this.log.isCheckpointDue()) {
			AuditCheckpoint checkpoint = this.log.checkpoint();
			this.outbox.add("analytics", checkpoint.eventId(), checkpoint.payload());
		}
		List<OutboxEvent> events = this.outbox.lock("audit", this.exchange);
		if (!events.isEmpty()) {
			this.log.append(events);
			this.outbox.remove(events);
		}
	}

	/** Polls until nothing waits. */
	AuditInstance drain() {
		poll();
		for (int i = 0; i < 100 && waiting() > 0; i++) {
			poll();
		}
		assertThat(waiting()).as(() -> this.log.problem().orElse("no problem")).isZero();
		return this;
	}

	/** Appends a batch and is gone before its commit. */
	void dieBeforeCommit() {
		poll(() -> {
			throw new IllegalStateException("killed");
		});
		close();
	}

	int waiting() {
		return this.database.queryForObject("SELECT count(*) FROM outbox WHERE destination = 'audit'", Integer.class);
	}

	/** Frees the lock as the end of a process does. */
	@Override
	public void close() {
		this.context.close();
	}

}
