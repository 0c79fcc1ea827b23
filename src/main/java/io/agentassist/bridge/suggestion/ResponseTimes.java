package io.agentassist.bridge.suggestion;

import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Measures the time from a request until its suggestions are stored, in the meter
 * {@code agentassist.response.time}, and logs a line for each request, a warning if it
 * was slow. {@link DeliveryTime} ends when a desktop gets them. Thread safe.
 */
@Component
public class ResponseTimes {

	private static final Logger log = LoggerFactory.getLogger(ResponseTimes.class);

	/**
	 * Include 800 ms and 3 s, the objectives, so that the shares within them are exact.
	 */
	private static final Duration[] BUCKETS = Stream.of(100, 200, 400, 800, 1500, 3000, 5000, 10_000, 30_000, 60_000)
		.map(Duration::ofMillis)
		.toArray(Duration[]::new);

	private final Timer responseTime;

	private final Supplier<SuggestionsProperties> settings;

	ResponseTimes(MeterRegistry meters, Supplier<SuggestionsProperties> settings) {
		this.settings = settings;
		this.responseTime = Timer.builder("agentassist.response.time")
			.description("From a desktop's request until its suggestions are kept")
			.serviceLevelObjectives(BUCKETS)
			.register(meters);
	}

	/**
	 * Records a request's time if and when the caller's transaction commits.
	 * @param request the completed request
	 */
	public void add(@ExchangeProperty("request") TrackedRequest request) {
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public void afterCommit() {
				record(request);
			}

		});
	}

	private void record(TrackedRequest request) {
		Duration time = Duration.ofMillis(request.responseTimeMs());
		this.responseTime.record(time);
		Duration slowAfter = this.settings.get().slowAfter();
		if (time.compareTo(slowAfter) > 0) {
			log.warn("Request {} of conversation {} completed after {} ms, over {} ms", request.requestId(),
					request.conversationId(), time.toMillis(), slowAfter.toMillis());
		}
		else {
			log.info("Request {} of conversation {} completed after {} ms", request.requestId(),
					request.conversationId(), time.toMillis());
		}
	}

}
