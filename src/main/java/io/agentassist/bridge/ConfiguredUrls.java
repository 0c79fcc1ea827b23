package io.agentassist.bridge;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.StringUtils;

/**
 * Stops the start where a configured URL is none that the bridge should call, or be
 * called at, with one message that names all of them: it has to be {@code http} or
 * {@code https} with a host, without user, query or fragment, and {@code https} unless
 * the host is this one or in {@code agentassist.plain-http-hosts}. Values are not shown,
 * as they may hold passwords.
 */
@Order(Ordered.LOWEST_PRECEDENCE)
class ConfiguredUrls implements EnvironmentPostProcessor {

	private static final List<String> OF_AN_ORGANISATION = List.of("api-url", "login-url", "proxy");

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (application.getWebApplicationType() == WebApplicationType.NONE) {
			return;
		}
		List<String> wrong = problems(environment);
		if (!wrong.isEmpty()) {
			throw new SettingsException("Wrong", wrong);
		}
	}

	/** What is wrong, each with its key; empty if nothing is. */
	static List<String> problems(ConfigurableEnvironment environment) {
		Binder settings = Binder.get(environment);
		Set<String> plain = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
		plain.addAll(list(settings, "agentassist.plain-http-hosts"));
		List<String> problems = new ArrayList<>();
		urls(environment, settings).forEach((key, url) -> {
			String problem = problem(key, url, plain);
			if (problem != null) {
				problems.add(key + ": " + problem);
			}
		});
		return problems;
	}

	private static Map<String, String> urls(ConfigurableEnvironment environment, Binder settings) {
		List<String> keys = new ArrayList<>(List.of("agentassist.public-url", "agentassist.analytics.endpoint"));
		OF_AN_ORGANISATION.forEach((name) -> keys.add("agentassist.genesys." + name));
		for (String organisation : settings
			.bind("agentassist.genesys.organisations", Bindable.mapOf(String.class, Object.class))
			.map(Map::keySet)
			.orElse(Set.of())) {
			OF_AN_ORGANISATION
				.forEach((name) -> keys.add("agentassist.genesys.organisations." + organisation + "." + name));
		}
		if ("jwt".equalsIgnoreCase(environment.getProperty("agentassist.api.auth"))) {
			// With a JWK set, the issuer is a name that is compared, and not called.
			boolean hasKeys = StringUtils.hasText(environment.getProperty("agentassist.api.jwt.jwk-set-uri"));
			keys.add(hasKeys ? "agentassist.api.jwt.jwk-set-uri" : "agentassist.api.jwt.issuer");
		}
		Map<String, String> urls = new TreeMap<>();
		keys.forEach((key) -> urls.put(key, environment.getProperty(key, "")));
		int number = 0;
		for (String url : list(settings, "agentassist.callback.allowed-urls")) {
			urls.put("agentassist.callback.allowed-urls[" + number++ + "]", url);
		}
		urls.values().removeIf((url) -> !StringUtils.hasText(url));
		return urls;
	}

	private static Collection<String> list(Binder settings, String key) {
		return settings.bind(key, Bindable.listOf(String.class)).orElse(List.of());
	}

	private static String problem(String key, String text, Set<String> plainHosts) {
		URI url;
		try {
			url = new URI(text);
		}
		catch (URISyntaxException ex) {
			return "is no URL";
		}
		String scheme = (url.getScheme() != null) ? url.getScheme().toLowerCase(Locale.ROOT) : "";
		if (!List.of("http", "https").contains(scheme) || url.getHost() == null) {
			return "has to start with http:// or https:// and a host";
		}
		if (url.getRawUserInfo() != null) {
			return "must not hold a user or a password";
		}
		if (url.getRawFragment() != null || (url.getRawQuery() != null && !key.endsWith(".endpoint"))) {
			return "must not have a query or a fragment";
		}
		// A proxy gets nothing but the name of a host: what goes through it is HTTPS
		// itself.
		boolean mayBePlain = key.endsWith(".proxy") || plainHosts.contains(url.getHost()) || isLoopback(url.getHost());
		return ("https".equals(scheme) || mayBePlain) ? null
				: "has to be https://, unless " + url.getHost() + " is in agentassist.plain-http-hosts";
	}

	/** By its text: nothing is resolved. */
	private static boolean isLoopback(String host) {
		return host.equalsIgnoreCase("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
	}

}
