package io.agentassist.bridge.settings;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows with which URLs, ports and threads in its settings the bridge does not start. */
class SettingsRulesTest {

	private static final String[] KEYS = { "agentassist.public-url", "agentassist.analytics.endpoint",
			"agentassist.genesys.api-url", "agentassist.genesys.login-url", "agentassist.genesys.proxy",
			"agentassist.genesys.organisations.emea.api-url", "agentassist.genesys.organisations.emea.login-url",
			"agentassist.genesys.organisations.emea.proxy", "agentassist.api.jwt.jwk-set-uri",
			"agentassist.callback.allowed-urls[0]" };

	private static MockEnvironment environment(String url) {
		MockEnvironment environment = new MockEnvironment().withProperty("agentassist.api.auth", "jwt");
		for (String key : KEYS) {
			environment.setProperty(key, url);
		}
		return environment;
	}

	private static List<String> problems(MockEnvironment environment) {
		return SettingsRules.problems(environment)
			.entrySet()
			.stream()
			.map((problem) -> problem.getKey() + ": " + problem.getValue())
			.toList();
	}

	@Test
	void shouldFindTheUrlsOfAnOrganisationHoweverItsNameAndKeysAreWritten() {
		MockEnvironment environment = new MockEnvironment()
			.withProperty("agentassist.genesys.organisations[EMEA Sales].api-url", "http://api.example.com")
			.withProperty("agentassist.genesys.organisations.EMEA.loginUrl", "http://login.example.com");

		assertThat(problems(environment)).hasSize(2)
			.anyMatch((text) -> text.contains("[EMEA Sales].api-url"))
			.anyMatch((text) -> text.contains("EMEA.login-url"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:h2:file:./data/bridge", "jdbc:postgresql://db/bridge" })
	void shouldTakeTheUrlOfADatabaseThatThereIsADriverFor(String url) {
		assertThat(problems(new MockEnvironment().withProperty("spring.datasource.url", url))).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "jdbc:mysql://db/bridge", "postgresql://db/bridge", "db" })
	void shouldRefuseAnyOtherDatabase(String url) {
		assertThat(problems(new MockEnvironment().withProperty("spring.datasource.url", url)))
			.containsExactly("spring.datasource.url: must start with jdbc:h2: or jdbc:postgresql:");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "https://api.example.com", "HTTPS://api.example.com:8443/base/",
			"http://127.0.0.1:8080", "http://127.1.2.3/x", "http://localhost", "http://[::1]:8080/x" })
	void shouldFindNothingWrong(String url) {
		assertThat(problems(environment(url))).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "api.example.com|must start with", "//api.example.com|must start with",
			"https:///x|must start with", "https:api.example.com|must start with",
			"ftp://api.example.com|must start with", "file:///etc/passwd|must start with",
			"jar:https://api.example.com!/x|must start with", "https://under_score.example|must start with",
			"https://user:swordfish@api.example.com|user or a password", "https://user@127.0.0.1|user or a password",
			"https://api.example.com/#swordfish|query or a fragment", "https://api example.com|is not a URL",
			"https://api.example.com/{x}|is not a URL", "https://[::1|is not a URL",
			"https://api.example.com:99999/x|a port of at most 65535" })
	void shouldNameEveryUrlOfAWrongForm(String url, String problem) {
		assertThat(problems(environment(url))).hasSize(KEYS.length)
			.allSatisfy((text) -> assertThat(text).contains(problem).doesNotContain("swordfish"));
		for (String key : KEYS) {
			assertThat(problems(environment(url))).anyMatch((text) -> text.startsWith(key + ": "));
		}
	}

	/** The provider was called at api.https, and each request answered 502. */
	@ParameterizedTest
	@CsvSource({ "https://mypurecloud.ie", "mypurecloud.ie/", "mypurecloud .ie", "''", ".ie" })
	void shouldRefuseARegionThatIsNoDomain(String region) {
		MockEnvironment environment = new MockEnvironment().withProperty("agentassist.genesys.environment", region)
			.withProperty("agentassist.genesys.organisations.emea.environment", region);

		assertThat(problems(environment)).containsExactly(
				"agentassist.genesys.environment: must be a region's domain, such as mypurecloud.ie",
				"agentassist.genesys.organisations.emea.environment: must be a region's domain, such as mypurecloud.ie");
	}

	@Test
	void shouldTakeARegionThatIsEmptyBesideUrls() {
		assertThat(problems(new MockEnvironment().withProperty("agentassist.genesys.environment", "")
			.withProperty("agentassist.genesys.api-url", "https://gateway.example/api")
			.withProperty("agentassist.genesys.login-url", "https://gateway.example/login"))).isEmpty();
	}

	/** The start ended in stack traces that did not name the setting. */
	@Test
	void shouldRefuseAnSslBundleThatDoesNotExist() {
		MockEnvironment environment = new MockEnvironment()
			.withProperty("spring.ssl.bundle.pem.provider.truststore.certificate", "file:ca.pem")
			.withProperty("agentassist.genesys.ssl-bundle", "provider")
			.withProperty("agentassist.genesys.organisations.emea.ssl-bundle", "providr");

		assertThat(problems(environment)).containsExactly("agentassist.genesys.organisations.emea.ssl-bundle: "
				+ "must be one of the bundles below spring.ssl.bundle.pem or spring.ssl.bundle.jks");
	}

	/** Every callback was refused. */
	@Test
	void shouldRefuseToNeedClientCertificatesThatTlsDoesNotAskFor() {
		MockEnvironment environment = new MockEnvironment().withProperty("agentassist.callback.client-certificate",
				"true");

		assertThat(problems(environment)).containsExactly("agentassist.callback.client-certificate: "
				+ "needs the profiles tls and mutual-tls, or every callback would be refused");
		assertThat(problems(environment.withProperty("server.ssl.client-auth", "want"))).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://analytics.internal:8080/events", "http://10.0.0.7", "http://127.evil.example",
			"http://localhost.evil.example", "http://0.0.0.0" })
	void shouldWantHttpsFromEveryHostButThisOne(String url) {
		assertThat(problems(environment(url))).hasSize(KEYS.length - 2)
			.allSatisfy((text) -> assertThat(text).contains("must be https://, unless "))
			.noneMatch((text) -> text.contains("proxy:"));
	}

	@Test
	void shouldTakePlainHttpOfListedHosts() {
		MockEnvironment environment = environment("http://Analytics.internal:8080/events")
			.withProperty("agentassist.plain-http-hosts", "provider.internal, analytics.internal");

		assertThat(problems(environment)).isEmpty();
	}

	@Test
	void shouldTakeAQueryInTheEndpointOfAnalyticsOnly() {
		assertThat(problems(environment("https://api.example.com/?key=swordfish"))).hasSize(KEYS.length - 1)
			.noneMatch((text) -> text.contains("analytics") || text.contains("swordfish"));
	}

	@Test
	void shouldLookAtTheIssuerOnlyWhereItIsAskedForItsKeys() {
		MockEnvironment environment = environment("https://api.example.com").withProperty("agentassist.api.jwt.issuer",
				"anyone");
		assertThat(problems(environment)).isEmpty();
		environment.setProperty("agentassist.api.jwt.jwk-set-uri", "");
		assertThat(problems(environment))
			.containsExactly("agentassist.api.jwt.issuer: must start with http:// or https:// and a host");
		environment.setProperty("agentassist.api.auth", "api-key");
		assertThat(problems(environment)).isEmpty();
	}

	/** The start ended in stack traces. */
	@ParameterizedTest
	@CsvSource({ "'', 8081, server.port: must not be empty", "8080, '', management.server.port: must not be empty",
			"99999, 8081, server.port: must be at most 65535",
			"9000, 9000, management.server.port: must differ from server.port",
			"8080, 08080, management.server.port: must differ from server.port" })
	void shouldRefuseAPortThatIsNoneOrShared(String port, String managementPort, String problem) {
		assertThat(problems(new MockEnvironment().withProperty("server.port", port)
			.withProperty("management.server.port", managementPort))).containsExactly(problem);
	}

	@Test
	void shouldRefuseToShareTheDefaultPort() {
		assertThat(problems(new MockEnvironment().withProperty("management.server.port", "8080")))
			.containsExactly("management.server.port: must differ from server.port");
	}

	@ParameterizedTest
	@CsvSource({ "8080, 8081", "0, 0", "8080, -1" })
	void shouldTakePortsOfTheirOwn(String port, String managementPort) {
		assertThat(problems(new MockEnvironment().withProperty("server.port", port)
			.withProperty("management.server.port", managementPort))).isEmpty();
	}

	/** Else callbacks would wait behind queries. */
	@ParameterizedTest
	@CsvSource({ "30, false", "31, true", "'', true" })
	void shouldWantMoreRequestThreadsThanQueriesOfAllOrganisations(String threads, boolean isTaken) {
		MockEnvironment environment = new MockEnvironment()
			.withProperty("agentassist.genesys.max-concurrent-queries", "10")
			.withProperty("agentassist.genesys.organisations.emea.client-id", "id")
			.withProperty("agentassist.genesys.organisations.apac.max-concurrent-queries", "10")
			.withProperty("server.tomcat.threads.max", threads);

		assertThat(problems(environment).isEmpty()).isEqualTo(isTaken);
	}

	@ParameterizedTest
	@ValueSource(strings = { "200", "2147483647" })
	void shouldRefuseMoreQueriesThanTomcatHasThreadsByDefault(String queries) {
		MockEnvironment environment = new MockEnvironment()
			.withProperty("agentassist.genesys.max-concurrent-queries", queries)
			.withProperty("agentassist.genesys.organisations.emea.client-id", "id");

		assertThat(problems(environment)).singleElement().asString().startsWith("server.tomcat.threads.max: ");
	}

}
