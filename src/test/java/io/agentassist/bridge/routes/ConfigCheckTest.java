package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import jakarta.validation.Validation;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.validation.ValidationBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.util.ClassUtils;
import org.springframework.validation.beanvalidation.SpringValidatorAdapter;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;

/** Shows which keys are settings of the bridge, and which it needs. */
class ConfigCheckTest {

	/** How Spring Boot's names for what it read from a file begin. */
	private static final String FILE = "Config resource '";

	@TempDir
	private Path folder;

	/** To which an edit adds entries, whose keys are new. */
	@Test
	void shouldKnowEachListThatIsEmptyAtFirst() throws IOException {
		EnumerablePropertySource<?> file = shipped();
		ConfigCheck check = check();

		assertThat(List.of("plain-http-hosts", "callback.allowed-urls", "api.cors-origins", "routes.beans"))
			.allMatch((key) -> "".equals(file.getProperty("agentassist." + key)))
			.allMatch((key) -> check.misfit(ConfigurationPropertyName.of("agentassist." + key + "[0]")) == null);
	}

	/** Without its line, a weight was 0. */
	@Test
	void shouldTakeNoSettingForZeroWhoseLineIsMissing() throws IOException {
		EnumerablePropertySource<?> file = shipped();
		List<String> plain = Stream.of(file.getPropertyNames())
			.filter((key) -> key.startsWith("agentassist.") && !(file.getProperty(key) instanceof String))
			.toList();
		assertThat(plain).contains("agentassist.ranking.confidence-weight", "agentassist.genesys.retries",
				"agentassist.routes.live");
		Map<Class<?>, Record> all = bind(file, null);

		for (String missing : plain) {
			assertThat(bind(file, missing)).as(missing)
				.allSatisfy((type, record) -> assertThat(record).isEqualTo(all.get(type)));
		}
	}

	/** 700 were milliseconds, and what was kept was gone. To Camel, PT5S is 0. */
	@ParameterizedTest
	@CsvSource({ "lifecycle.keep, 700", "lifecycle.keep-dead-letters, 90", "lifecycle.purge-interval, 1",
			"callback.tolerance, 5", "outbox.time-to-live, 3", "outbox.time-to-live-of.analytics, '\"12\"'",
			"genesys.breaker.open-time, 10", "analytics.poll-interval, PT5S", "lifecycle.expiry-interval, 2S",
			"lifecycle.keep, 7 d", "lifecycle.keep, week", "lifecycle.keep, 99999999999999999999d" })
	void shouldTakeADurationOnlyWithAUnit(String key, String value) throws IOException {
		assertThat(errors("agentassist." + key + ": " + value)).singleElement(as(InstanceOfAssertFactories.STRING))
			.endsWith(
					"error: 'agentassist." + key + "' must be a number with a unit, such as 500ms, 10s, 5m, 12h or 3d");
	}

	@ParameterizedTest
	@CsvSource({ "lifecycle.keep, 8d", "lifecycle.purge-interval, 500ms", "outbox.time-to-live-of.analytics, 12h",
			"routes.quiet-time, 0", "routes.quiet-time, 0s" })
	void shouldTakeADurationWithAUnit(String key, String value) throws IOException {
		assertThat(errors("agentassist." + key + ": " + value)).isEmpty();
	}

	/** The organisation's credentials and transcripts went to the default one's hosts. */
	@Test
	void shouldRefuseAMisspeltKeyOfAnOrganisation() throws IOException {
		List<String> errors = errors("agentassist.genesys.organisations:", "  emea:", "    client-id: id",
				"    clientSecret: secret", "    enviroment: mypurecloud.ie", "  EMEA.west:", "    client-id: id",
				"server.tomcat.threads.max: 4000");

		assertThat(errors).satisfiesExactlyInAnyOrder((error) -> assertThat(error).endsWith("edit.yaml:5:17: error: "
				+ "'agentassist.genesys.organisations.emea.enviroment' is not a setting of the bridge: is it misspelt?"),
				(error) -> assertThat(error)
					.contains("'agentassist.genesys.organisations.EMEA.west.client-id' is not a setting"));
	}

	/** The default was used instead. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', value = {
			"agentassist.ranking.minimum-score: {a: 1}|agentassist.ranking.minimum-score takes one value",
			"agentassist.ranking.minimum-score: [1]|agentassist.ranking.minimum-score takes one value",
			"agentassist.genesys.proxy: ['http://a']|agentassist.genesys.proxy takes one value",
			"agentassist.genesys.breaker.window: {a: 1}|agentassist.genesys.breaker.window takes one value",
			"agentassist.callback.client-certificate: {a: 1}|agentassist.callback.client-certificate takes one value",
			"agentassist.public-url: {a: 1}|agentassist.public-url takes one value",
			"agentassist.callback.allowed-urls: {a: 1}|agentassist.callback.allowed-urls takes a list",
			"agentassist.api.cors-origins: {a: 1}|agentassist.api.cors-origins takes a list",
			"agentassist.http.query-parameters: [{a: 1}]|agentassist.http.query-parameters takes a list" })
	void shouldRefuseAValueOfAnotherKind(String line, String reason) throws IOException {
		assertThat(errors(line)).anyMatch((error) -> error.endsWith("has no place there: " + reason));
	}

	/** With them the bridge ran, but did not do its work, or did not start again. */
	@ParameterizedTest
	@CsvSource({ "http.max-body-size, 0", "http.max-body-size, -1", "http.max-body-size, 4GB", "http.body-timeout, 0",
			"callback.tolerance, 0", "callback.tolerance, 99999999999d", "callback.unknown-request-wait, 61s",
			"suggestions.max-construction-latency, 0", "suggestions.max-construction-latency, 1h",
			"suggestions.max-wait, 61s", "suggestions.slow-after, 0", "outbox.time-to-live, 0",
			"outbox.time-to-live-of.analytics, 0", "outbox.overdue-after, 0", "outbox.overdue-after, 99999999999d",
			"outbox.batch-size, 1000000000", "audit.max-file-size, 5", "audit.poll-interval, 99999999999d",
			"routes.max-file-size, 5", "genesys.retries, 1000000000", "analytics.concurrency, 100000",
			"analytics.poll-interval, 99999999999d", "lifecycle.purge-interval, 99999999999d",
			"genesys.breaker.window, 1000000000", "genesys.breaker.minimum-calls, 11" })
	void shouldRefuseWhatWouldBreakTheProduct(String key, String value) throws IOException {
		assertThat(errors("agentassist." + key + ": " + value)).singleElement(as(InstanceOfAssertFactories.STRING))
			.contains("edit.yaml:1:", "' must ");
	}

	/** As after the last one was commented out. */
	@ParameterizedTest
	@ValueSource(strings = { "genesys.organisations", "outbox.time-to-live-of" })
	void shouldTakeABlankMapForAnEmptyOne(String key) throws IOException {
		assertThat(errors("agentassist." + key + ":")).isEmpty();
		assertThat(errors("agentassist." + key + ": abc")).singleElement(as(InstanceOfAssertFactories.STRING))
			.endsWith("must hold keys with values, not one value");
	}

	/** Its values come from another file, say, or from variables. */
	@ParameterizedTest
	@ValueSource(strings = { "genesys.breaker", "genesys.rate", "api.jwt" })
	void shouldTakeASectionThatIsLeftBlank(String section) throws IOException {
		assertThat(errors("agentassist." + section + ":")).isEmpty();
	}

	/** It named classes of Java. */
	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "routes.live|5|must be true or false", "callback.client-certificate|maybe|must be true or false",
					"genesys.retries|many|must be a whole number, at most 2147483647",
					"genesys.max-concurrent-queries|''|must be a whole number, at most 2147483647",
					"genesys.retries|''|must not be empty", "ranking.skill-weight|heavy|must be a number",
					"lifecycle.keep|''|must not be empty",
					"http.max-body-size|big|must be a size, such as 256KB or 1MB",
					"genesys.breaker|5|must hold keys with values, not one value" })
	void shouldSayInPlainWordsWhatAValueHasToBe(String key, String value, String problem) throws IOException {
		assertThat(errors("agentassist." + key + ": " + value).stream().distinct())
			.singleElement(as(InstanceOfAssertFactories.STRING))
			.endsWith("error: 'agentassist." + key + "' " + problem);
	}

	/** What a start, or an edit, would be refused for with these lines in a file. */
	private List<String> errors(String... lines) throws IOException {
		Path edit = Files.write(this.folder.resolve("edit.yaml"), List.of(lines));
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(shipped());
		environment.getPropertySources()
			.addFirst(new YamlPropertySourceLoader().load(FILE + "edit'", new FileSystemResource(edit)).get(0));
		environment.getPropertySources()
			.addLast(new MapPropertySource("environment", Map.of("AGENTASSIST_PUBLIC_URL", "https://bridge.example",
					"AGENTASSIST_CALLBACK_SECRET", "secret-of-the-callbacks")));
		List<String> errors = new ArrayList<>();
		check().bind(ConfigSnapshot.of(environment), (problem) -> errors.add(problem.toString()));
		return errors;
	}

	private static EnumerablePropertySource<?> shipped() throws IOException {
		return (EnumerablePropertySource<?>) new YamlPropertySourceLoader()
			.load(FILE + "shipped'", new FileSystemResource("config/application.yaml"))
			.get(0);
	}

	/** The records that a start accepts. */
	private static Map<Class<?>, Record> bind(EnumerablePropertySource<?> file, String missing) {
		Map<String, Object> settings = new HashMap<>();
		Stream.of(file.getPropertyNames())
			.filter((key) -> !key.equals(missing))
			.forEach((key) -> settings.put(key, file.getProperty(key)));
		settings.put("agentassist.public-url", "https://bridge.example");
		settings.put("agentassist.callback.secret", "secret-of-the-callbacks");
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new MapPropertySource("file", settings));
		SpringValidatorAdapter validator = new SpringValidatorAdapter(
				Validation.buildDefaultValidatorFactory().getValidator());
		Map<Class<?>, Record> bound = new HashMap<>();
		for (Class<? extends Record> type : records()) {
			try {
				bound.put(type,
						Binder.get(environment)
							.bindOrCreate(type.getAnnotation(ConfigurationProperties.class).value(), Bindable.of(type),
									new ValidationBindHandler(validator)));
			}
			catch (BindException ex) {
				assertThat(ex).as("with all lines").matches((failure) -> missing != null);
			}
		}
		return bound;
	}

	private static ConfigCheck check() {
		List<Class<? extends Record>> records = records();
		return new ConfigCheck(() -> records, Validation.buildDefaultValidatorFactory().getValidator());
	}

	private static List<Class<? extends Record>> records() {
		ClassPathScanningCandidateComponentProvider scanner = new ClassPathScanningCandidateComponentProvider(false);
		scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
		return scanner.findCandidateComponents("io.agentassist.bridge")
			.stream()
			.<Class<? extends Record>>map(
					(found) -> ClassUtils.resolveClassName(found.getBeanClassName(), null).asSubclass(Record.class))
			.toList();
	}

}
