package io.agentassist.bridge.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/**
 * The bridge's database, {@code -Ddatabase=h2} or {@code -Ddatabase=postgresql}, and what
 * is put into it while the bridge is off.
 */
final class Database implements AutoCloseable {

	private final String h2;

	private final EmbeddedPostgres server;

	Database(Path bridgeFolder) {
		this.h2 = "jdbc:h2:file:" + bridgeFolder.resolve("data/agent-assist-bridge")
				+ ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE";
		this.server = "postgresql".equals(System.getProperty("database")) ? start() : null;
	}

	private static EmbeddedPostgres start() {
		try {
			return EmbeddedPostgres.builder().setServerConfig("shared_buffers", "128MB").start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * What the bridge has to be told.
	 * @return environment variables
	 */
	Map<String, String> settings() {
		return (this.server != null) ? Map.of("SPRING_PROFILES_ACTIVE", "postgresql", "SPRING_DATASOURCE_URL",
				this.server.getJdbcUrl("postgres", "postgres"), "SPRING_DATASOURCE_USERNAME", "postgres",
				"SPRING_DATASOURCE_PASSWORD", "postgres") : Map.of();
	}

	/**
	 * Puts decided requests of the last days, their keys, and twice as many feedback
	 * counts in.
	 * @param requests how many
	 */
	void addOldRows(int requests) {
		String time = "CURRENT_TIMESTAMP - i * INTERVAL '1' SECOND * (6.5 * 86400 / " + requests + ")";
		run("INSERT INTO suggestion_request (request_id, conversation_id, agent_id, agent_skills, status, submitted_at,"
				+ " completed_at, ranked_suggestions) SELECT 'old-' || i, 'old-conv-' || (i / 10), 'agent-1', '[]',"
				+ " 'completed', " + time + ", " + time + ", '[" + "x".repeat(200) + "]' FROM " + numbers(requests),
				"INSERT INTO idempotency_key (message_key, processed_at) SELECT 'request:old-' || i, " + time + " FROM "
						+ numbers(requests),
				"INSERT INTO suggestion_feedback (suggestion_id, accepted, total) SELECT 'old-sug-' || i, 1, 2 FROM "
						+ numbers(2 * requests),
				(this.server != null) ? "VACUUM ANALYZE" : "ANALYZE");
	}

	/**
	 * Puts events for analytics in, as an outage leaves them.
	 * @param events how many
	 */
	void addBacklog(int events) {
		run("INSERT INTO outbox (destination, event_id, payload) SELECT 'analytics', 'event-' || i,"
				+ " '{\"event_id\":\"event-' || i || '\",\"action\":\"presented\",\"request_id\":\"late-' || i"
				+ " || '\",\"padding\":\"" + "x".repeat(400) + "\"}' FROM " + numbers(events),
				(this.server != null) ? "VACUUM ANALYZE" : "ANALYZE");
	}

	private String numbers(int count) {
		return (this.server != null) ? "generate_series(1, " + count + ") AS numbers(i)"
				: "SYSTEM_RANGE(1, " + count + ") AS numbers(i)";
	}

	private void run(String... statements) {
		try (Connection connection = (this.server != null) ? this.server.getPostgresDatabase().getConnection()
				: DriverManager.getConnection(this.h2, "sa", ""); Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException("Cannot fill the database", ex);
		}
	}

	@Override
	public void close() {
		if (this.server != null) {
			try {
				this.server.close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
	}

}
