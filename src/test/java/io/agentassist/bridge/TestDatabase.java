package io.agentassist.bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.core.env.Environment;

/**
 * The database of the tests: H2 as the application sets it up, or, where the system
 * property {@code test.database} is {@code postgresql}, a real PostgreSQL, which the
 * first test that asks for it starts and the end of the JVM stops.
 */
public final class TestDatabase {

	private static final AtomicInteger COUNT = new AtomicInteger();

	private TestDatabase() {
	}

	/**
	 * Makes an empty database of the kind that this run tests.
	 * @param environment has the URL of the application's H2
	 * @param directory folder of the H2's file
	 * @return the properties of the data source; none for one that a test shares
	 */
	public static Map<String, String> of(Environment environment, Path directory) {
		if ("postgresql".equals(System.getProperty("test.database"))) {
			return environment.getProperty("test.datasource.shared", Boolean.class, false) ? Map.of() : postgreSql();
		}
		String url = environment.getRequiredProperty("spring.datasource.url");
		return Map.of("spring.datasource.url",
				"jdbc:h2:file:" + directory.resolve("bridge") + url.substring(url.indexOf(';')));
	}

	/**
	 * Makes an empty database.
	 * @return the properties of the data source
	 */
	public static Map<String, String> postgreSql() {
		String name = "bridge_" + COUNT.incrementAndGet();
		try (Connection connection = Server.INSTANCE.getPostgresDatabase().getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE DATABASE " + name);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return Map.of("spring.datasource.url", Server.INSTANCE.getJdbcUrl("postgres", name),
				"spring.datasource.username", "postgres", "spring.datasource.password", "postgres");
	}

	/** Started when first asked for. */
	private static final class Server {

		static final EmbeddedPostgres INSTANCE = start();

		private static EmbeddedPostgres start() {
			try {
				// Two may start at once, on a busy machine.
				return EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(1)).start();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
