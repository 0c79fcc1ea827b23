package io.agentassist.bridge.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.agentassist.bridge.PackagedBridge;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.slf4j.LoggerFactory;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A database that outlives the bridge's processes. */
sealed interface Engine extends AutoCloseable {

	/**
	 * Gets what points the bridge to it.
	 * @return properties of the application
	 */
	Map<String, String> settings();

	/**
	 * Connects, while no bridge runs.
	 * @return a template
	 */
	JdbcTemplate connect();

	@Override
	void close();

	/** The embedded database, a file in the bridge's folder. */
	record H2(Path folder) implements Engine {

		@Override
		public Map<String, String> settings() {
			return Map.of();
		}

		@Override
		public JdbcTemplate connect() {
			return new JdbcTemplate(
					new DriverManagerDataSource("jdbc:h2:file:" + this.folder.resolve("data/agent-assist-bridge")
							+ ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE", "sa", ""));
		}

		@Override
		public void close() {
			// Its file goes with the folder.
		}

	}

	/** A PostgreSQL server, which can be stopped and started again. */
	final class PostgreSql implements Engine {

		private final Path folder;

		private EmbeddedPostgres server;

		private final int port = PackagedBridge.freePorts().get(0);

		PostgreSql(Path folder) {
			// What the server says to a killed client is no news here.
			((Logger) LoggerFactory.getLogger(EmbeddedPostgres.class)).setLevel(Level.WARN);
			this.folder = folder;
			start();
		}

		void start() {
			try {
				this.server = EmbeddedPostgres.builder()
					.setDataDirectory(this.folder)
					.setCleanDataDirectory(false)
					.setPort(this.port)
					.start();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		@Override
		public Map<String, String> settings() {
			return Map.of("spring.datasource.url", this.server.getJdbcUrl("postgres", "postgres"),
					"spring.datasource.username", "postgres", "spring.datasource.password", "postgres");
		}

		@Override
		public JdbcTemplate connect() {
			return new JdbcTemplate(this.server.getPostgresDatabase());
		}

		/** Stops the server; its data stay, for another start. */
		void stop() {
			try {
				this.server.close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		@Override
		public void close() {
			stop();
		}

	}

}
