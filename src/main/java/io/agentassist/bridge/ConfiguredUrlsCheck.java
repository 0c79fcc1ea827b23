package io.agentassist.bridge;

import java.util.List;

import io.agentassist.bridge.settings.ConfiguredUrls;
import io.agentassist.bridge.settings.SettingsException;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Stops the start where a configured URL is wrong, with one message that names all of
 * them.
 */
@Order(Ordered.LOWEST_PRECEDENCE)
class ConfiguredUrlsCheck implements EnvironmentPostProcessor {

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (application.getWebApplicationType() == WebApplicationType.NONE) {
			return;
		}
		List<String> wrong = ConfiguredUrls.problems(environment)
			.entrySet()
			.stream()
			.map((problem) -> problem.getKey() + ": " + problem.getValue())
			.toList();
		if (!wrong.isEmpty()) {
			throw new SettingsException("Wrong", wrong);
		}
	}

}
