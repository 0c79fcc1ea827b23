package io.agentassist.bridge.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Rules that a single record of settings cannot check.
 * <ul>
 * <li>A URL that the bridge calls, or is called at, is {@code http} or {@code https} with
 * a host, without user, query or fragment (only the analytics endpoint may have a query),
 * and {@code https} unless it is a proxy's or the host is this one or in
 * {@code agentassist.plain-http-hosts}.</li>
 * <li>An organisation's region is the name of a domain, and its SSL bundle exists.</li>
 * <li>Callbacks can only need a client certificate if TLS asks for one.</li>
 * <li>There is a driver for the database's URL.</li>
 * <li>The API and the management have ports, which differ.</li>
 * <li>There are more request threads than concurrent queries can occupy.</li>
 * </ul>
 * Values are not shown, as they may hold passwords.
 */
public final class SettingsRules {

	private static final String PROVIDER = "agentassist.genesys";

	private static final String ORGANISATIONS = PROVIDER + ".organisations";

	private static final String REQUEST_THREADS = "server.tomcat.threads.max";

	/** Spring Boot's default. */
	private static final int TOMCAT_THREADS = 200;

	private static final String API_PORT = "server.port";

	private static final String MANAGEMENT_PORT = "management.server.port";

	private static final int MAX_PORT = 65_535;

	private static final String DATABASE = "spring.datasource.url";

	private static final List<String> SSL_BUNDLES = List.of("spring.ssl.bundle.pem", "spring.ssl.bundle.jks");

	private static final String CLIENT_CERTIFICATE = "agentassist.callback.client-certificate";

	private static final Pattern DOMAIN = Pattern.compile("[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*(:\\d+)?");

	private static final List<String> DRIVERS = List.of("jdbc:h2:", "jdbc:postgresql:");

	private SettingsRules() {
	}

	/**
	 * Checks the rules.
	 * @param environment the environment with the settings
	 * @return what is wrong, by key; empty if nothing is
	 */
	public static Map<String, String> problems(ConfigurableEnvironment environment) {
		Binder settings = StrictBinder.of(environment);
		Set<String> plain = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
		plain.addAll(list(settings, "agentassist.plain-http-hosts"));
		Map<String, Organisation> organisations = organisations(settings);
		Map<String, String> problems = new TreeMap<>();
		urls(settings, organisations).forEach((key, url) -> {
			String problem = problem(key, url, plain);
			if (problem != null) {
				problems.put(key, problem);
			}
		});
		Set<String> bundles = new TreeSet<>();
		SSL_BUNDLES.forEach((key) -> bundles.addAll(names(settings, key)));
		organisations.forEach((prefix, organisation) -> {
			if (organisation.isOutside(bundles)) {
				problems.put(prefix + ".ssl-bundle",
						"must be one of the bundles below " + String.join(" or ", SSL_BUNDLES));
			}
			if (organisation.isNowhere()) {
				problems.put(prefix + ".environment", "must be a region's domain, such as mypurecloud.ie");
			}
		});
		if (bind(settings, CLIENT_CERTIFICATE, Bindable.of(Boolean.class)).orElse(false) && !List.of("want", "need")
			.contains(text(settings, "server.ssl.client-auth").toLowerCase(Locale.ROOT))) {
			problems.put(CLIENT_CERTIFICATE,
					"needs the profiles tls and mutual-tls, or every callback would be refused");
		}
		String database = text(settings, DATABASE);
		// An empty URL would mean a database in memory.
		if (environment.containsProperty(DATABASE) && DRIVERS.stream().noneMatch(database::startsWith)) {
			problems.put(DATABASE, "must start with " + String.join(" or ", DRIVERS));
		}
		int port = number(settings, API_PORT, 8080);
		int managementPort = number(settings, MANAGEMENT_PORT, port);
		// Zero means any free port.
		if (environment.containsProperty(MANAGEMENT_PORT) && managementPort == port && port != 0) {
			problems.put(MANAGEMENT_PORT, "must differ from " + API_PORT);
		}
		for (String key : List.of(API_PORT, MANAGEMENT_PORT)) {
			if (environment.containsProperty(key) && !StringUtils.hasText(text(settings, key))) {
				problems.put(key, "must not be empty");
			}
			else if (number(settings, key, 0) > MAX_PORT) {
				problems.put(key, "must be at most " + MAX_PORT);
			}
		}
		long queries = concurrentQueries(organisations);
		if (number(settings, REQUEST_THREADS, TOMCAT_THREADS) <= queries) {
			problems.put(REQUEST_THREADS, "must be more than " + queries
					+ ", the sum of all organisations' max-concurrent-queries, each of which holds a thread");
		}
		return problems;
	}

	private static Map<String, String> urls(Binder settings, Map<String, Organisation> organisations) {
		Map<String, String> urls = new TreeMap<>();
		for (String key : List.of("agentassist.public-url", "agentassist.analytics.endpoint")) {
			urls.put(key, text(settings, key));
		}
		organisations.forEach((prefix, organisation) -> organisation.addTo(urls, prefix + "."));
		if ("jwt".equalsIgnoreCase(text(settings, "agentassist.api.auth"))) {
			// If there is a JWK set, the issuer is only compared, not called.
			String keys = "agentassist.api.jwt.jwk-set-uri";
			String called = StringUtils.hasText(text(settings, keys)) ? keys : "agentassist.api.jwt.issuer";
			urls.put(called, text(settings, called));
		}
		int number = 0;
		for (String url : list(settings, "agentassist.callback.allowed-urls")) {
			urls.put("agentassist.callback.allowed-urls[" + number++ + "]", url);
		}
		urls.values().removeIf((url) -> !StringUtils.hasText(url));
		return urls;
	}

	private static long concurrentQueries(Map<String, Organisation> organisations) {
		int ofDefault = organisations.containsKey(PROVIDER) ? organisations.get(PROVIDER).queriesOr(0) : 0;
		return organisations.values().stream().mapToLong((organisation) -> organisation.queriesOr(ofDefault)).sum();
	}

	private static int number(Binder settings, String key, int otherwise) {
		return bind(settings, key, Bindable.of(Integer.class)).orElse(otherwise);
	}

	/** The default organisation and the others, each by the prefix of its keys. */
	private static Map<String, Organisation> organisations(Binder settings) {
		Map<String, Organisation> organisations = new TreeMap<>();
		bind(settings, PROVIDER, Bindable.of(Organisation.class))
			.ifPresent((provider) -> organisations.put(PROVIDER, provider));
		bind(settings, ORGANISATIONS, Bindable.mapOf(String.class, Organisation.class))
			.ifPresent((others) -> others.forEach((name, other) -> organisations.put(organisation(name), other)));
		return organisations;
	}

	/**
	 * Names the organisations besides the default one.
	 * @param environment the environment with the settings
	 * @return the names; empty if the setting is no map, which is reported elsewhere
	 */
	public static Set<String> organisationNames(Environment environment) {
		return names(StrictBinder.of(environment), ORGANISATIONS);
	}

	/** The key of an organisation, as a file would have to write it. */
	static String organisation(String name) {
		boolean isPlain = !name.contains(".") && ConfigurationPropertyName.isValid(name.toLowerCase(Locale.ROOT));
		return ORGANISATIONS + (isPlain ? "." + name : "[" + name + "]");
	}

	private static Set<String> names(Binder settings, String key) {
		return bind(settings, key, Bindable.mapOf(String.class, Object.class)).orElse(Map.of()).keySet();
	}

	private static String text(Binder settings, String key) {
		return bind(settings, key, Bindable.of(String.class)).orElse("");
	}

	/** Ignores values that cannot be bound, which are reported where they are needed. */
	private static <T> Optional<T> bind(Binder settings, String key, Bindable<T> type) {
		try {
			return Optional.ofNullable(settings.bind(key, type).orElse(null));
		}
		catch (BindException ex) {
			return Optional.empty();
		}
	}

	private static Collection<String> list(Binder settings, String key) {
		return bind(settings, key, Bindable.listOf(String.class)).orElse(List.of());
	}

	private static String problem(String key, String text, Set<String> plainHosts) {
		URI url;
		try {
			url = new URI(text);
		}
		catch (URISyntaxException ex) {
			return "is not a URL";
		}
		String scheme = (url.getScheme() != null) ? url.getScheme().toLowerCase(Locale.ROOT) : "";
		if (!List.of("http", "https").contains(scheme) || url.getHost() == null) {
			return "must start with http:// or https:// and a host";
		}
		if (url.getPort() > MAX_PORT) {
			return "must have a port of at most " + MAX_PORT;
		}
		if (url.getRawUserInfo() != null) {
			return "must not contain a user or a password";
		}
		if (url.getRawFragment() != null || (url.getRawQuery() != null && !key.endsWith(".endpoint"))) {
			return "must not have a query or a fragment";
		}
		// A proxy learns only the name of a host, since the traffic through it is itself
		// HTTPS.
		boolean mayBePlain = key.endsWith(".proxy") || plainHosts.contains(url.getHost()) || isLoopback(url.getHost());
		return ("https".equals(scheme) || mayBePlain) ? null
				: "must be https://, unless " + url.getHost() + " is in agentassist.plain-http-hosts";
	}

	/** Looks only at the text, without resolving the host. */
	private static boolean isLoopback(String host) {
		return host.equalsIgnoreCase("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
	}

	/**
	 * The settings of an organisation that have a rule, and the client id, which each
	 * organisation has.
	 */
	record Organisation(String environment, String clientId, String apiUrl, String loginUrl, String sslBundle,
			String proxy, Integer maxConcurrentQueries) {

		boolean isOutside(Set<String> bundles) {
			return StringUtils.hasText(this.sslBundle) && isKnown(this.sslBundle) && !bundles.contains(this.sslBundle);
		}

		/** The URLs may be set without a region. */
		boolean isNowhere() {
			return this.environment != null && isKnown(this.environment) && !DOMAIN.matcher(this.environment).matches()
					&& (isOfRegion(this.apiUrl) || isOfRegion(this.loginUrl));
		}

		private boolean isOfRegion(String url) {
			return !StringUtils.hasText(url) || url.endsWith("." + this.environment);
		}

		/** A check on another host does not know each variable. */
		private static boolean isKnown(String value) {
			return !value.contains("${");
		}

		int queriesOr(int other) {
			return Objects.requireNonNullElse(this.maxConcurrentQueries, other);
		}

		void addTo(Map<String, String> urls, String prefix) {
			urls.put(prefix + "api-url", this.apiUrl);
			urls.put(prefix + "login-url", this.loginUrl);
			urls.put(prefix + "proxy", this.proxy);
		}

	}

}
