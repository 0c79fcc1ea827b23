package io.agentassist.bridge.genesys;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.util.ObjectHelper;
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

	/** Sets the wait before the next attempt where the provider named one. */
	@Override
	public void process(Exchange exchange) {
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		ProviderException refusal = ObjectHelper.getException(ProviderException.class, failure);
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
		ProviderException refusal = ObjectHelper.getException(ProviderException.class, failure);
		if (refusal != null) {
			return RETRYABLE.contains(refusal.providerStatus())
					|| (refusal.providerStatus() == UNAUTHORIZED && exchange.getProperty("tokenDropped") == null);
		}
		return ObjectHelper.getException(ConnectException.class, failure) != null
				|| ObjectHelper.getException(ConnectTimeoutException.class, failure) != null
				|| ObjectHelper.getException(NoRouteToHostException.class, failure) != null
				|| ObjectHelper.getException(UnknownHostException.class, failure) != null;
	}

	private Duration wait(Exception failure) {
		ProviderException refusal = ObjectHelper.getException(ProviderException.class, failure);
		boolean told = refusal != null && refusal.retryAfter() != null;
		return told ? refusal.retryAfter() : this.properties.baseDelay();
	}

	private boolean hasTimeFor(Duration wait, Exchange exchange) {
		long endMillis = exchange.getClock().getCreated() + this.properties.deadline().toMillis();
		long neededMillis = wait.plus(this.properties.responseTimeout()).toMillis();
		return this.clock.millis() + neededMillis <= endMillis;
	}

}
