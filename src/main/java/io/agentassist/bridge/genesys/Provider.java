package io.agentassist.bridge.genesys;

import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;

import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.jmx.export.annotation.ManagedAttribute;
import org.springframework.jmx.export.annotation.ManagedOperation;
import org.springframework.jmx.export.annotation.ManagedResource;

/**
 * One organisation at the provider, with everything it does not share with others: hosts,
 * credentials and token, connections, bulkhead, circuit breaker and rate limiter. Its
 * attributes are those of the MBean {@code io.agentassist.bridge:type=Provider}. Thread
 * safe.
 */
@ManagedResource(description = "An organisation at the provider, as this instance sees it")
public class Provider implements Closeable {

	private static final Logger log = LoggerFactory.getLogger(Provider.class);

	/** Exchange property that holds the organisation the exchange works for. */
	static final String PROPERTY = "provider";

	private final String name;

	private final URI apiUrl;

	private final URI loginUrl;

	private final ProviderClient client;

	private final AccessTokens tokens;

	private final Bulkhead bulkhead;

	private final CircuitBreaker breaker;

	private final RateWindow rate;

	private volatile String lastFailure = "";

	Provider(String name, GenesysProperties.Organisation settings, ProviderClient client, AccessTokens tokens,
			Bulkhead bulkhead, CircuitBreaker breaker, RateWindow rate) {
		this.name = name;
		this.apiUrl = settings.apiUrl();
		this.loginUrl = settings.loginUrl();
		this.client = client;
		this.tokens = tokens;
		this.bulkhead = bulkhead;
		this.breaker = breaker;
		this.rate = rate;
		// In this order: the failure that opens the breaker comes before the transition.
		breaker.getEventPublisher()
			.onError((failure) -> this.lastFailure = failure.getThrowable().getMessage())
			.onStateTransition((change) -> logTransition(change.getStateTransition()));
	}

	private void logTransition(CircuitBreaker.StateTransition change) {
		boolean isOpen = change.getToState() == CircuitBreaker.State.OPEN;
		log.atLevel(isOpen ? Level.WARN : Level.INFO)
			.log("The circuit breaker of organisation '{}' is {} now, it was {}{}", this.name, change.getToState(),
					change.getFromState(), isOpen ? "; the last failure: " + this.lastFailure : "");
	}

	/** The organisation that an exchange works for. */
	static Provider of(Exchange exchange) {
		return exchange.getProperty(PROPERTY, Provider.class);
	}

	/**
	 * The organisation's name.
	 * @return as in the configuration
	 */
	@ManagedAttribute(description = "Name of the organisation")
	public String getName() {
		return this.name;
	}

	/**
	 * Location of its API.
	 * @return base URL
	 */
	@ManagedAttribute(description = "Base URL of the API")
	public String getApiUrl() {
		return this.apiUrl.toString();
	}

	/**
	 * Location of its token endpoint.
	 * @return base URL
	 */
	@ManagedAttribute(description = "Base URL of the token endpoint")
	public String getLoginUrl() {
		return this.loginUrl.toString();
	}

	/**
	 * State of the circuit breaker.
	 * @return Resilience4j's name for it
	 */
	@ManagedAttribute(description = "State of the circuit breaker: CLOSED, OPEN, HALF_OPEN")
	public String getBreakerState() {
		return this.breaker.getState().name();
	}

	/**
	 * Failures among the last calls.
	 * @return percentage; -1 while there are too few calls
	 */
	@ManagedAttribute(description = "Failure rate of the last calls, in percent; -1 until there were enough")
	public float getFailureRate() {
		return this.breaker.getMetrics().getFailureRate();
	}

	/**
	 * Why the last call failed that the circuit breaker counted as failed.
	 * @return the HTTP status, or what broke the call; empty if none has failed
	 */
	@ManagedAttribute(description = "Why the last call failed that the circuit breaker counted as failed")
	public String getLastFailure() {
		return this.lastFailure;
	}

	/**
	 * Queries in flight.
	 * @return their number
	 */
	@ManagedAttribute(description = "Queries in flight, including retries and their waits")
	public int getConcurrentQueries() {
		return this.bulkhead.getBulkheadConfig().getMaxConcurrentCalls()
				- this.bulkhead.getMetrics().getAvailableConcurrentCalls();
	}

	/**
	 * Age of the access token.
	 * @return seconds, -1 without one
	 */
	@ManagedAttribute(description = "Seconds since the access token was requested; -1 without one")
	public long getTokenAgeSeconds() {
		return seconds(this.tokens.age());
	}

	/**
	 * Time until the access token expires.
	 * @return seconds, -1 without one
	 */
	@ManagedAttribute(description = "Seconds until the access token expires; -1 without one")
	public long getTokenExpiresInSeconds() {
		return seconds(this.tokens.expiresIn());
	}

	/**
	 * Calls that the provider still allows until its window ends.
	 * @return NaN while it has not said
	 */
	@ManagedAttribute(
			description = "Calls that the provider's rate limit still allows; NaN until it has sent its limits")
	public double getRateRemaining() {
		return this.rate.remaining();
	}

	/** Closes the circuit breaker and forgets its counts. */
	@ManagedOperation(description = "Closes the circuit breaker and resets its counts")
	public void resetBreaker() {
		this.breaker.reset();
	}

	private static long seconds(Duration time) {
		return (time != null) ? Math.max(0, time.toSeconds()) : -1;
	}

	ProviderClient client() {
		return this.client;
	}

	AccessTokens tokens() {
		return this.tokens;
	}

	Bulkhead bulkhead() {
		return this.bulkhead;
	}

	CircuitBreaker breaker() {
		return this.breaker;
	}

	RateWindow rate() {
		return this.rate;
	}

	@Override
	public void close() throws IOException {
		this.client.close();
	}

}
