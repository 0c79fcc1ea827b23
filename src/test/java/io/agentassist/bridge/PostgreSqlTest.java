package io.agentassist.bridge;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.outbox.Outbox;
import io.agentassist.bridge.outbox.OutboxEvent;
import org.apache.camel.CamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.FileSystemResource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What only PostgreSQL could do otherwise. All else that the database does is in the
 * tests with the tag {@code state}, which run on both.
 */
@Tag("postgresql")
class PostgreSqlTest extends BridgeTest {

	/** Nothing delivers there. */
	private static final String ELSEWHERE = "elsewhere";

	@Autowired
	private PlatformTransactionManager transactions;

	@Autowired
	private Outbox outbox;

	@Autowired
	private CamelContext camel;

	@Test
	void shouldMigrate() {
		assertThat(this.database.queryForObject("SELECT version()", String.class)).startsWith("PostgreSQL");
		assertThat(this.database.queryForList("SELECT success FROM flyway_schema_history", Boolean.class)).isNotEmpty()
			.containsOnly(true);
	}

	/**
	 * A callback may wait for another of the same request that PostgreSQL lets overtake
	 * it.
	 */
	@Test
	void shouldDeliverEventsInTheOrderInWhichTheyAreRecorded() {
		TransactionTemplate waiting = new TransactionTemplate(this.transactions);
		TransactionTemplate overtaking = new TransactionTemplate(this.transactions);
		overtaking.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);

		waiting.executeWithoutResult((status) -> {
			while (!this.database.queryForObject(
					"SELECT clock_timestamp() > CURRENT_TIMESTAMP + INTERVAL '2 milliseconds'", Boolean.class)) {
				Thread.onSpinWait();
			}
			overtaking.executeWithoutResult((inner) -> this.outbox.add(ELSEWHERE, "first", "{}"));
			this.outbox.add(ELSEWHERE, "second", "{}");
		});

		try {
			// Times are rounded to milliseconds, up as well.
			eventually(() -> assertThat(lockDue()).containsExactly("first", "second"));
		}
		finally {
			removeAll();
		}
	}

	/**
	 * It kept the others from all that was due, for as long as the server's TCP waits.
	 */
	@Test
	void shouldDeliverWhatAnInstanceThatHangsHasLocked() throws Exception {
		String limit = (String) new YamlPropertySourceLoader()
			.load("profile", new FileSystemResource("config/application-postgresql.yaml"))
			.get(0)
			.getProperty("spring.datasource.hikari.connection-init-sql");
		this.outbox.add(ELSEWHERE, "held", "{}");
		try (Connection hanging = this.database.getDataSource().getConnection();
				Statement statement = hanging.createStatement()) {
			hanging.setAutoCommit(false);
			statement.execute("SELECT id FROM outbox WHERE destination = 'elsewhere' FOR UPDATE");
			assertThat(lockDue()).isEmpty();
			statement.execute(limit.replace("30s", "2s"));

			eventually(() -> assertThat(lockDue()).containsExactly("held"));
			assertThatExceptionOfType(SQLException.class).isThrownBy(hanging::commit);
		}
		finally {
			removeAll();
		}
	}

	private List<String> lockDue() {
		List<OutboxEvent> due = new TransactionTemplate(this.transactions)
			.execute((status) -> this.outbox.lock(ELSEWHERE, new DefaultExchange(this.camel)));
		return due.stream().map(OutboxEvent::eventId).toList();
	}

	private void removeAll() {
		this.database.update("DELETE FROM outbox WHERE destination = ?", ELSEWHERE);
	}

	@Test
	void shouldTakeCharactersThatPostgreSqlRefuses() {
		String id = queue(unique("conv-"));
		ObjectNode suggestion = suggestion("a\u0000b", 0.5);
		suggestion.put("title", "a\u0000b");

		assertThat(callBack(completed(id, suggestion)).statusCode()).isEqualTo(200);
		assertThat(callBack(completed("a\u0000b")).statusCode()).isEqualTo(404);
		assertThat(giveFeedback("a\u0000b", "x", "accepted", null).statusCode()).isEqualTo(400);
		assertThat(lookUp(id).path("ranked_suggestions").get(0).path("title").asText()).isEqualTo("a\u0000b");
		assertThat(settledActions(id)).containsExactly("presented");
	}

}
