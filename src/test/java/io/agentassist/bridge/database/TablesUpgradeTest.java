package io.agentassist.bridge.database;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;

import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Shows which databases the bridge refuses at its start. */
class TablesUpgradeTest {

	/** It started, asked the provider and could record nothing. */
	@Test
	void shouldRefuseAFileThatItMayOnlyRead(@TempDir Path folder) throws SQLException {
		String url = "jdbc:h2:file:" + folder.resolve("bridge");
		DriverManager.getConnection(url, "sa", "").close();
		Flyway flyway = Flyway.configure().dataSource(url + ";ACCESS_MODE_DATA=r", "sa", "").load();

		assertThatExceptionOfType(TablesException.class).isThrownBy(() -> new TablesUpgrade("0").migrate(flyway))
			.withMessageContaining("can only be read");
	}

}
