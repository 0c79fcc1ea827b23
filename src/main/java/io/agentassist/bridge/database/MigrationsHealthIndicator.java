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
 * The health of {@code migrations}: down if the database does not have this version's
 * tables. The start creates them, so the database must have been replaced since then, for
 * example by an older backup.
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
