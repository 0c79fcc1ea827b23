package io.agentassist.bridge.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/**
 * The bridge's database, {@code -Ddatabase=h2} or {@code -Ddatabase=postgresql}, and what
 * is put into it while the bridge is off.
 */
final class Database implements AutoCloseable {

	private static final int PART = 50_000;

	private final String h2;

	private final EmbeddedPostgres server;

	Database(Path bridgeFolder) {
		this.h2 = "jdbc:h2:file:" + bridgeFolder.resolve("data/agent-assist-bridge")
				+ ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;MAX_COMPACT_TIME=0";
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
	 * counts in. The requests' ids are random, as a provider's are; the suggestions are
	 * those that {@link Cycle} has ranked, so that a callback finds feedback.
	 * @param requests how many
	 */
	void addOldRows(int requests) {
		String id = (this.server != null) ? "gen_random_uuid()" : "RANDOM_UUID()";
		String time = "CURRENT_TIMESTAMP - INTERVAL '1' SECOND * (i * (6.5 * 86400 / " + requests + "))";
		String request = "INSERT INTO suggestion_request (request_id, conversation_id, agent_id, agent_skills, status,"
				+ " submitted_at, completed_at, ranked_suggestions) SELECT CAST(" + id + " AS varchar), 'old-conv-'"
				+ " || (i / 10), 'agent-1', '[]', 'completed', " + time + ", " + time + ", '[" + "x".repeat(1000)
				+ "]' FROM ";
		String key = "INSERT INTO idempotency_key (message_key, processed_at) SELECT 'request:' || " + id + ", " + time
				+ " FROM ";
		String feedback = "INSERT INTO suggestion_feedback (suggestion_id, accepted, total) SELECT 'sug-' || (i / "
				+ Cycle.SUGGESTIONS + ") || '-' || (i % " + Cycle.SUGGESTIONS + " + 1), 1, 2 FROM ";
		List<String> statements = new ArrayList<>();
		// In parts, since H2 keeps a transaction's changes in memory.
		for (int from = 0; from < requests; from += PART) {
			int to = Math.min(from + PART, requests);
			statements.addAll(List.of(request + numbers(from, to), key + numbers(from, to),
					feedback + numbers(2 * from, 2 * to)));
		}
		statements.add(analyze());
		run(statements);
	}

	/**
	 * Puts events for analytics in, as an outage leaves them.
	 * @param events how many
	 */
	void addBacklog(int events) {
		run(List.of("INSERT INTO outbox (destination, event_id, payload) SELECT 'analytics', 'event-' || i,"
				+ " '{\"event_id\":\"event-' || i || '\",\"action\":\"presented\",\"request_id\":\"late-' || i"
				+ " || '\",\"padding\":\"" + "x".repeat(400) + "\"}' FROM " + numbers(0, events), analyze()));
	}

	private String numbers(int from, int to) {
		return ((this.server != null) ? "generate_series(" : "SYSTEM_RANGE(") + from + ", " + (to - 1)
				+ ") AS numbers(i)";
	}

	private String analyze() {
		return (this.server != null) ? "VACUUM ANALYZE" : "ANALYZE";
	}

	private void run(List<String> statements) {
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
