package io.agentassist.bridge.audit;

import java.io.IOException;

import javax.sql.DataSource;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

import org.springframework.jdbc.core.JdbcTemplate;

/** The same on PostgreSQL. */
class PostgreSqlAuditLogTest extends AuditLogTest {

	private static EmbeddedPostgres server;

	@BeforeAll
	static void startServer() throws IOException {
		server = EmbeddedPostgres.start();
	}

	@AfterAll
	static void stopServer() throws IOException {
		server.close();
	}

	@BeforeEach
	void clean() {
		new JdbcTemplate(dataSource()).execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
	}

	@Override
	DataSource dataSource() {
		return server.getPostgresDatabase();
	}

}
