package io.agentassist.bridge.suggestion;

import java.time.Clock;
import java.time.Duration;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.springframework.stereotype.Component;

/**
 * Measures the time from a request until its suggestions are handed to a desktop that
 * waited for them, by look-up or stream, in the meter
 * {@code agentassist.desktop.delivery}. {@link ResponseTimes} ends when they are stored.
 * Thread safe.
 */
@Component
public class DeliveryTime {

	private final Clock clock;

	private final Timer timer;

	DeliveryTime(Clock clock, MeterRegistry meters) {
		this.clock = clock;
		this.timer = Timer.builder("agentassist.desktop.delivery")
			.description("From a desktop's request until a waiting look-up or stream gets its suggestions")
			.serviceLevelObjectives(Duration.ofMillis(800), Duration.ofSeconds(3), Duration.ofSeconds(10))
			.register(meters);
	}

	/**
	 * Records the time of suggestions that a desktop waited for.
	 * @param request the request; ignored unless it is completed
	 */
	public void record(TrackedRequest request) {
		if (request.isCompleted()) {
			this.timer.record(Duration.between(request.submittedAt(), this.clock.instant()));
		}
	}

}
