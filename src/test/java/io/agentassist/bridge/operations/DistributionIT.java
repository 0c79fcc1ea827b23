package io.agentassist.bridge.operations;

import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.PackagedBridge;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Shows the archive as an operator uses it: unpack, start, stop, back up, restore. */
class DistributionIT {

	private static final Path ARCHIVE = Path.of("target/agent-assist-bridge.tar.gz").toAbsolutePath();

	private static final String CHECKPOINTS = "--agentassist.audit.checkpoint-interval=1s";

	private static final String OLD_KEY = "audit-signing-key-old.pub.pem";

	private static final String NEW_KEY = "audit-signing-key.pub.pem";

	private static final String AUDIT_FILE = "audit-web-1-2026-11-22-0000000001.jsonl";

	/** Parameters that pg_dump, pg_restore and psql refuse. */
	private static final String OF_THE_DRIVER_ONLY = "?socketTimeout=10&ApplicationName=runbook";

	private static final HttpClient CLIENT = HttpClient.newHttpClient();

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@TempDir
	private Path folder;

	private Path home;

	private int port;

	private int managementPort;

	private Process bridge;

	/** Of the scripts, besides what the build has. */
	private final Map<String, String> environment = new HashMap<>();

	@BeforeEach
	void unpack() throws Exception {
		assertThat(run(this.folder, "tar", "-xzf", ARCHIVE.toString()).code).isZero();
		try (Stream<Path> unpacked = Files.list(this.folder)) {
			this.home = unpacked.findFirst().orElseThrow();
		}
		List<Integer> ports = PackagedBridge.freePorts();
		this.port = ports.get(0);
		this.managementPort = ports.get(1);
	}

	@AfterEach
	void stop() throws InterruptedException {
		if (this.bridge != null) {
			this.bridge.destroy();
			assertThat(this.bridge.waitFor(30, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void shouldBackUpAndRestoreTheStateAndGoOn() throws Exception {
		Result archived = run(this.home, "bin/archive-classes");
		assertThat(archived.code).as(archived.output).isZero();
		assertThat(this.home.resolve("data")).doesNotExist();
		start("sandbox,ecs", CHECKPOINTS);
		String id = awaitSample();
		// With the first key; a stop does not sign what is new since the last checkpoint.
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.home.resolve("data/audit"))
				.isDirectoryContaining("glob:**/checkpoints-*.jsonl"));
		assertThat(Files.readString(this.home.resolve("classes.txt")))
			.contains("io.agentassist.bridge.AgentAssistBridge source: shared objects file");
		Result refused = run(this.home, "bin/backup", "backups");
		assertThat(refused.code).as(refused.output).isOne();
		assertThat(refused.output).isEqualTo("The bridge uses the database: stop the bridge first\n");
		stop();

		Result backup = run(this.home, "bin/backup", "backups");
		assertThat(backup.code).as(backup.output).isZero();
		Result onTop = run(this.home, "bin/restore", archive(backup));
		assertThat(onTop.code).as(onTop.output).isNotZero();
		Files.move(this.home.resolve("data"), this.home.resolve("data-lost"));
		Result restore = run(this.home, "bin/restore", archive(backup));
		assertThat(restore.code).as(restore.output).isZero();

		assertThat(verify().output).contains("OK: 1 chain");
		rotateSigningKey();
		start("sandbox", CHECKPOINTS, "--agentassist.operator.password=rotated");
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(lookUp(id)).contains("\"status\":\"completed\""));
		// The management port opens after the API's.
		await().atMost(PATIENCE)
			.ignoreException(ConnectException.class)
			.untilAsserted(() -> assertThat(
					get("http://127.0.0.1:" + this.managementPort + "/actuator/health/readiness").statusCode())
				.isEqualTo(200));
		assertThat(log()).doesNotContain("recovered from line");
		assertThat(deadLetters("operator")).isEqualTo(401);
		assertThat(deadLetters("rotated")).isEqualTo(200);
		await().atMost(PATIENCE).untilAsserted(() -> {
			Result withOld = verify(OLD_KEY);
			assertThat(withOld.code).as(withOld.output).isEqualTo(1);
		});
		Result withNew = verify(NEW_KEY);
		assertThat(withNew.code).as(withNew.output).isEqualTo(1);
		Result withBoth = verify(OLD_KEY, NEW_KEY);
		assertThat(withBoth.code).as(withBoth.output).isZero();
	}

	/** It stayed, with the signing key in it perhaps. */
	@Test
	void shouldLeaveNothingOfABackupThatFails() throws Exception {
		makeState();
		replaceTool("tar", """
				echo part >"$4"
				exit 1
				""");

		assertThat(run(this.home, "bin/backup", "backups").code).isOne();

		assertThat(this.home.resolve("backups")).isEmptyDirectory();
	}

	/** H2's shell exits with 0 then: the archive had no database, or a part of one. */
	@Test
	void shouldNotTakeABackupWithoutItsDatabase() throws Exception {
		makeState();
		// The disk is full as soon as H2 writes.
		replaceTool("mktemp", """
				folder=$(PATH=${PATH#*:} mktemp "$@")
				ln -s /dev/full "$folder/database.zip"
				echo "$folder"
				""");

		Result backup = run(this.home, "bin/backup", "backups");

		assertThat(backup.code).as(backup.output).isOne();
		assertThat(backup.output).startsWith("The database cannot be backed up: Error: ")
			.contains("No space left on device");
		assertThat(this.home.resolve("backups")).isEmptyDirectory();
	}

	/** The apostrophe ended the name in H2's statement. */
	@Test
	void shouldBackUpIntoAFolderWithAnApostrophe() throws Exception {
		makeState();
		Path target = this.folder.resolve("Client's NAS");
		Result backup = run(this.home, "bin/backup", target.toString());
		assertThat(backup.code).as(backup.output).isZero();
		assertThat(Path.of(archive(backup))).hasParent(target);
		Files.move(this.home.resolve("data"), this.home.resolve("data-lost"));

		Result restore = run(this.home, "bin/restore", archive(backup));

		assertThat(restore.code).as(restore.output).isZero();
		assertThat(this.home.resolve("data/agent-assist-bridge.mv.db")).isNotEmptyFile();
	}

	/** They took the file that a bridge had left when it moved to PostgreSQL. */
	@Test
	void shouldNotTakeTheEmbeddedDatabaseForThePostgreSqlThatIsUsed() throws Exception {
		makeState();
		Result backup = run(this.home, "bin/backup", "backups");
		assertThat(backup.code).as(backup.output).isZero();
		assertThat(backup.output).contains("Database in this backup: the embedded one");
		Path lost = Files.move(this.home.resolve("data"), this.home.resolve("data-lost"));
		for (Map.Entry<String, String> setting : Map
			.of("SPRING_PROFILES_ACTIVE", "ecs,postgresql", "SPRING_DATASOURCE_PASSWORD", "secret")
			.entrySet()) {
			this.environment.put(setting.getKey(), setting.getValue());
			assertPostgreSqlIsMissed(setting.getKey(), archive(backup), lost);
			this.environment.clear();
		}
		Path settings = this.home.resolve("config/application.yaml");
		String original = Files.readString(settings);
		Files.writeString(settings, original.replaceAll("jdbc:h2:\\S+", "jdbc:postgresql://db/bridge"));
		assertPostgreSqlIsMissed("config/application.yaml", archive(backup), lost);
		Files.writeString(settings, original);
		this.environment.put("SPRING_DATASOURCE_URL", "jdbc:postgresql://db/bridge");
		Result named = run(this.home, "bin/restore", archive(backup));
		assertThat(named.code).as(named.output).isOne();
		assertThat(named.output).contains("backup of the embedded database");
		this.environment.clear();

		Result restore = run(this.home, "bin/restore", archive(backup));

		assertThat(restore.code).as(restore.output).isZero();
		assertThat(restore.output).contains("Restored database: the embedded one");
	}

	private void assertPostgreSqlIsMissed(String seenIn, String archive, Path lost) throws Exception {
		String message = "The bridge seems to run on PostgreSQL (see " + seenIn
				+ "): set SPRING_DATASOURCE_URL to the URL of its database\n";
		Result restore = run(this.home, "bin/restore", archive);
		assertThat(restore.code).as(restore.output).isOne();
		assertThat(restore.output).isEqualTo(message);
		Path data = this.home.resolve("data");
		assertThat(data.resolve("agent-assist-bridge.mv.db")).doesNotExist();
		Path empty = Files.move(data, this.home.resolve("data-empty"));
		Files.move(lost, data);
		Result backup = run(this.home, "bin/backup", "more-backups");
		assertThat(backup.code).as(backup.output).isOne();
		assertThat(backup.output).isEqualTo(message);
		assertThat(this.home.resolve("more-backups")).isEmptyDirectory();
		Files.move(data, lost);
		Files.move(empty, data);
	}

	/** Of a key that was rotated since the backup, nothing was left. */
	@Test
	void shouldNotRestoreOverAnotherSigningKey() throws Exception {
		String archive = backUpKeys();
		Path data = this.home.resolve("data");
		Path key = Files.writeString(Files.createDirectory(data).resolve("audit-signing-key.pem"), "rotated");
		Files.writeString(data.resolve(NEW_KEY), "rotated");
		Files.writeString(data.resolve(OLD_KEY), OLD_KEY);

		Result refused = run(this.home, "bin/restore", archive);

		assertThat(refused.code).as(refused.output).isOne();
		assertThat(refused.output).contains("data/audit-signing-key.pem");
		assertThat(key).hasContent("rotated");
		assertThat(data.resolve("agent-assist-bridge.mv.db")).doesNotExist();
		Files.delete(key);
		Result restore = run(this.home, "bin/restore", archive);
		assertThat(restore.code).as(restore.output).isZero();
		assertThat(restore.output).contains("data/" + NEW_KEY).doesNotContain("data/" + OLD_KEY);
		assertThat(key).hasContent("audit-signing-key.pem");
		assertThat(data.resolve(NEW_KEY)).hasContent("rotated");
	}

	@Test
	void shouldAddTheLibrariesOfASite() throws Exception {
		Files.writeString(this.home.resolve("routes/new.camel.yaml"), """
				- route:
				    id: new-route
				    from:
				      uri: direct:new-route
				      steps:
				        - setBody:
				            id: find-id
				            jsonpath: $.id
				""");
		Result without = run(this.home, "bin/start", "routes", "check");
		assertThat(without.code).as(without.output).isOne();
		assertThat(without.output).contains("there is no language 'jsonpath': its library is not in the bridge");
		Path libraries = Files.createDirectory(this.home.resolve("lib"));
		for (String library : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
			Path jar = Path.of(library);
			if (jar.getFileName()
				.toString()
				.matches("(camel-jsonpath|json-path|json-smart|accessors-smart|asm)-.*jar")) {
				Files.copy(jar, libraries.resolve(jar.getFileName()));
			}
		}

		Result with = run(this.home, "bin/start", "routes", "check");

		assertThat(with.code).as(with.output).isZero();
	}

	/** A copy of the private key stayed. */
	@Test
	void shouldLeaveNothingOfARestoreThatIsInterrupted() throws Exception {
		makeState();
		Result backup = run(this.home, "bin/backup", "backups");
		assertThat(backup.code).as(backup.output).isZero();
		Path data = this.home.resolve("data");
		Files.move(data, this.home.resolve("data-lost"));
		replaceTool("tar", """
				PATH=${PATH#*:} tar "$@"
				kill "$PPID"
				""");

		assertThat(run(this.home, "bin/restore", archive(backup)).code).isOne();

		assertThat(data).isDirectoryContaining("glob:**/audit").isDirectoryNotContaining("glob:**/restore.*");
	}

	/** Of a state with an earlier public key, which is lost then. */
	private String backUpKeys() throws Exception {
		makeState();
		Path data = this.home.resolve("data");
		for (String key : List.of("audit-signing-key.pem", NEW_KEY, OLD_KEY)) {
			Files.writeString(data.resolve(key), key);
		}
		Result backup = run(this.home, "bin/backup", "backups");
		assertThat(backup.code).as(backup.output).isZero();
		Files.move(data, this.home.resolve("data-lost"));
		return archive(backup);
	}

	/** Without those of earlier keys, the restored log did not verify. */
	@Test
	void shouldBackUpAndRestoreEveryPublicKey() throws Exception {
		String archive = backUpKeys();
		Path data = this.home.resolve("data");

		Result restore = run(this.home, "bin/restore", archive);

		assertThat(restore.code).as(restore.output).isZero();
		for (String key : List.of("audit-signing-key.pem", NEW_KEY, OLD_KEY)) {
			assertThat(data.resolve(key)).hasContent(key);
		}
		assertThat(data.resolve("audit/instance-id")).hasContent("web-1");
		assertThat(data.resolve("audit").resolve(AUDIT_FILE)).exists();
	}

	/**
	 * The settings may name other places than the environment, which the script cannot
	 * know.
	 */
	@Test
	void shouldSayWhatABackupDoesNotFind() throws Exception {
		makeState();
		Result withoutKey = run(this.home, "bin/backup", "backups");
		assertThat(withoutKey.code).as(withoutKey.output).isZero();
		assertThat(withoutKey.output).contains("no signing key", "data/audit-signing-key.pem", "AUDIT_SIGNING_KEY");
		Files.move(this.home.resolve("data/audit"), this.home.resolve("elsewhere"));

		Result withoutLog = run(this.home, "bin/backup", "backups");

		assertThat(withoutLog.code).as(withoutLog.output).isOne();
		assertThat(withoutLog.output)
			.isEqualTo("No audit log in data/audit: set AUDIT_DIRECTORY to the folder that the settings name\n");
	}

	/** What the scripts look for, in place of a bridge that ran. */
	private void makeState() throws Exception {
		Path audit = Files.createDirectories(this.home.resolve("data/audit"));
		Files.writeString(audit.resolve("instance-id"), "web-1");
		Files.writeString(audit.resolve(AUDIT_FILE), "older\n");
		DriverManager
			.getConnection("jdbc:h2:file:" + this.home.resolve("data/agent-assist-bridge") + ";DATABASE_TO_LOWER=TRUE",
					"sa", "")
			.close();
	}

	/** The last line, whatever was said before. */
	private static String archive(Result backup) {
		return backup.output.lines().reduce("", (before, line) -> line);
	}

	/** The scripts then run this in place of the tool of this name. */
	private void replaceTool(String name, String script) throws IOException {
		Path tools = Files.createDirectories(this.folder.resolve("tools"));
		Path tool = Files.writeString(tools.resolve(name), "#!/bin/sh\n" + script);
		assertThat(tool.toFile().setExecutable(true)).isTrue();
		this.environment.put("PATH", tools + ":" + System.getenv("PATH"));
	}

	/**
	 * Skipped but in the profile runbook: {@code ./mvnw verify -Prunbook -Dtest=none
	 * -Dit.test=DistributionIT -Dsurefire.failIfNoSpecifiedTests=false}.
	 */
	@Test
	void shouldDoToAPostgreSqlWhatTheRunbookSays() throws Exception {
		Assumptions.assumeTrue(Boolean.getBoolean("runbook"), "In the profile runbook only");
		Path data = this.folder.resolve("postgresql");
		try (EmbeddedPostgres server = EmbeddedPostgres.builder().setDataDirectory(data).start()) {
			JdbcTemplate database = new JdbcTemplate(server.getPostgresDatabase());
			database.execute("CREATE ROLE bridge LOGIN PASSWORD 'first'");
			database.execute("CREATE DATABASE bridge OWNER bridge");
			database.execute("CREATE DATABASE restored OWNER bridge");
			database.execute("CREATE DATABASE again OWNER bridge");
			// What an administrator may have added, and the bridge's user may not.
			database.execute("CREATE ROLE reporting");
			JdbcTemplate bridges = new JdbcTemplate(server.getDatabase("postgres", "bridge"));
			bridges.execute("CREATE EXTENSION pgcrypto");
			bridges.execute("ALTER DEFAULT PRIVILEGES FOR ROLE bridge GRANT SELECT ON TABLES TO reporting");
			// The test's server trusts everybody.
			Path access = data.resolve("pg_hba.conf");
			Files.writeString(access, "host all bridge 127.0.0.1/32 scram-sha-256\n" + Files.readString(access));
			database.execute("SELECT pg_reload_conf()");
			String url = "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/";
			useDatabase(url + "bridge" + OF_THE_DRIVER_ONLY, "first");
			start("sandbox,postgresql,ecs", CHECKPOINTS);
			String id = awaitSample();

			Result asked = run(this.home, "sh", "-c",
					"PGPASSWORD=$SPRING_DATASOURCE_PASSWORD psql -U $SPRING_DATASOURCE_USERNAME -tA "
							+ "-c 'SELECT count(*) FROM suggestion_request' \"$(bin/libpq-url)\"");
			assertThat(asked.output).isEqualTo("1\n");
			Result backup = run(this.home, "bin/backup", "backups");
			assertThat(backup.code).as(backup.output).isZero();
			assertThat(backup.output).startsWith("Database in this backup: " + url + "bridge\n");
			// As the runbook says of a heap that leaks.
			Path dump = this.home.resolve("heap.hprof");
			Result dumped = run(this.home, "jcmd", Long.toString(this.bridge.pid()), "GC.heap_dump", dump.toString());
			assertThat(dumped.code).as(dumped.output).isZero();
			assertThat(Files.getPosixFilePermissions(dump)).containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ,
					PosixFilePermission.OWNER_WRITE);
			database.execute("ALTER ROLE bridge PASSWORD 'second'");
			assertThat(lookUp(id)).contains("\"status\":\"completed\"");
			stop();
			Result refused = run(this.home, "bin/backup", "backups");
			assertThat(refused.code).as(refused.output).isNotZero();
			assertThat(refused.output).contains("password authentication failed");

			Files.move(this.home.resolve("data"), this.home.resolve("data-lost"));
			useDatabase(url + "restored" + OF_THE_DRIVER_ONLY, "second");
			Result restore = run(this.home, "bin/restore", archive(backup));
			assertThat(restore.code).as(restore.output).isZero();
			assertThat(verify().output).contains("OK: 1 chain");
			start("sandbox,postgresql", CHECKPOINTS);
			assertThat(lookUp(id)).contains("\"status\":\"completed\"");
			assertThat(log()).doesNotContain("recovered from line");
			String later = ask();
			await().atMost(PATIENCE)
				.untilAsserted(() -> assertThat(auditLines()).anyMatch((line) -> line.contains(later)));
			stop();

			List<String> lines = auditLines();
			Result notEmpty = run(this.home, "bin/restore", archive(backup));
			assertThat(notEmpty.code).as(notEmpty.output).isOne();
			assertThat(notEmpty.output)
				.endsWith("The database is as it was. It must be empty: create a new one if it has tables\n");
			useDatabase(url + "again" + OF_THE_DRIVER_ONLY, "second");
			Path leftover = Files.createFile(this.home.resolve("data/agent-assist-bridge.mv.db"));
			Result restored = run(this.home, "bin/restore", archive(backup));
			assertThat(restored.code).as(restored.output).isZero();
			assertThat(restored.output).contains("The audit log that was here stays");
			start("sandbox,postgresql", CHECKPOINTS);
			await().atMost(PATIENCE)
				.untilAsserted(() -> assertThat(log()).contains("recovered from line",
						"data/agent-assist-bridge.mv.db is not used"));
			stop();
			Files.delete(leftover);
			assertThat(verify().output).contains("OK: 1 chain");
			assertThat(auditLines()).startsWith(lines.toArray(String[]::new)).hasSizeGreaterThan(lines.size());
		}
	}

	/** Checkpoints that left the host may sign its newer lines. */
	@Test
	void shouldRestoreADatabaseBesideTheChainsThatContinueTheBackups() throws Exception {
		makeState();
		Path data = this.home.resolve("data");
		Path audit = data.resolve("audit");
		Path archived = Files.writeString(audit.resolve("audit-web-1-2026-11-21-0000000001.jsonl"), "oldest\n");
		Path ofAnother = Files.writeString(audit.resolve("audit-web-1-b-2026-11-22-0000000001.jsonl"), "other\n");
		Result backup = run(this.home, "bin/backup", "backups");
		assertThat(backup.code).as(backup.output).isZero();
		Files.delete(archived);
		Files.delete(ofAnother);
		Path newer = Files.writeString(audit.resolve("audit-web-1-2026-11-23-0000000003.jsonl"), "newest\n");
		Files.writeString(audit.resolve(AUDIT_FILE), "newer\n", StandardOpenOption.APPEND);
		Path database = data.resolve("agent-assist-bridge.mv.db");

		assertRefused(backup, "There is a database here already: move data/agent-assist-bridge.mv.db away first");
		Files.delete(database);
		Files.writeString(audit.resolve("instance-id"), "web-2");
		assertRefused(backup, "data/audit/instance-id does not begin like the backup's: move data/audit away first");
		Files.writeString(audit.resolve("instance-id"), "web-1");
		Files.move(audit.resolve(AUDIT_FILE), data.resolve(AUDIT_FILE));
		assertRefused(backup, "data/audit/" + AUDIT_FILE
				+ " is not here, but others of its chain are: put it back if it was archived since");
		Files.move(data.resolve(AUDIT_FILE), audit.resolve(AUDIT_FILE));
		Result restore = run(this.home, "bin/restore", archive(backup));
		assertThat(restore.code).as(restore.output).isZero();
		assertThat(restore.output).contains("The audit log that was here stays\n");
		assertThat(audit.resolve(AUDIT_FILE)).hasContent("older\nnewer\n");
		assertThat(newer).hasContent("newest\n");
		assertThat(archived).as("archived before").doesNotExist();
		assertThat(ofAnother).as("chain that is not here").hasContent("other\n");
		assertThat(database).exists();
	}

	private void assertRefused(Result backup, String reason) throws Exception {
		Result refused = run(this.home, "bin/restore", archive(backup));
		assertThat(refused.code).as(refused.output).isOne();
		assertThat(refused.output).isEqualTo(reason + "\n");
	}

	/** A half of it stayed, with which no second restore was possible. */
	@Test
	void shouldLeaveNothingOfADatabaseThatCannotBeRestored() throws Exception {
		makeState();
		Result backup = run(this.home, "bin/backup", "backups");
		assertThat(backup.code).as(backup.output).isZero();
		Path data = this.home.resolve("data");
		Files.move(data, this.home.resolve("data-lost"));
		// As on a full disk.
		replaceTool("java", """
				while [ $# -gt 1 ]; do [ "$1" != -dir ] || echo half >"$2/agent-assist-bridge.mv.db"; shift; done
				printf 'Exception: No space left on device\\n\\tat org.h2\\nCaused by: x\\n\\t... 5 more\\n'
				exit 1
				""");
		this.environment.put("JAVA_HOME", "");

		assertRefused(backup, "The database cannot be restored: Exception: No space left on device");

		assertThat(data.resolve("agent-assist-bridge.mv.db")).doesNotExist();
		this.environment.clear();
		Result restore = run(this.home, "bin/restore", archive(backup));
		assertThat(restore.code).as(restore.output).isZero();
	}

	@Test
	void shouldStartByASymbolicLink() throws Exception {
		Path link = Files.createSymbolicLink(this.folder.resolve("start"), this.home.resolve("bin/start"));

		Result help = run(this.folder, link.toString(), "routes", "--help");

		assertThat(help.code).as(help.output).isZero();
	}

	@ParameterizedTest
	@CsvSource({ "//db:5432/bridge, //db:5432/bridge",
			"//db/bridge?socketTimeout=4&options=-c%20x=1&ApplicationName=b, //db/bridge?options=-c%20x=1",
			"//db/bridge?sslmode=require&ssl=true, //db/bridge?sslmode=require",
			"//db/bridge?ssl=true&sslrootcert=/ca.pem, //db/bridge?sslmode=verify-full&sslrootcert=/ca.pem",
			"'//a/bridge?channelBinding=require&gssEncMode=disable', '//a/bridge?channel_binding=require&gssencmode=disable'",
			"'//a,b/bridge?targetServerType=primary', '//a,b/bridge?target_session_attrs=read-write'" })
	void shouldTellToolsOfPostgreSqlTheDriversUrl(String url, String forTools) throws Exception {
		this.environment.put("SPRING_DATASOURCE_URL", "jdbc:postgresql:" + url);

		assertThat(run(this.home, "bin/libpq-url").output).isEqualTo("postgresql:" + forTools);
	}

	@Test
	void shouldHoldWhatTheRunbookNames() throws IOException {
		assertThat(Stream.of("bin/start", "bin/archive-classes", "bin/backup", "bin/restore", "bin/libpq-url")
			.map(this.home::resolve)).allMatch(Files::isExecutable);
		assertThat(Stream
			.of("config/prometheus/alerts.yaml", "config/grafana/agent-assist-bridge.json",
					"deploy/systemd/agent-assist-bridge.service", "deploy/docker/Dockerfile",
					"deploy/kubernetes/agent-assist-bridge.yaml", "docs/operations.md", "routes/api.camel.yaml")
			.map(this.home::resolve)).allMatch(Files::isRegularFile);
	}

	private String lookUp(String id) throws IOException, InterruptedException {
		return get("http://127.0.0.1:" + this.port + "/agentassist/suggestions/" + id).body();
	}

	/** Asks for suggestions in the sandbox, and returns the request's id. */
	private String ask() throws IOException, InterruptedException {
		HttpRequest request = HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.port + "/agentassist/suggestions"))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofFile(this.home.resolve("routes/sandbox/sample-request.json")))
			.build();
		HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
		return new ObjectMapper().readTree(answer.body()).path("request_id").asText();
	}

	private List<String> auditLines() throws IOException {
		List<String> lines = new ArrayList<>();
		try (Stream<Path> files = Files.list(this.home.resolve("data/audit"))) {
			for (Path file : files.filter((path) -> path.getFileName().toString().startsWith("audit-"))
				.sorted()
				.toList()) {
				lines.addAll(Files.readAllLines(file));
			}
		}
		return lines;
	}

	private void useDatabase(String url, String password) {
		this.environment.putAll(Map.of("SPRING_DATASOURCE_URL", url, "SPRING_DATASOURCE_USERNAME", "bridge",
				"SPRING_DATASOURCE_PASSWORD", password));
	}

	/** As the runbook says. */
	private void rotateSigningKey() throws IOException {
		Path data = this.home.resolve("data");
		Files.move(data.resolve("audit-signing-key.pem"), data.resolve("audit-signing-key-old.pem"));
		Files.move(data.resolve(NEW_KEY), data.resolve(OLD_KEY));
	}

	private Result verify(String... keys) throws Exception {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar",
						"agent-assist-bridge.jar", "audit", "verify", "data/audit"));
		for (String key : keys) {
			command.addAll(List.of("--public-key", "data/" + key));
		}
		return run(this.home, command.toArray(String[]::new));
	}

	private int deadLetters(String password) throws IOException, InterruptedException {
		String login = Base64.getEncoder().encodeToString(("operator:" + password).getBytes(StandardCharsets.UTF_8));
		HttpRequest request = HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + "/actuator/deadletters"))
			.header("Authorization", "Basic " + login)
			.build();
		return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
	}

	/** The sample conversation's request, from a log of which every line is ECS JSON. */
	private String awaitSample() throws IOException {
		Pattern completed = Pattern.compile("Request (\\S+) of conversation conv-sample completed after");
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(log()).containsPattern(completed));
		for (String line : log().lines().toList()) {
			JsonNode json = new ObjectMapper().readTree(line);
			assertThat(json.path("@timestamp").asText()).as(line).isNotEmpty();
			assertThat(json.path("log").path("level").asText()).as(line).isNotEmpty();
			assertThat(json.path("service").path("name").asText()).as(line).isEqualTo("agent-assist-bridge");
		}
		Matcher matcher = completed.matcher(log());
		assertThat(matcher.find()).isTrue();
		return matcher.group(1);
	}

	private void start(String profiles, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of("bin/start", "--spring.profiles.active=" + profiles,
				"--server.port=" + this.port, "--management.server.port=" + this.managementPort));
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command).directory(this.home.toFile())
			.redirectErrorStream(true)
			.redirectOutput(this.home.resolve("log.txt").toFile());
		builder.environment().putAll(this.environment);
		builder.environment()
			.put("JAVA_OPTS",
					"-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:class+load:file=classes.txt:none");
		builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
		this.bridge = builder.start();
		await().atMost(PATIENCE)
			.ignoreException(ConnectException.class)
			.untilAsserted(
					() -> assertThat(get("http://127.0.0.1:" + this.port + "/openapi.yaml").statusCode()).as(log())
						.isEqualTo(200));
	}

	private String log() throws IOException {
		return Files.readString(this.home.resolve("log.txt"));
	}

	private static HttpResponse<String> get(String url) throws IOException, InterruptedException {
		return CLIENT.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
	}

	private Result run(Path directory, String... command) throws Exception {
		List<String> words = new ArrayList<>(Arrays.asList(command));
		ProcessBuilder builder = new ProcessBuilder(words).directory(directory.toFile()).redirectErrorStream(true);
		builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
		builder.environment().putAll(this.environment);
		Process process = builder.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		return new Result(process.waitFor(), output);
	}

	private record Result(int code, String output) {
	}

}
