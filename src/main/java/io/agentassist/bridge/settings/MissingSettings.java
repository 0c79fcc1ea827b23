package io.agentassist.bridge.settings;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Profiles;
import org.springframework.util.StringUtils;

/**
 * Knows which settings without a sensible default are missing, and stops the start before
 * anything else is tried if some are, with one message that names them all.
 */
@Order(Ordered.LOWEST_PRECEDENCE - 1)
public class MissingSettings implements EnvironmentPostProcessor {

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		String routes = environment.getProperty("agentassist.routes.directory");
		if (routes == null || !environment.containsProperty("agentassist.callback.auth")) {
			throw new SettingsException("Missing", List.of(missingFile()));
		}
		if (!Files.isDirectory(Path.of(routes))) {
			throw new SettingsException("Missing",
					List.of("the folder " + Path.of(routes).toAbsolutePath() + " (agentassist.routes.directory)"));
		}
		if (application.getWebApplicationType() == WebApplicationType.NONE) {
			// A command, which reads the settings but runs nothing.
			return;
		}
		List<String> missing = new ArrayList<>();
		missing(environment).forEach((key, variable) -> missing.add(variable + " (" + key + ")"));
		if (!missing.isEmpty()) {
			// They may be set for a profile whose name is misspelt.
			missing.addAll(Overlays.warnings(environment));
			throw new SettingsException("Missing", missing);
		}
	}

	private static String missingFile() {
		Path file = Path.of("config/application.yaml").toAbsolutePath();
		if (Files.isDirectory(file)) {
			return "the file " + file + ", in place of which there is a folder";
		}
		if (Files.exists(file)) {
			return "the settings agentassist.routes.directory and agentassist.callback.auth in the file " + file
					+ ": is it empty, or a list?";
		}
		return "the folders routes/ and config/, with application.yaml, beside each other, in the folder "
				+ Path.of("").toAbsolutePath();
	}

	/**
	 * Finds settings without a sensible default that have no value.
	 * @param environment all settings
	 * @return by key, the variable to set, or in words what is needed
	 */
	public static Map<String, String> missing(ConfigurableEnvironment environment) {
		Map<String, String> missing = new LinkedHashMap<>();
		require(environment, "agentassist.genesys.client-id", "GENESYS_CLIENT_ID", missing);
		require(environment, "agentassist.genesys.client-secret", "GENESYS_CLIENT_SECRET", missing);
		for (String name : SettingsRules.organisationNames(environment)) {
			for (String key : List.of("client-id", "client-secret")) {
				String full = SettingsRules.organisation(name) + "." + key;
				require(environment, full, "the credentials of organisation " + name, missing);
			}
		}
		require(environment, "agentassist.public-url", "AGENTASSIST_PUBLIC_URL", missing);
		if (!"none".equalsIgnoreCase(value(environment, "agentassist.callback.auth"))) {
			require(environment, "agentassist.callback.secret", "AGENTASSIST_CALLBACK_SECRET", missing);
		}
		requireApi(environment, missing);
		if (environment.acceptsProfiles(Profiles.of("tls"))) {
			require(environment, "agentassist.tls.certificate", "AGENTASSIST_TLS_CERTIFICATE", missing);
			require(environment, "agentassist.tls.private-key", "AGENTASSIST_TLS_PRIVATE_KEY", missing);
		}
		if (environment.acceptsProfiles(Profiles.of("mutual-tls"))) {
			if (!environment.acceptsProfiles(Profiles.of("tls"))) {
				missing.put("spring.profiles.active", "the profile tls, to which mutual-tls is an addition");
			}
			require(environment, "agentassist.tls.client-ca", "AGENTASSIST_TLS_CLIENT_CA", missing);
		}
		return missing;
	}

	private static void requireApi(ConfigurableEnvironment environment, Map<String, String> missing) {
		String auth = value(environment, "agentassist.api.auth");
		if ("jwt".equalsIgnoreCase(auth)) {
			require(environment, "agentassist.api.jwt.audience", "AGENTASSIST_JWT_AUDIENCE", missing);
			if (!StringUtils.hasText(value(environment, "agentassist.api.jwt.jwk-set-uri"))) {
				require(environment, "agentassist.api.jwt.issuer", "AGENTASSIST_JWT_ISSUER", missing);
			}
			return;
		}
		boolean hasKeys = Binder.get(environment)
			.bind("agentassist.api.keys", Bindable.listOf(String.class))
			.map((keys) -> keys.stream().anyMatch(StringUtils::hasText))
			.orElse(false);
		if (!"none".equalsIgnoreCase(auth) && !hasKeys
				&& !StringUtils.hasText(value(environment, "agentassist.api.keys-file"))) {
			missing.put("agentassist.api.keys", "AGENTASSIST_API_KEYS");
		}
	}

	private static void require(ConfigurableEnvironment environment, String key, String variable,
			Map<String, String> missing) {
		if (!StringUtils.hasText(value(environment, key))) {
			missing.put(key, variable);
		}
	}

	/** A value that names a variable that is not set is none. */
	private static String value(ConfigurableEnvironment environment, String key) {
		try {
			return environment.getProperty(key);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
