package io.agentassist.bridge.interaction;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;

import org.springframework.stereotype.Component;

/**
 * A circuit breaker for each destination. While a destination fails, one event at a time
 * is tried, at growing intervals; the others stay due, and all of them go at full rate as
 * soon as one got through. Without it, each event would go into a back-off of its own
 * during an outage, and the backlog would take as long to go as the outage took. Thread
 * safe.
 */
@Component
class DestinationBreakers {

	/** Of the last 20 attempts, once there are 10. */
	private static final float FAILURE_PERCENT = 50;

	private final CircuitBreakerRegistry breakers;

	private final Duration maxDelay;

	DestinationBreakers(OutboxProperties properties) {
		this.breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
			.slidingWindowSize(20)
			.minimumNumberOfCalls(10)
			.failureRateThreshold(FAILURE_PERCENT)
			.waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialRandomBackoff(properties.baseDelay(), 2, 0.5,
					properties.maxProbeDelay()))
			.automaticTransitionFromOpenToHalfOpenEnabled(true)
			.permittedNumberOfCallsInHalfOpenState(1)
			// A probe whose outcome got lost must not close the way for ever.
			.maxWaitDurationInHalfOpenState(Duration.ofMinutes(1))
			.build());
		this.maxDelay = properties.maxDelay();
	}

	/**
	 * How many events a delivery may take.
	 * @param destination where they go
	 * @param batchSize how many it wants
	 * @return the batch, one to probe with, or 0
	 */
	int room(String destination, int batchSize) {
		return switch (breaker(destination).getState()) {
			case OPEN, FORCED_OPEN -> 0;
			case HALF_OPEN -> 1;
			default -> batchSize;
		};
	}

	/**
	 * Asks for one attempt.
	 * @param destination where it goes
	 * @throws CallNotPermittedException when the destination has begun to fail meanwhile
	 */
	void permit(String destination) {
		breaker(destination).acquirePermission();
	}

	void succeeded(String destination) {
		breaker(destination).onSuccess(0, TimeUnit.NANOSECONDS);
	}

	/**
	 * Counts a failure. A destination that wants to be left alone for a time is, but no
	 * longer than the longest wait between two attempts.
	 * @param destination where it happened
	 * @param failure what went wrong
	 * @param retryAfter how long it wants to be left alone
	 */
	void failed(String destination, Throwable failure, Duration retryAfter) {
		CircuitBreaker breaker = breaker(destination);
		breaker.onError(0, TimeUnit.NANOSECONDS, failure);
		if (!retryAfter.isZero()) {
			breaker.transitionToOpenStateFor((retryAfter.compareTo(this.maxDelay) < 0) ? retryAfter : this.maxDelay);
		}
	}

	private CircuitBreaker breaker(String destination) {
		return this.breakers.circuitBreaker(destination);
	}

}
