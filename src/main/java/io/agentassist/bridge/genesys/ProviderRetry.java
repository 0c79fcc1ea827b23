package io.agentassist.bridge.genesys;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

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

	private static final int MAX_DOUBLINGS = 10;

	private static final String RETRY_DELAY = "retryDelay";

	private static final String TOKEN_DROPPED = "tokenDropped";

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
		long delayMillis = delayMillis(failure, exchange);
		exchange.setProperty(RETRY_DELAY, delayMillis);
		return isTransient(failure, exchange) && hasTimeFor(delayMillis, exchange);
	}

	/**
	 * The response timeout, for an endpoint's option, which takes plain milliseconds
	 * only.
	 * @return milliseconds
	 */
	public long responseTimeoutMillis() {
		return this.properties.responseTimeout().toMillis();
	}

	/** Sets the wait that {@link #isRetryable} has counted with. */
	@Override
	public void process(Exchange exchange) {
		ProviderException refusal = cause(ProviderException.class,
				exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
		if (refusal != null && refusal.providerStatus() == UNAUTHORIZED) {
			this.tokens.drop(exchange);
			exchange.setProperty(TOKEN_DROPPED, true);
		}
		exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, exchange.getProperty(RETRY_DELAY, 0L, Long.class));
	}

	private boolean isTransient(Exception failure, Exchange exchange) {
		if (cause(CredentialsRefusedException.class, failure) != null) {
			return false;
		}
		ProviderException refusal = cause(ProviderException.class, failure);
		if (refusal != null) {
			return RETRYABLE.contains(refusal.providerStatus())
					|| (refusal.providerStatus() == UNAUTHORIZED && exchange.getProperty(TOKEN_DROPPED) == null);
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

	/**
	 * Retry-After where the provider told it, else exponential back-off with a quarter of
	 * jitter.
	 */
	private long delayMillis(Exception failure, Exchange exchange) {
		ProviderException refusal = cause(ProviderException.class, failure);
		if (refusal != null && refusal.providerStatus() == UNAUTHORIZED) {
			return 0;
		}
		if (refusal != null && refusal.retryAfter() != null) {
			return refusal.retryAfter().toMillis();
		}
		int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
		long delay = this.properties.baseDelay().toMillis() << Math.min(attempt, MAX_DOUBLINGS);
		return delay - delay / 4 + ThreadLocalRandom.current().nextLong(delay / 2 + 1);
	}

	private boolean hasTimeFor(long delayMillis, Exchange exchange) {
		long endMillis = exchange.getClock().getCreated() + this.properties.deadline().toMillis();
		return this.clock.millis() + delayMillis + responseTimeoutMillis() <= endMillis;
	}

}
