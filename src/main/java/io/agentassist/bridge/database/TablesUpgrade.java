package io.agentassist.bridge.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.exception.FlywayValidateException;

import org.springframework.boot.autoconfigure.flyway.FlywayMigrationStrategy;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * Upgrades the tables, and stops the start if this version cannot upgrade them. Flyway
 * itself ignores migrations made by a newer version.
 */
class TablesUpgrade implements FlywayMigrationStrategy {

	private static final String UPGRADE = ": docs/operations.md, Upgrade.";

	/**
	 * SQLSTATE prefixes: a table, index or column is there already, or is not; the first
	 * is H2's.
	 */
	private static final List<String> OTHER_TABLES = List.of("42S", "42P07", "42701");

	private final String bridgeVersion;

	TablesUpgrade(String bridgeVersion) {
		this.bridgeVersion = bridgeVersion;
	}

	@Override
	public void migrate(Flyway flyway) {
		// Kept open, as H2 would otherwise close and open its file for each of Flyway's
		// steps.
		try (Connection connection = flyway.getConfiguration().getDataSource().getConnection()) {
			if (isReadOnly(connection)) {
				throw new TablesException("The database can only be read, so nothing could be recorded.",
						"Let the bridge's user write the file of the embedded database. PostgreSQL: is this the standby? "
								+ "docs/scaling.md, Set up.");
			}
			upgrade(flyway);
		}
		catch (SQLException ex) {
			throw new DataAccessResourceFailureException("The database cannot be opened", ex);
		}
	}

	/**
	 * H2 opens a file that it may not write, and tells; the driver of PostgreSQL only
	 * knows what was asked of it.
	 */
	private static boolean isReadOnly(Connection connection) throws SQLException {
		if (!"PostgreSQL".equals(connection.getMetaData().getDatabaseProductName())) {
			return connection.isReadOnly();
		}
		try (Statement statement = connection.createStatement();
				ResultSet answer = statement.executeQuery("SHOW transaction_read_only")) {
			return answer.next() && "on".equals(answer.getString(1));
		}
	}

	private void upgrade(Flyway flyway) {
		refuseNewer(flyway);
		try {
			flyway.migrate();
		}
		catch (FlywayValidateException ex) {
			// The first problem, after a heading; the rest is advice to change the
			// history.
			throw unusable(ex.getMessage().lines().skip(1).findFirst().orElse(ex.getMessage()));
		}
		catch (FlywayException ex) {
			// H2 keeps the first half of a migration that was killed.
			if (NestedExceptionUtils.getMostSpecificCause(ex) instanceof SQLException cause && isOfTables(cause)) {
				throw unusable(cause.getMessage().replaceFirst("(?s)[;\\n].*", ""));
			}
			throw ex;
		}
		// A newer version may have upgraded the tables while this one waited for its
		// turn.
		refuseNewer(flyway);
	}

	private static boolean isOfTables(SQLException failure) {
		return OTHER_TABLES.stream().anyMatch(String.valueOf(failure.getSQLState())::startsWith);
	}

	private TablesException unusable(String problem) {
		return new TablesException(
				"The tables of this database were not created by a release of the bridge, or not completely. "
						+ "This is version %s, which cannot upgrade them. %s".formatted(this.bridgeVersion, problem),
				"Restore the backup from before the upgrade or, after a first start that was cut off, move the file of "
						+ "the embedded database away" + UPGRADE);
	}

	private void refuseNewer(Flyway flyway) {
		MigrationInfo[] migrations = flyway.info().all();
		newest(migrations, TablesUpgrade::isOfNewerVersion).ifPresent((theirs) -> {
			MigrationVersion ours = newest(migrations, (state) -> !isOfNewerVersion(state)).orElseThrow();
			throw new TablesException(
					"A newer version of the bridge has upgraded the tables of this database to version %s. "
						.formatted(theirs)
							+ "This is version %s, which knows them up to version %s.".formatted(this.bridgeVersion,
									ours),
					"Start the newer version. The only way back to this one is the backup from before the upgrade"
							+ UPGRADE);
		});
	}

	private static Optional<MigrationVersion> newest(MigrationInfo[] migrations, Predicate<MigrationState> state) {
		return Arrays.stream(migrations)
			.filter((migration) -> state.test(migration.getState()))
			.map(MigrationInfo::getVersion)
			// A repeatable migration has no version.
			.filter(Objects::nonNull)
			.max(Comparator.naturalOrder());
	}

	private static boolean isOfNewerVersion(MigrationState state) {
		return state == MigrationState.FUTURE_SUCCESS || state == MigrationState.FUTURE_FAILED;
	}

}
