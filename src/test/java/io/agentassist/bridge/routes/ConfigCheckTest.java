package io.agentassist.bridge.routes;

import java.io.IOException;
import java.util.List;

import jakarta.validation.Validation;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows which new keys count as settings of the bridge. */
class ConfigCheckTest {

	/** To which an edit adds entries, whose keys are new. */
	@Test
	void shouldKnowEachListThatIsEmptyAtFirst() throws IOException {
		EnumerablePropertySource<?> file = (EnumerablePropertySource<?>) new YamlPropertySourceLoader()
			.load("shipped", new FileSystemResource("config/application.yaml"))
			.get(0);
		ConfigCheck check = check();

		assertThat(file.getPropertyNames())
			.filteredOn((key) -> key.startsWith("agentassist.") && "".equals(file.getProperty(key)))
			.contains("agentassist.plain-http-hosts")
			.allMatch((key) -> check.knows(ConfigurationPropertyName.of(key + "[0]")));
	}

	private static ConfigCheck check() {
		ClassPathScanningCandidateComponentProvider scanner = new ClassPathScanningCandidateComponentProvider(false);
		scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
		List<Class<? extends Record>> records = scanner.findCandidateComponents("io.agentassist.bridge")
			.stream()
			.<Class<? extends Record>>map(
					(found) -> ClassUtils.resolveClassName(found.getBeanClassName(), null).asSubclass(Record.class))
			.toList();
		return new ConfigCheck(() -> records, Validation.buildDefaultValidatorFactory().getValidator());
	}

}
