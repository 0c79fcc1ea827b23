package io.agentassist.bridge.settings;

import java.util.Arrays;
import java.util.List;

import org.springframework.core.env.ConfigurableEnvironment;

/** Checks the overlays of the settings, {@code config/application-<profile>.yaml}. */
public final class Overlays {

	private Overlays() {
	}

	/**
	 * Finds active profiles without an overlay. Most of them are misspelt, but as a
	 * profile does not need one, this is not an error.
	 * @param environment the environment, after its files have been read
	 * @return one sentence for each
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
