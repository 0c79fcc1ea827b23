package io.agentassist.bridge.outbox;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Map;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.TestClock;
import io.agentassist.bridge.TestDatabase;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what becomes of events over days, which no other test waits for. */
@Tag("state")
class OutboxTest {

	private static final String DESTINATION = "analytics";

	private static final Duration TIME_TO_LIVE = Duration.ofDays(3);

	private final TestClock clock = new TestClock();

	private final Exchange exchange = new DefaultExchange(new DefaultCamelContext());

	private JdbcTemplate jdbc;

	private OutboxClaims claims;

	private DeadLetters deadLetters;

	private Outbox outbox;

	@BeforeEach
	void start(@TempDir Path folder) {
		Map<String, String> database = TestDatabase.of(new MockEnvironment().withProperty("spring.datasource.url",
				"jdbc:h2:file:unused;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE"), folder);
		DriverManagerDataSource dataSource = new DriverManagerDataSource(database.get("spring.datasource.url"),
				database.getOrDefault("spring.datasource.username", "sa"),
				database.getOrDefault("spring.datasource.password", ""));
		Flyway.configure().dataSource(dataSource).load().migrate();
		this.jdbc = new JdbcTemplate(dataSource);
		TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
		// A destination that fails is not probed before the test is over.
		Duration never = Duration.ofDays(1);
		OutboxProperties settings = new OutboxProperties(100, Duration.ofMinutes(1), never, never, never, TIME_TO_LIVE,
				Map.of(), Duration.ofMinutes(1), Duration.ofMinutes(1));
		this.claims = new OutboxClaims(this.jdbc, transaction, settings, this.clock);
		this.deadLetters = new DeadLetters(this.jdbc, transaction, this.clock);
		this.outbox = new Outbox(this.jdbc, transaction, new ObjectMapper(), () -> settings, this.clock, this.claims,
				new DestinationBreakers(() -> settings), this.deadLetters);
	}

	@AfterEach
	void stop() {
		this.claims.stop();
	}

	/** A moment's outage at the start gave the whole backlog up, unsent. */
	@Test
	void shouldGiveUpABacklogOnlyOnceTheDestinationHasFailedForTheTimeToLive() {
		waitingFor(Duration.ofDays(4));
		for (int i = 0; i < 10; i++) {
			this.outbox.postpone(new OutboxEvent(-1, DESTINATION, "e", "{}", 0, null),
					new IllegalStateException("refused"));
		}

		assertThat(this.outbox.claim(DESTINATION, this.exchange)).isEmpty();
		assertThat(this.deadLetters.page(null, 0, 10)).isEmpty();
		assertThat(this.exchange.getProperty(Exchange.SCHEDULER_POLLED_MESSAGES)).isEqualTo(false);

		this.clock.pass(TIME_TO_LIVE);
		assertThat(this.outbox.claim(DESTINATION, this.exchange)).isEmpty();
		assertThat(this.deadLetters.page(DESTINATION, 0, 10)).singleElement()
			.satisfies((letter) -> assertThat(letter.reason()).endsWith("IllegalStateException: refused"));
	}

	private void waitingFor(Duration time) {
		this.outbox.add(DESTINATION, "waiting", "{}");
		this.jdbc.update("UPDATE outbox SET next_attempt_at = ?",
				this.clock.instant().minus(time).atOffset(ZoneOffset.UTC));
	}

}
