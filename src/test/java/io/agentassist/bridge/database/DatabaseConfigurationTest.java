package io.agentassist.bridge.database;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what is said of a database that is set up unwisely. */
@ExtendWith(OutputCaptureExtension.class)
class DatabaseConfigurationTest {

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql://db/bridge, , true", "jdbc:postgresql://db/bridge?socketTimeout=3, , false",
			"jdbc:postgresql://db/bridge, 3, false" })
	void shouldWarnOfConnectionsThatWaitWithoutLimit(String url, String timeout, boolean warns, CapturedOutput log) {
		try (HikariDataSource pool = new HikariDataSource()) {
			pool.setJdbcUrl(url);
			if (timeout != null) {
				pool.addDataSourceProperty("socketTimeout", timeout);
			}

			new DatabaseConfiguration().transactionManager(pool, new SimpleMeterRegistry());
		}

		assertThat(log.getAll().contains("connections have no socketTimeout: use the profile postgresql"))
			.isEqualTo(warns);
	}

}
