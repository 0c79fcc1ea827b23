package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

import io.github.resilience4j.core.IntervalFunction;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Decides whether a failed query is retried, and after what wait. Retried are transient
 * refusals (429, 502, 503, 504), connections that could not be made or broke before an
 * answer, and, once, a token that is no longer accepted. A read that timed out is not
 * retried, as the provider may have accepted the query. No attempt starts that could end
 * after the request's deadline.
 */
@Component
public class ProviderRetry implements Processor {

	private static final Logger log = LoggerFactory.getLogger(ProviderRetry.class);

	private static final Set<Integer> RETRYABLE = Set.of(429, 502, 503, 504);

	private static final int UNAUTHORIZED = 401;

	/** A quarter of the wait, either way. */
	private static final double JITTER = 0.25;

	private static final String RETRY_DELAY = "retryDelay";

	private static final String TOKEN_DROPPED = "tokenDropped";

	private final ProviderCalls calls;

	private final Deadline deadline;

	private final Supplier<GenesysProperties> settings;

	ProviderRetry(ProviderCalls calls, Deadline deadline, Supplier<GenesysProperties> settings) {
		this.calls = calls;
		this.deadline = deadline;
		this.settings = settings;
	}

	/**
	 * Whether another attempt is worthwhile.
	 * @param exchange the failed exchange
	 * @return true to try again
	 */
	public boolean isRetryable(Exchange exchange) {
		exchange.removeProperty(RETRY_DELAY);
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		if (!isTransient(failure, exchange)) {
			return false;
		}
		Duration delay = delay(failure, exchange);
		if (delay.compareTo(this.deadline.patience(exchange)) > 0) {
			return false;
		}
		// Rounded up, so that a token may be fetched again by then.
		exchange.setProperty(RETRY_DELAY, delay.plusNanos(999_999).toMillis());
		return true;
	}

	/**
	 * Sets the wait that {@link #isRetryable} decided on, and logs it. Camel also calls
	 * this for a failure that is not retried, if an earlier one was.
	 */
	@Override
	public void process(Exchange exchange) {
		Long delay = (Long) exchange.removeProperty(RETRY_DELAY);
		if (delay == null) {
			return;
		}
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		ProviderException refusal = cause(ProviderException.class, failure);
		if (refusal != null && refusal.providerStatus() == UNAUTHORIZED) {
			this.calls.dropToken(exchange);
			exchange.setProperty(TOKEN_DROPPED, true);
		}
		exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, delay);
		int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
		// The final failure is logged with the request's answer.
		if (attempt <= this.settings.get().retries()) {
			log.info("Attempt {} of conversation {} for organisation '{}' failed, the next one is in {} ms: {}",
					attempt, exchange.getProperty("conversationId"), Provider.of(exchange).getName(), delay,
					(refusal != null) ? refusal.getMessage()
							: cause(ConnectionFailedException.class, failure).getCause().toString());
		}
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
		return cause(ConnectionFailedException.class, failure) != null;
	}

	/**
	 * Used instead of Camel's own search, which also finds suppressed exceptions: those
	 * are the failures of earlier attempts.
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
	 * The provider's Retry-After if it sent one that lasts, else exponential back-off
	 * with jitter, and no shorter than the pause in token fetches.
	 */
	private Duration delay(Exception failure, Exchange exchange) {
		ProviderException refusal = cause(ProviderException.class, failure);
		if (refusal != null && refusal.providerStatus() == UNAUTHORIZED) {
			return Duration.ZERO;
		}
		TokenFetchException noToken = cause(TokenFetchException.class, failure);
		// Zero, or a time that has passed, would let all attempts follow at once.
		if (noToken == null && refusal != null && refusal.retryAfter() != null && !refusal.retryAfter().isZero()) {
			return refusal.retryAfter();
		}
		int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
		GenesysProperties settings = this.settings.get();
		Duration backOff = Duration
			.ofMillis(IntervalFunction.ofExponentialRandomBackoff(settings.baseDelay(), 2, JITTER, settings.deadline())
				.apply(attempt + 1));
		return (noToken != null) ? Collections.max(List.of(noToken.pause(), backOff)) : backOff;
	}

}
