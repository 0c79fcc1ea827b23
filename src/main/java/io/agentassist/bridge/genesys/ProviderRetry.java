package io.agentassist.bridge.genesys;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.springframework.stereotype.Component;

/**
 * Decides whether a failed query is tried again, and after what wait: refusals that pass
 * by themselves (429, 502, 503, 504), connections that could not be made, and once a
 * token that is no longer accepted. A read that timed out is not tried again, as the
 * provider may have taken the query. No attempt starts that could end after the request's
 * deadline.
 */
@Component
public class ProviderRetry implements Processor {

	private static final Set<Integer> RETRYABLE = Set.of(429, 502, 503, 504);

	private static final int UNAUTHORIZED = 401;

	private final AccessTokens tokens;

	private final GenesysProperties properties;

	private final Clock clock;

	ProviderRetry(AccessTokens tokens, GenesysProperties properties, Clock clock) {
		this.tokens = tokens;
		this.properties = properties;
		this.clock = clock;
	}

	/**
	 * Tells whether another attempt is worth it.
	 * @param exchange the failed exchange
	 * @return true to try again
	 */
	public boolean isRetryable(Exchange exchange) {
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		return isTransient(failure, exchange) && hasTimeFor(wait(failure), exchange);
	}

	/**
	 * The wait before the first retry, for Camel's redelivery policy, which takes plain
	 * milliseconds only.
	 * @return milliseconds
	 */
	public long baseDelayMillis() {
		return this.properties.baseDelay().toMillis();
	}

	/** Sets the wait before the next attempt where the provider named one. */
	@Override
	public void process(Exchange exchange) {
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		ProviderException refusal = cause(ProviderException.class, failure);
		if (refusal != null && refusal.providerStatus() == UNAUTHORIZED) {
			this.tokens.drop();
			exchange.setProperty("tokenDropped", true);
			exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, 0L);
		}
		else if (refusal != null && refusal.retryAfter() != null) {
			exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, refusal.retryAfter().toMillis());
		}
	}

	private boolean isTransient(Exception failure, Exchange exchange) {
		if (cause(CredentialsRefusedException.class, failure) != null) {
			return false;
		}
		ProviderException refusal = cause(ProviderException.class, failure);
		if (refusal != null) {
			return RETRYABLE.contains(refusal.providerStatus())
					|| (refusal.providerStatus() == UNAUTHORIZED && exchange.getProperty("tokenDropped") == null);
		}
		return cause(ConnectException.class, failure) != null || cause(ConnectTimeoutException.class, failure) != null
				|| cause(NoRouteToHostException.class, failure) != null
				|| cause(UnknownHostException.class, failure) != null;
	}

	/**
	 * Not Camel's own search, which finds suppressed exceptions as well: those are the
	 * earlier attempts' failures.
	 */
	private static <T extends Throwable> T cause(Class<T> type, Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (type.isInstance(cause)) {
				return type.cast(cause);
			}
		}
		return null;
	}

	private Duration wait(Exception failure) {
		ProviderException refusal = cause(ProviderException.class, failure);
		boolean told = refusal != null && refusal.retryAfter() != null;
		return told ? refusal.retryAfter() : this.properties.baseDelay();
	}

	private boolean hasTimeFor(Duration wait, Exchange exchange) {
		long endMillis = exchange.getClock().getCreated() + this.properties.deadline().toMillis();
		long neededMillis = wait.plus(this.properties.responseTimeout()).toMillis();
		return this.clock.millis() + neededMillis <= endMillis;
	}

}
