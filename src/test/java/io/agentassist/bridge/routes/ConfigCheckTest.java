package io.agentassist.bridge.routes;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import jakarta.validation.Validation;
import org.junit.jupiter.api.Test;

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

import static org.assertj.core.api.Assertions.assertThat;

/** Shows which keys are settings of the bridge, and which it needs. */
class ConfigCheckTest {

	/** To which an edit adds entries, whose keys are new. */
	@Test
	void shouldKnowEachListThatIsEmptyAtFirst() throws IOException {
		EnumerablePropertySource<?> file = shipped();
		ConfigCheck check = check();

		assertThat(file.getPropertyNames())
			.filteredOn((key) -> key.startsWith("agentassist.") && "".equals(file.getProperty(key)))
			.contains("agentassist.plain-http-hosts")
			.allMatch((key) -> check.knows(ConfigurationPropertyName.of(key + "[0]")));
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

	private static EnumerablePropertySource<?> shipped() throws IOException {
		return (EnumerablePropertySource<?>) new YamlPropertySourceLoader()
			.load("shipped", new FileSystemResource("config/application.yaml"))
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
