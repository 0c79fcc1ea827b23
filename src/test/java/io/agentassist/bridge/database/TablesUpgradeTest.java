package io.agentassist.bridge.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

import io.agentassist.bridge.TestDatabase;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.callback.BaseCallback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/** Shows on which tables the bridge does not start, and what is told then. */
@Tag("state")
class TablesUpgradeTest {

	private static final String BRIDGE = "classpath:db/migration";

	private final TablesUpgrade upgrade = new TablesUpgrade("1.2.3");

	@TempDir
	private Path folder;

	private Map<String, String> dataSource;

	@BeforeEach
	void makeDatabase() {
		this.dataSource = TestDatabase.of(new MockEnvironment().withProperty("spring.datasource.url",
				"jdbc:h2:file:unused;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE"), this.folder);
	}

	@Test
	void shouldStartAgainOnTablesOfItsOwnVersion() {
		this.upgrade.migrate(flyway(BRIDGE));

		assertThatNoException().isThrownBy(() -> this.upgrade.migrate(flyway(BRIDGE)));
	}

	/** It started, asked the provider and could record nothing. */
	@Test
	void shouldRefuseADatabaseThatItMayOnlyRead() {
		this.upgrade.migrate(flyway(BRIDGE));
		String url = this.dataSource.get("spring.datasource.url");
		this.dataSource = new HashMap<>(this.dataSource);
		this.dataSource.put("spring.datasource.url", url.startsWith("jdbc:h2:") ? url + ";ACCESS_MODE_DATA=r"
				: url + "&options=-c%20default_transaction_read_only=on");

		assertThatExceptionOfType(TablesException.class).isThrownBy(() -> this.upgrade.migrate(flyway(BRIDGE)))
			.withMessageContaining("can only be read");
	}

	@Test
	void shouldRefuseTablesThatANewerVersionHasUpgraded() throws IOException {
		String newer = migration("newer", "V98_1__newer.sql", "CREATE TABLE newer (id integer)");
		this.upgrade.migrate(flyway(BRIDGE, newer));

		assertThatExceptionOfType(TablesException.class).isThrownBy(() -> this.upgrade.migrate(flyway(BRIDGE)))
			.withMessageContaining("to version 98.1.")
			.withMessageMatching(".*This is version 1\\.2\\.3, which knows them up to version \\d+\\.");
	}

	@Test
	void shouldRefuseTablesThatANewerVersionUpgradesMeanwhile() throws IOException {
		String newer = migration("newer", "V98_1__newer.sql", "CREATE TABLE newer (id integer)");
		migration("newer", "R__again.sql", "CREATE VIEW again AS SELECT 1 AS one");
		Flyway ours = Flyway.configure().configuration(flyway(BRIDGE).getConfiguration()).callbacks(new BaseCallback() {
			@Override
			public boolean supports(Event event, Context context) {
				return event == Event.BEFORE_MIGRATE;
			}

			@Override
			public void handle(Event event, Context context) {
				flyway(BRIDGE, newer).migrate();
			}
		}).load();

		assertThatExceptionOfType(TablesException.class).isThrownBy(() -> this.upgrade.migrate(ours))
			.withMessageContaining("to version 98.1.");
	}

	@Test
	void shouldNameTheMigrationThatIsNotTheOneThatMadeTheTables() throws IOException {
		this.upgrade.migrate(flyway(migration("one", "V1__made.sql", "CREATE TABLE made (id integer)")));
		String other = migration("other", "V1__made.sql", "CREATE TABLE made (id bigint)");

		assertThatExceptionOfType(TablesException.class).isThrownBy(() -> this.upgrade.migrate(flyway(other)))
			.withMessageContaining("This is version 1.2.3")
			.withMessageEndingWith("Migration checksum mismatch for migration version 1");
	}

	/** It told a stack trace, and then to restore a backup, of which there is none. */
	@ParameterizedTest
	@ValueSource(strings = { "CREATE TABLE made (id integer)",
			"CREATE TABLE made (id integer); CREATE INDEX made_by_id ON made (id)",
			"CREATE TABLE made (id integer); ALTER TABLE made ADD COLUMN more integer" })
	void shouldTellWhatToDoAfterAKillInTheFirstStart(String made) throws IOException, SQLException {
		Flyway started = flyway("filesystem:" + Files.createDirectories(this.folder.resolve("none")));
		started.migrate();
		String migration = migration("one", "V1__made.sql", made.substring(made.lastIndexOf(';') + 1));
		try (Connection killed = started.getConfiguration().getDataSource().getConnection();
				Statement statement = killed.createStatement()) {
			statement.execute(made);
		}

		for (int start = 0; start < 2; start++) {
			assertThatExceptionOfType(TablesException.class).isThrownBy(() -> this.upgrade.migrate(flyway(migration)))
				.withMessageContaining("or not completely")
				.withMessageMatching(".* (already exists|Duplicate column name \"more\"|Detected failed migration .*)")
				.satisfies((ex) -> assertThat(ex.action()).contains("a first start that was cut off"));
		}
	}

	private String migration(String name, String file, String sql) throws IOException {
		Path location = Files.createDirectories(this.folder.resolve(name));
		Files.writeString(location.resolve(file), sql);
		return "filesystem:" + location;
	}

	private Flyway flyway(String... locations) {
		return Flyway.configure()
			.dataSource(this.dataSource.get("spring.datasource.url"),
					this.dataSource.getOrDefault("spring.datasource.username", "sa"),
					this.dataSource.getOrDefault("spring.datasource.password", ""))
			.locations(locations)
			.load();
	}

}
