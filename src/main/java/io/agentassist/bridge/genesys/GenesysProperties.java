package io.agentassist.bridge.genesys;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import io.agentassist.bridge.settings.BaseUrl;
import io.agentassist.bridge.settings.InvalidSettingException;
import io.agentassist.bridge.settings.ReadAtStart;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.StringUtils;

/**
 * Settings of the provider. The top-level credentials, hosts and limits belong to the
 * organisation {@value #DEFAULT}; other organisations inherit the hosts and limits they
 * do not set.
 *
 * @param clientId OAuth client
 * @param clientSecret its secret
 * @param apiUrl base URL of the API
 * @param loginUrl base URL of the token endpoint
 * @param sslBundle name of a Spring SSL bundle (trusted authorities, client certificate);
 * empty for the platform's trust store and no certificate
 * @param proxy URL of an HTTP proxy; null for none
 * @param deadline longest time from a request's arrival to the provider's answer,
 * including waits and retries
 * @param connectTimeout longest wait for a connection; the TLS handshake gets as long
 * again
 * @param responseTimeout longest wait for one answer, not longer than the deadline
 * @param retries maximum number of further attempts
 * @param baseDelay wait before the first retry if the provider names none
 * @param maxConcurrentQueries queries in flight at once
 * @param breaker the circuit breakers
 * @param rate the rate limiters
 * @param organisations further organisations, by name
 */
@ConfigurationProperties("agentassist.genesys")
public record GenesysProperties(@ReadAtStart String clientId, @ReadAtStart String clientSecret,
		@ReadAtStart @NotNull URI apiUrl, @ReadAtStart @NotNull URI loginUrl, @ReadAtStart String sslBundle,
		@ReadAtStart URI proxy, @NotNull @DurationMin(millis = 1) @DurationMax(seconds = 60) Duration deadline,
		@ReadAtStart @NotNull @DurationMin(millis = 1) @DurationMax(seconds = 60) Duration connectTimeout,
		@NotNull @DurationMin(millis = 1) Duration responseTimeout, @NotNull @PositiveOrZero @Max(100) Integer retries,
		@NotNull @DurationMin(millis = 2) @DurationMax(seconds = 60) Duration baseDelay,
		@ReadAtStart @Positive int maxConcurrentQueries, @ReadAtStart @NotNull @Valid Breaker breaker,
		@NotNull @Valid Rate rate, @ReadAtStart Map<String, @Valid Organisation> organisations) {

	/** Name of the organisation of requests that name none. */
	public static final String DEFAULT = "default";

	public GenesysProperties {
		apiUrl = BaseUrl.of(apiUrl);
		loginUrl = BaseUrl.of(loginUrl);
		organisations = (organisations != null) ? Map.copyOf(organisations) : Map.of();
		if (responseTimeout != null && deadline != null && responseTimeout.compareTo(deadline) > 0) {
			throw new InvalidSettingException("agentassist.genesys.response-timeout",
					"must not be longer than agentassist.genesys.deadline, which would cut it off");
		}
	}

	/**
	 * All organisations by name, including the default one, with inherited values filled
	 * in.
	 */
	Map<String, Organisation> allOrganisations() {
		Map<String, Organisation> all = new LinkedHashMap<>();
		all.put(DEFAULT, new Organisation(null, this.clientId, this.clientSecret, this.apiUrl, this.loginUrl,
				this.sslBundle, this.proxy, this.maxConcurrentQueries));
		this.organisations.forEach((name, organisation) -> all.put(name, organisation.orElse(all.get(DEFAULT))));
		return all;
	}

	/** Keeps the secret out of logs. */
	@Override
	public String toString() {
		return "GenesysProperties[apiUrl=" + this.apiUrl + ", organisations=" + this.organisations.keySet() + "]";
	}

	/**
	 * An organisation at the provider. Null values are taken from the default
	 * organisation.
	 *
	 * @param environment region domain, from which hosts not set are derived
	 * @param clientId OAuth client, never inherited
	 * @param clientSecret its secret, never inherited
	 * @param apiUrl base URL of the API
	 * @param loginUrl base URL of the token endpoint
	 * @param sslBundle name of a Spring SSL bundle
	 * @param proxy URL of an HTTP proxy
	 * @param maxConcurrentQueries queries in flight at once
	 */
	public record Organisation(String environment, String clientId, String clientSecret, URI apiUrl, URI loginUrl,
			String sslBundle, URI proxy, @Positive Integer maxConcurrentQueries) {

		public Organisation {
			apiUrl = BaseUrl.of(apiUrl);
			loginUrl = BaseUrl.of(loginUrl);
		}

		private Organisation orElse(Organisation other) {
			URI regionApi = (this.environment != null) ? URI.create("https://api." + this.environment) : other.apiUrl;
			URI regionLogin = (this.environment != null) ? URI.create("https://login." + this.environment)
					: other.loginUrl;
			return new Organisation(this.environment, this.clientId, this.clientSecret,
					(this.apiUrl != null) ? this.apiUrl : regionApi,
					(this.loginUrl != null) ? this.loginUrl : regionLogin,
					StringUtils.hasText(this.sslBundle) ? this.sslBundle : other.sslBundle,
					(this.proxy != null) ? this.proxy : other.proxy,
					(this.maxConcurrentQueries != null) ? this.maxConcurrentQueries : other.maxConcurrentQueries);
		}

		/** Keeps the secret out of logs. */
		@Override
		public String toString() {
			return "Organisation[apiUrl=" + this.apiUrl + "]";
		}

	}

	/**
	 * A circuit breaker.
	 *
	 * @param window number of most recent calls that count
	 * @param minimumCalls number of calls required before it may open
	 * @param failureRate percentage of failures at which it opens
	 * @param openTime how long it stays open
	 * @param probes calls let through after that, to decide whether to close
	 */
	public record Breaker(@Positive @Max(100_000) int window, @Positive int minimumCalls,
			@Positive @Max(100) int failureRate,
			@NotNull @DurationMin(millis = 1) @DurationMax(days = 1) Duration openTime,
			@Positive @Max(100_000) int probes) {

		public Breaker {
			// Resilience4j would silently use the window.
			if (minimumCalls > window) {
				throw new InvalidSettingException("agentassist.genesys.breaker.minimum-calls",
						"must not be more than agentassist.genesys.breaker.window");
			}
		}

	}

	/**
	 * A rate limiter.
	 *
	 * @param reserve fraction of the provider's limit, 0 to 1; once no more than this is
	 * left, calls are spread over the rest of the window
	 * @param maxHold longest pause that a Retry-After can cause
	 */
	public record Rate(@NotNull @DecimalMin("0") @DecimalMax("1") Double reserve,
			@NotNull @DurationMin(millis = 1) @DurationMax(days = 1) Duration maxHold) {
	}

}
