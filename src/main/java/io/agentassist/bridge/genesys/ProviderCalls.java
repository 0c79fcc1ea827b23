package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.agentassist.bridge.failure.CallsSuspendedException;
import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.failure.RetryAfter;
import io.agentassist.bridge.failure.RetryLaterException;
import io.agentassist.bridge.genesys.AccessTokens.Token;
import io.agentassist.bridge.routes.CallsRoute;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.Headers;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Route steps around a call to the provider: what must be obtained before it, and what is
 * learned from it. Thread safe.
 */
@CallsRoute("direct:fetch-access-token")
@Component
public class ProviderCalls {

	/** Start of the current attempt, from {@link #permit} to its outcome. */
	private static final String ATTEMPT = "providerAttempt";

	private static final String TOKEN = "accessToken";

	private static final String NO_ANSWER = "none";

	private final Deadline deadline;

	private final Clock clock;

	private final MeterProvider<Timer> timers;

	ProviderCalls(Deadline deadline, MeterRegistry meters, Clock clock) {
		this.clock = clock;
		this.deadline = deadline;
		this.timers = Timer.builder("agentassist.provider.calls")
			.description("Calls to the provider's query API, by HTTP status; none without an answer")
			.withRegistry(meters);
	}

	/**
	 * Waits until the provider's rate limit allows a call.
	 * @param exchange the request
	 * @throws CallsSuspendedException if the circuit breaker is open, as there is no
	 * point in waiting then
	 * @throws RetryLaterException (429) if that is too late for the request
	 * @throws InterruptedException when interrupted
	 */
	public void waitForTurn(Exchange exchange) throws InterruptedException {
		Provider provider = Provider.of(exchange);
		if (provider.breaker().getState() == CircuitBreaker.State.OPEN) {
			throw suspended(provider);
		}
		Duration wait = provider.rate()
			.reserve(Collections.max(List.of(this.deadline.patience(exchange), Duration.ZERO)));
		if (!wait.isZero()) {
			TimeUnit.NANOSECONDS.sleep(wait.toNanos());
		}
	}

	/**
	 * Authorizes a call.
	 * @param exchange the request; it keeps the token, in case the provider rejects it
	 * @throws TokenFetchException when there is no token
	 * @throws NoAnswerException if none arrived in time
	 * @throws InterruptedException when interrupted
	 */
	public void authorize(Exchange exchange) throws TokenFetchException, NoAnswerException, InterruptedException {
		Provider provider = Provider.of(exchange);
		try {
			Token token = provider.tokens().get(this.deadline.left(exchange));
			exchange.setProperty(TOKEN, token);
			exchange.setProperty(Authorization.PROPERTY, new Authorization("Bearer " + token.value()));
		}
		catch (Exception ex) {
			provider.rate().release();
			throw ex;
		}
	}

	private static CallsSuspendedException suspended(Provider provider) {
		return new CallsSuspendedException(Duration
			.ofMillis(provider.breaker().getCircuitBreakerConfig().getWaitIntervalFunctionInOpenState().apply(1)));
	}

	/** Forgets a request's token, which the provider rejected. */
	void dropToken(Exchange exchange) {
		Provider.of(exchange).tokens().drop(exchange.getProperty(TOKEN, Token.class));
	}

	/**
	 * Asks the circuit breaker to permit a call. Exactly one of {@link #answered} and
	 * {@link #broken} must follow.
	 * @param exchange the request
	 * @throws CallsSuspendedException when the circuit breaker is open
	 */
	public void permit(Exchange exchange) {
		Provider provider = Provider.of(exchange);
		try {
			provider.breaker().acquirePermission();
		}
		catch (CallNotPermittedException ex) {
			provider.rate().release();
			throw suspended(provider);
		}
		exchange.setProperty(ATTEMPT, System.nanoTime());
	}

	/**
	 * Updates rate limiter, circuit breaker and meters from an answer.
	 * @param exchange the request
	 * @param status the HTTP status
	 * @param headers the answer's headers
	 */
	public void answered(Exchange exchange, @Header(Exchange.HTTP_RESPONSE_CODE) int status,
			@Headers Map<String, Object> headers) {
		Provider provider = Provider.of(exchange);
		long allowed = number(headers.get("inin-ratelimit-allowed"));
		long reset = number(headers.get("inin-ratelimit-reset"));
		if (allowed > 0 && reset > 0) {
			provider.rate().update(number(headers.get("inin-ratelimit-count")), allowed, Duration.ofSeconds(reset));
		}
		if (status == HttpStatus.TOO_MANY_REQUESTS.value() && headers.get(HttpHeaders.RETRY_AFTER) != null) {
			RetryAfter.parse(headers.get(HttpHeaders.RETRY_AFTER).toString(), this.clock.instant())
				.ifPresent(provider.rate()::hold);
		}
		Long start = (Long) exchange.removeProperty(ATTEMPT);
		long took = System.nanoTime() - start;
		if (status >= HttpStatus.INTERNAL_SERVER_ERROR.value()) {
			provider.breaker().onError(took, TimeUnit.NANOSECONDS, new IOException("HTTP " + status));
		}
		else {
			provider.breaker().onSuccess(took, TimeUnit.NANOSECONDS);
		}
		record(exchange, Integer.toString(status), took);
	}

	/** Accepts at most nine digits; anything else counts as 0, meaning not given. */
	private static long number(Object header) {
		String text = (header != null) ? header.toString().trim() : "";
		boolean isNumber = !text.isEmpty() && text.length() < 10 && text.chars().allMatch((c) -> c >= '0' && c <= '9');
		return isNumber ? Long.parseLong(text) : 0;
	}

	/**
	 * Records that no answer arrived, unless {@link #answered} was called.
	 * @param exchange the request
	 */
	public void broken(Exchange exchange) {
		Long start = (Long) exchange.removeProperty(ATTEMPT);
		if (start != null) {
			long took = System.nanoTime() - start;
			Provider.of(exchange)
				.breaker()
				.onError(took, TimeUnit.NANOSECONDS, new IOException("no answer" + reason(exchange)));
			record(exchange, NO_ANSWER, took);
		}
	}

	private static String reason(Exchange exchange) {
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		return (failure != null) ? ", " + ProblemTranslator.causeOf(failure) : "";
	}

	private void record(Exchange exchange, String status, long tookNanos) {
		int attempt = 1 + exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
		this.timers.withTags(Tags.of("organisation", Provider.of(exchange).getName(), "status", status, "attempt",
				Integer.toString(attempt)))
			.record(tookNanos, TimeUnit.NANOSECONDS);
	}

}
