package io.agentassist.bridge.database;

import java.util.Arrays;
import java.util.Comparator;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;

import org.springframework.boot.actuate.health.AbstractHealthIndicator;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.Status;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Health {@code migrations}: down where the database does not have the tables of this
 * version. The start makes them, so this is a database that was replaced since, by an
 * older backup for example.
 */
@Component
class MigrationsHealthIndicator extends AbstractHealthIndicator {

	private final JdbcTemplate jdbc;

	private final String version;

	MigrationsHealthIndicator(Flyway flyway, JdbcTemplate jdbc) {
		super("The migrations cannot be read");
		this.jdbc = jdbc;
		this.version = Arrays.stream(flyway.info().applied())
			.map(MigrationInfo::getVersion)
			.max(Comparator.naturalOrder())
			.orElseThrow()
			.getVersion();
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Integer found = this.jdbc.queryForObject(
				"SELECT count(*) FROM \"flyway_schema_history\" WHERE \"version\" = ? AND \"success\"", Integer.class,
				this.version);
		builder.status((found == 1) ? Status.UP : Status.DOWN).withDetail("version", this.version);
	}

}
