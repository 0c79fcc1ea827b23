package io.agentassist.bridge.settings;

import java.util.Arrays;
import java.util.List;

import org.springframework.core.env.ConfigurableEnvironment;

/** The overlays of the settings, {@code config/application-<profile>.yaml}. */
public final class Overlays {

	private Overlays() {
	}

	/**
	 * Finds the active profiles that have none. More often than not they are misspelt;
	 * but a profile may do without, so that this is no error.
	 * @param environment after its files are read
	 * @return a sentence for each
	 */
	public static List<String> warnings(ConfigurableEnvironment environment) {
		return Arrays.stream(environment.getActiveProfiles())
			.filter((profile) -> environment.getPropertySources()
				.stream()
				.noneMatch((source) -> source.getName().contains("application-" + profile + ".")))
			.map((profile) -> "Profile '" + profile + "' has no settings in config/application-" + profile + ".yaml")
			.toList();
	}

}
