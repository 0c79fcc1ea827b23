package io.agentassist.bridge.callback;

import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.agentassist.bridge.suggestion.SuggestionsProperties;
import io.agentassist.bridge.suggestion.TrackedRequest;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Answers callbacks. */
@Component
public class CallbackAnswers {

	private static final Logger log = LoggerFactory.getLogger(CallbackAnswers.class);

	/**
	 * 800 ms and 3 s are the objectives, so that the shares within them are exact.
	 */
	private static final Duration[] BUCKETS = Stream.of(100, 200, 400, 800, 1500, 3000, 5000, 10_000, 30_000, 60_000)
		.map(Duration::ofMillis)
		.toArray(Duration[]::new);

	private final Timer responseTime;

	private final Supplier<SuggestionsProperties> settings;

	CallbackAnswers(MeterRegistry meters, Supplier<SuggestionsProperties> settings) {
		this.settings = settings;
		this.responseTime = Timer.builder("agentassist.response.time")
			.description("From a desktop's request to its suggestions being kept")
			.serviceLevelObjectives(BUCKETS)
			.register(meters);
	}

	/**
	 * Makes the answer to a callback whose suggestions are kept.
	 * @param request the completed request
	 * @param replayed true when they were kept before, else null
	 * @return the answer, JSON
	 */
	public String processed(@ExchangeProperty("request") TrackedRequest request,
			@ExchangeProperty(Exchange.DUPLICATE_MESSAGE) Boolean replayed) {
		if (replayed != null) {
			log.info("Request {} of conversation {} was completed before, answered again", request.requestId(),
					request.conversationId());
		}
		else {
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
		return "{\"status\":\"processed\",\"ranked_suggestions\":" + request.rankedSuggestions() + "}";
	}

}
