package io.agentassist.bridge;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows the packaged application as an operator starts it: from a folder with
 * {@code routes/} and {@code config/}, with and without its settings.
 */
class PackagedJarIT {

	private static final List<String> VARIABLES = List.of("GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET",
			"AGENTASSIST_PUBLIC_URL", "AGENTASSIST_CALLBACK_SECRET", "AGENTASSIST_API_KEYS");

	@TempDir
	private Path folder;

	private PackagedBridge bridge;

	@BeforeEach
	void prepare() {
		this.bridge = new PackagedBridge(this.folder, Map.of());
	}

	@AfterEach
	void stop() {
		this.bridge.close();
	}

	@Test
	void shouldRunTheSampleConversationInTheSandboxWith256Megabytes() throws Exception {
		// In a language with digits of its own, which must not get into files.
		this.bridge.start("-Xmx256m", "-Duser.language=ar", "-Duser.country=SA", "-jar", PackagedBridge.jar(),
				"--spring.profiles.active=sandbox");

		await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
			assertThat(this.bridge.process().isAlive()).as(this.bridge.log()).isTrue();
			assertThat(this.bridge.auditLines()).as(this.bridge.log()).isNotEmpty();
			assertThat(this.bridge.log()).containsPattern("Request sug-req-\\S+ suggests: 0\\.\\d+ \\S");
		});
		JsonNode line = new ObjectMapper().readTree(this.bridge.auditLines().get(0));
		assertThat(line.path("event_type").asText()).isEqualTo("agentassist_interaction");
		assertThat(line.path("action").asText()).isEqualTo("presented");
		assertThat(line.path("conversation_id").asText()).isEqualTo("conv-sample");
		assertThat(line.path("agent_id").asText()).isEqualTo("agent-sample");
		assertThat(line.path("suggestion_id").asText()).isNotEmpty();
		assertThat(line.path("metadata").path("ranked_suggestion_ids")).isNotEmpty();
		String id = line.path("request_id").asText();
		JsonNode found = new ObjectMapper().readTree(this.bridge.get("/agentassist/suggestions/" + id).body());
		assertThat(found.path("status").asText()).isEqualTo("completed");
		for (JsonNode suggestion : found.path("ranked_suggestions")) {
			await().untilAsserted(() -> assertThat(this.bridge.log()).contains("Request " + id + " suggests: "
					+ suggestion.path("final_score").asText() + " " + suggestion.path("title").asText()));
		}
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(this.bridge.get("/sandbox/analytics").body()).isEqualTo("{\"events\":1}"));
		assertThat(this.bridge.log()).doesNotContain("update my billing address", "ERROR");
		stop();

		assertThat(auditVerify()).contains("OK: 1 chain, 1 file, 1 line, 0 checkpoints");
		assertThat(this.bridge.process().exitValue()).isZero();
		Path file = this.bridge.auditFiles().get(0);
		Files.writeString(file, Files.readString(file).replace("presented", "dismissed"));
		assertThat(auditVerify()).contains(file + ":1: the hash does not match the line");
		assertThat(this.bridge.process().exitValue()).isOne();
	}

	private String auditVerify() throws InterruptedException {
		this.bridge.start("-jar", PackagedBridge.jar(), "audit", "verify",
				this.folder.resolve("data/audit").toString());
		assertThat(this.bridge.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
		return this.bridge.log();
	}

	/** Which a jar cannot carry: the process executes the command again, with them. */
	@Test
	void shouldGiveTheJvmOfThePlainJarItsOptions() throws Exception {
		List<String> options = Files.readAllLines(Path.of("src/main/resources/jvm.options"))
			.stream()
			.filter((line) -> line.startsWith("-"))
			.toList();
		this.bridge = new PackagedBridge(Files.createDirectory(this.folder.resolve("plain")),
				Map.of("spring.profiles.active", "sandbox", "spring.application.name", "two words"), List.of());
		this.bridge.startAndAwait();

		List<String> command = Arrays.asList(this.bridge.process().info().arguments().orElseThrow());
		assertThat(command).startsWith(options.toArray(String[]::new)).contains("-Xmx256m");
		assertThat(command).contains("--spring.application.name=two words", "--spring.profiles.active=sandbox");
	}

	@Test
	void shouldCheckTheRoutesWith64Megabytes() throws Exception {
		// With the collector that operators have.
		Path plain = Files.createDirectory(this.folder.resolve("plain"));
		this.bridge = new PackagedBridge(plain, Map.of(), List.of());
		this.bridge.start("-Xmx64m", "-jar", PackagedBridge.jar(), "routes", "check");

		assertThat(this.bridge.process().waitFor(120, TimeUnit.SECONDS)).isTrue();
		assertThat(this.bridge.process().exitValue()).as(this.bridge.log()).isZero();
		assertThat(this.bridge.log()).contains(" 0 errors").doesNotContain("INFO");
		// The bridge's user might not be able to use what another has created.
		assertThat(plain.resolve("data")).doesNotExist();
	}

	/** As from cron, or in an image that sets no locale. */
	@Test
	void shouldSayThatTheLocaleCannotExpressTheNameOfAFile() throws Exception {
		Process process = new ProcessBuilder("sh", "-c",
				"touch routes/$(printf '\\303\\234')berblick.camel.yaml && LC_ALL=POSIX exec \"$0\" -jar \"$1\" routes check",
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), PackagedBridge.jar())
			.directory(this.folder.toFile())
			.redirectErrorStream(true)
			.start();

		assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
			.contains("berblick.camel.yaml:1:1: error: has a name that the bridge's locale cannot express");
		assertThat(process.waitFor()).isOne();
	}

	@ParameterizedTest
	@CsvSource({ "-V, \\d+\\.\\d+", "--version, \\d+\\.\\d+", "-h, Usage: agent-assist-bridge",
			"--help, Usage: agent-assist-bridge" })
	void shouldTellVersionAndUsageWithoutStarting(String option, String told) throws Exception {
		this.bridge.start("-jar", PackagedBridge.jar(), option);

		assertThat(this.bridge.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(this.bridge.process().exitValue()).as(this.bridge.log()).isZero();
		assertThat(this.bridge.log()).containsPattern("^" + told);
	}

	@Test
	void shouldNameEveryMissingVariableInOneMessageAndExit() throws Exception {
		startInVain();

		assertThat(this.bridge.log()).contains(VARIABLES)
			.contains("sandbox")
			.doesNotContain("\tat ", "Exception", "Caused by")
			.containsOnlyOnce("Missing:");
	}

	@Test
	void shouldNameOnlyWhatIsMissing() throws Exception {
		startInVain("--agentassist.genesys.client-id=x", "--agentassist.api.auth=none",
				"--spring.profiles.active=sandbx");

		assertThat(this.bridge.log())
			.contains("GENESYS_CLIENT_SECRET", "AGENTASSIST_PUBLIC_URL", "AGENTASSIST_CALLBACK_SECRET",
					"Profile 'sandbx' has no settings in config/application-sandbx.yaml")
			.doesNotContain("GENESYS_CLIENT_ID", "AGENTASSIST_API_KEYS");
	}

	/** The one ended in an ERROR with a stack trace, the other in one for each query. */
	@Test
	void shouldSayWhatTheSandboxDoesNotPlay() throws Exception {
		Files.writeString(this.folder.resolve("config/application.yaml"),
				"\n---\nagentassist:\n  rankng:\n    skill-weight: 3\n  genesys:\n    organisations:\n",
				StandardOpenOption.APPEND);
		this.bridge.start("-jar", PackagedBridge.jar(), "--spring.profiles.active=sandbox,sandbx",
				"--agentassist.api.auth=api-key", "--agentassist.api.keys=key-of-the-test",
				"--agentassist.callback.auth=api-key");
		this.bridge.awaitAnswer();

		HttpResponse<String> queued = this.bridge.post("/agentassist/suggestions",
				"{\"conversation_id\":\"c-1\",\"transcript\":\"My bill\",\"knowledge_source_ids\":[\"ks-1\"]}",
				"X-API-Key", "key-of-the-test");

		assertThat(queued.statusCode()).isEqualTo(202);
		// It answers before its start is over.
		await().atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(this.bridge.log())
				.contains("No sample conversation: it has neither key nor token (agentassist.api.auth=api-key)",
						"Profile 'sandbx' has no settings in config/application-sandbx.yaml",
						"'agentassist.rankng.skill-weight' is not a setting of the bridge")
				.containsOnlyOnce("is it misspelt?")
				.containsPattern("no callback of sug-req-\\S+, it supports only hmac and none "
						+ "\\(agentassist.callback.auth=api-key\\)"));
		assertThat(this.bridge.log()).doesNotContain("\tat ", "Exception", "ERROR");
	}

	/** URLs were told alone, the others once those were right. */
	@Test
	void shouldNameWrongUrlsAndOtherSettingsInOneReadableMessage() throws Exception {
		startInVain("--spring.profiles.active=sandbox",
				"--agentassist.genesys.api-url=http://user:swordfish@evil.example/?q=1",
				"--agentassist.callback.secret=swordfish", "--agentassist.ranking.skill-weight=-1",
				"--agentassist.genesys.rate.reserve=2");

		assertThat(this.bridge.log()).containsOnlyOnce("The bridge does not start. Invalid settings:\n")
			.containsOnlyOnce("\n    'agentassist.genesys.api-url' must not contain a user or a password (")
			.containsOnlyOnce("\n    'agentassist.callback.secret' (AGENTASSIST_CALLBACK_SECRET) must have")
			.containsOnlyOnce("\n    'agentassist.ranking.skill-weight' must be")
			.containsOnlyOnce("\n    'agentassist.genesys.rate.reserve' must be")
			.doesNotContain("\tat ", "Exception", "Caused by", "swordfish", "LoggingFailureAnalysis");
	}

	/** Where the log is JSON, so is this. */
	@Test
	void shouldTellOfAFailedStartInTheLogWhereThatIsJson() throws Exception {
		startInVain("--spring.profiles.active=sandbox,ecs", "--agentassist.ranking.skill-weight=1e999");

		assertThat(this.bridge.log().lines()).allMatch((line) -> line.startsWith("{"))
			.anyMatch((line) -> line.contains("'agentassist.ranking.skill-weight' must be"));
	}

	@Test
	void shouldNameEveryWrongSettingInOneMessageBeforeAnythingStarts() throws Exception {
		startInVain("--spring.profiles.active=sandbox", "--agentassist.callback.auth=api-key",
				"--agentassist.callback.secret=swordfish", "--agentassist.genesys.response-timeout=20s",
				"--agentassist.audit.poll-interval=0", "--agentassist.ranking.feedback-model=guess",
				"--agentassist.api.auth=api-key", "--agentassist.api.keys-file=no/such/keys.yaml",
				"--agentassist.genesys.api-url=http://provider.example", "--agentassist.analytics.endpoint=swordfish",
				"--spring.datasource.url=jdbc:mysql:swordfish", "--server.port=", "--server.tomcat.threads.max=100",
				"--agentassist.suggestions.max-wait=5m", "--agentassist.suggestions.watch-interval=0",
				"--agentassist.http.max-body-size=4GB", "--agentassist.lifecycle.keep=700",
				"--agentassist.analytics.poll-interval=PT5S");

		assertThat(this.bridge.log()).containsOnlyOnce("Invalid settings:")
			.containsOnlyOnce("'agentassist.genesys.api-url' must be https://")
			.containsOnlyOnce("'agentassist.analytics.endpoint' must start")
			.containsOnlyOnce("'spring.datasource.url' must start with jdbc:h2: or jdbc:postgresql:")
			.containsOnlyOnce("'server.port' must not be empty")
			.containsOnlyOnce("'server.tomcat.threads.max' must be more than 1024, the sum of")
			.containsOnlyOnce("'agentassist.suggestions.max-wait' must be")
			.containsOnlyOnce("'agentassist.suggestions.watch-interval' must be")
			.containsOnlyOnce("'agentassist.http.max-body-size' must be from 1KB to 1GB")
			.contains("'agentassist.callback.secret' (AGENTASSIST_CALLBACK_SECRET) must have at least 16 bytes",
					"'agentassist.genesys.response-timeout' must not be longer than agentassist.genesys.deadline",
					"'agentassist.audit.poll-interval' must be",
					"'agentassist.lifecycle.keep' must be a number with a unit, such as 500ms, 10s, 5m, 12h or 3d",
					"'agentassist.analytics.poll-interval' must be a number with a unit",
					"'agentassist.ranking.feedback-model' must be one of acceptance-ratio, decayed-posterior-mean",
					"'agentassist.api.keys-file' (AGENTASSIST_API_KEYS_FILE) names a file that cannot be read: no")
			.doesNotContain("\tat ", "Exception", "Caused by", "swordfish", "Tomcat");
	}

	@Test
	void shouldSayInOneMessageThatItIsInTheWrongFolder() throws Exception {
		FileSystemUtils.deleteRecursively(this.folder.resolve("config"));
		startInVain("--spring.profiles.active=sandbox", "--agentassist.callback.auth=hmac");

		assertThat(this.bridge.log()).contains(
				"Missing:\n    the folders routes/ and config/, with application.yaml, beside each other, in the folder "
						+ this.folder)
			.doesNotContain("\tat ", "Exception");
	}

	@Test
	void shouldSayInOneMessageThatAFileOfSettingsIsNoYaml() throws Exception {
		Files.writeString(this.folder.resolve("config/application.yaml"), "a:\n  client-secret: @swordfish\n");
		startInVain("--spring.profiles.active=sandbox");

		assertThat(this.bridge.log()).containsOnlyOnce(
				"The bridge does not start. The settings file config/application.yaml is not valid YAML, line 2, column 18: found character")
			.doesNotContain("\tat ", "Exception", "swordfish");
	}

	@Test
	void shouldSayInOneMessageWhichFileOfSettingsIsNotUtf8() throws Exception {
		Files.write(this.folder.resolve("config/application-sandbox.yaml"),
				"greeting: Grüße\n".getBytes(StandardCharsets.ISO_8859_1));
		startInVain("--spring.profiles.active=sandbox");

		assertThat(this.bridge.log()).containsOnlyOnce(
				"The settings file config/application-sandbox.yaml is not valid YAML: it has a byte that is not UTF-8")
			.doesNotContain("\tat ", "Exception");
	}

	/** The folders were said to be missing. */
	@ParameterizedTest
	@ValueSource(strings = { "", "- agentassist\n" })
	void shouldSayInOneMessageThatItsFileHasNoSettings(String text) throws Exception {
		Files.writeString(this.folder.resolve("config/application.yaml"), text);
		startInVain();

		assertThat(this.bridge.log()).contains("in the file " + this.folder.resolve("config/application.yaml"),
				"is it empty, or a list?");
	}

	/** A socket, since as root the tests may read every file. */
	@Test
	void shouldSayInOneMessageThatAFileOfSettingsCannotBeRead() throws Exception {
		Path settings = this.folder.resolve("config/application.yaml");
		Files.delete(settings);
		try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
			socket.bind(UnixDomainSocketAddress.of(settings));
			startInVain("--spring.profiles.active=sandbox");
		}

		assertThat(this.bridge.log())
			.containsOnlyOnce("The bridge does not start. A file cannot be read: config/application.yaml (")
			.doesNotContain("\tat ");
	}

	/** It was ten exceptions, each the cause of the one before. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "``|AGENTASSIST_TLS_CERTIFICATE (agentassist.tls.certificate)",
					"nowhere.pem|Error reading certificate or key from file 'file:nowhere.pem'" })
	void shouldSayInOneMessageWhatIsWrongWithItsTls(String file, String message) throws Exception {
		startInVain("--spring.profiles.active=sandbox,tls", "--agentassist.tls.certificate=" + file,
				"--agentassist.tls.private-key=" + file);

		assertThat(this.bridge.log()).contains("The bridge does not start. ", message)
			.doesNotContain("\tat ", "Caused by");
	}

	@Test
	void shouldSayInOneMessageThatTheFolderOfItsDataCannotBeMade() throws Exception {
		Files.createFile(this.folder.resolve("data"));
		startInVain("--spring.profiles.active=sandbox");

		assertThat(this.bridge.log()).containsPattern(
				"'agentassist.audit.directory' names a folder that cannot be created: .*/data/audit: Not a directory")
			.doesNotContain("\tat ");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "- route: [|A route file cannot be read: ",
			"- route: {id: astray, from: {uri: 'direct:a', steps: [{to: 'nowhere:b'}]}}|Route 'astray' is wrong: " })
	void shouldSayInOneMessageThatARouteIsWrong(String route, String message) throws Exception {
		startWith(route);

		assertThat(this.bridge.log()).containsOnlyOnce("The bridge does not start. " + message)
			.contains("java -jar agent-assist-bridge.jar routes check")
			.doesNotContain("\tat ", "Caused by");
	}

	/** Camel's own account, with a trace, comes before. */
	@Test
	void shouldNameARouteThatDoesNotStart() throws Exception {
		startWith("- route: {id: second, from: {uri: 'direct:query-provider', steps: [{log: a}]}}");

		assertThat(this.bridge.log()).contains("The bridge does not start. Route 'second' does not start: ");
	}

	private void startWith(String route) throws Exception {
		Files.writeString(this.folder.resolve("routes/site.camel.yaml"), route);
		startInVain("--spring.profiles.active=sandbox");
	}

	private void startInVain(String... arguments) throws Exception {
		List<String> command = new ArrayList<>(List.of("-jar", PackagedBridge.jar()));
		command.addAll(List.of(arguments));
		this.bridge.start(command.toArray(String[]::new));
		assertThat(this.bridge.process().waitFor(120, TimeUnit.SECONDS)).isTrue();
		assertThat(this.bridge.process().exitValue()).isEqualTo(1);
	}

	/** Nobody listens on port 1. */
	@Test
	void shouldSayInOneMessageThatTheDatabaseIsDown() throws Exception {
		startInVain("--spring.profiles.active=sandbox", "--spring.datasource.url=jdbc:postgresql://127.0.0.1:1/bridge");

		assertThat(this.bridge.log())
			.containsOnlyOnce(
					"The bridge does not start. The database cannot be opened: Connection to 127.0.0.1:1 refused.")
			.contains("spring.datasource.url")
			.doesNotContain("\tat ", "Exception", "Caused by");
	}

	@Test
	void shouldSayInOneMessageThatANewerVersionHasUpgradedTheTables() throws Exception {
		Path newer = Files.createDirectory(this.folder.resolve("newer"));
		Files.writeString(newer.resolve("V99__newer.sql"), "CREATE TABLE newer (id integer)");
		Flyway.configure()
			.dataSource("jdbc:h2:file:" + this.folder.resolve("data/agent-assist-bridge")
					+ ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE", "sa", "")
			.locations("classpath:db/migration", "filesystem:" + newer)
			.load()
			.migrate();
		startInVain("--spring.profiles.active=sandbox");

		assertThat(this.bridge.log())
			.containsOnlyOnce("A newer version of the bridge has upgraded the tables of this database to version 99.")
			.containsPattern("This is version \\S+, which knows them up to version \\d+\\.")
			.contains("Start the newer version")
			.doesNotContain("\tat ", "Exception", "Caused by", "Flyway");
	}

}
