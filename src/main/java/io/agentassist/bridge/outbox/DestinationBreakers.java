package io.agentassist.bridge.outbox;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnStateTransitionEvent;
import io.github.resilience4j.core.IntervalFunction;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * A circuit breaker for each destination. While a destination fails, one event at a time
 * is tried, at growing intervals. The others stay due, and go out at full rate as soon as
 * one has got through. Without the breaker, each event would enter its own back-off
 * during an outage, and clearing the backlog would take as long as the outage did. Thread
 * safe.
 */
@Component
class DestinationBreakers {

	private static final Logger log = LoggerFactory.getLogger(DestinationBreakers.class);

	/** Percentage of the last 20 attempts, once there have been 10. */
	private static final float FAILURE_PERCENT = 50;

	private final CircuitBreakerRegistry breakers;

	private final Supplier<OutboxProperties> settings;

	DestinationBreakers(Supplier<OutboxProperties> settings) {
		this.settings = settings;
		this.breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
			.slidingWindowSize(20)
			.minimumNumberOfCalls(10)
			.failureRateThreshold(FAILURE_PERCENT)
			.waitIntervalFunctionInOpenState((attempt) -> IntervalFunction
				.ofExponentialRandomBackoff(settings.get().baseDelay(), 2, 0.5, settings.get().maxProbeDelay())
				.apply(attempt))
			.automaticTransitionFromOpenToHalfOpenEnabled(true)
			.permittedNumberOfCallsInHalfOpenState(1)
			// A probe whose outcome is lost must not block delivery permanently.
			.maxWaitDurationInHalfOpenState(Duration.ofMinutes(1))
			.build());
		this.breakers.getEventPublisher()
			.onEntryAdded((added) -> added.getAddedEntry()
				.getEventPublisher()
				.onStateTransition(DestinationBreakers::logRecovery));
	}

	/**
	 * How many events a delivery may claim.
	 * @param destination where they go
	 * @param batchSize how many it asks for
	 * @return the batch size, 1 for a probe, or 0
	 */
	int room(String destination, int batchSize) {
		return switch (breaker(destination).getState()) {
			case OPEN, FORCED_OPEN -> 0;
			case HALF_OPEN -> 1;
			default -> batchSize;
		};
	}

	/**
	 * Asks permission for one attempt.
	 * @param destination where the event goes
	 * @throws NotAttemptedException if the destination has begun to fail in the meantime
	 */
	void permit(String destination) {
		try {
			breaker(destination).acquirePermission();
		}
		catch (CallNotPermittedException ex) {
			throw new NotAttemptedException("The destination has begun to fail");
		}
	}

	void succeeded(String destination) {
		breaker(destination).onSuccess(0, TimeUnit.NANOSECONDS);
	}

	/**
	 * Counts a failure. If the destination asks not to be called for a time, it is not,
	 * but at most for the longest wait between two attempts.
	 * @param destination the destination that failed
	 * @param failure what went wrong
	 * @param retryAfter how long it asks not to be called; zero if it did not say
	 */
	void failed(String destination, Throwable failure, Duration retryAfter) {
		CircuitBreaker breaker = breaker(destination);
		breaker.onError(0, TimeUnit.NANOSECONDS, failure);
		if (!retryAfter.isZero()) {
			Duration longest = this.settings.get().maxDelay();
			breaker.transitionToOpenStateFor((retryAfter.compareTo(longest) < 0) ? retryAfter : longest);
		}
	}

	/** Only recovery is logged here; each failure is logged by its route. */
	private static void logRecovery(CircuitBreakerOnStateTransitionEvent event) {
		if (event.getStateTransition().getToState() == CircuitBreaker.State.CLOSED) {
			log.info("Destination {} accepts events again", event.getCircuitBreakerName());
		}
	}

	private CircuitBreaker breaker(String destination) {
		return this.breakers.circuitBreaker(destination);
	}

}
