package io.agentassist.bridge.ranking;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.callback.Callback;
import io.agentassist.bridge.suggestion.RankedSuggestions;
import io.agentassist.bridge.suggestion.TrackedRequest;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Ranks a callback's suggestions, using agents' feedback on them so far. */
@Component
public class SuggestionRanking {

	private final Supplier<RankingProperties> settings;

	private final FeedbackHistory history;

	private final ObjectMapper json;

	private final Clock clock;

	private final Timer timer;

	SuggestionRanking(Supplier<RankingProperties> settings, FeedbackHistory history, ObjectMapper json, Clock clock,
			MeterRegistry meters) {
		this.settings = settings;
		this.history = history;
		this.json = json;
		this.clock = clock;
		this.timer = Timer.builder("agentassist.ranking")
			.description("Time to rank one callback's suggestions, including the query for their feedback")
			.register(meters);
	}

	/**
	 * Ranks suggestions.
	 * @param callback the provider's suggestions
	 * @param request the request they answer
	 * @return the ranked suggestions
	 * @throws JsonProcessingException never in practice: what was parsed from JSON can be
	 * written as JSON
	 */
	public RankedSuggestions rank(@ExchangeProperty("callback") Callback callback,
			@ExchangeProperty("request") TrackedRequest request) throws JsonProcessingException {
		long start = System.nanoTime();
		List<String> ids = new ArrayList<>();
		for (JsonNode suggestion : callback.suggestions()) {
			String id = SuggestionRanker.id(suggestion);
			// PostgreSQL refuses a NUL in text; nothing is known about such an id anyway.
			if (id != null && id.indexOf('\0') < 0) {
				ids.add(id);
			}
		}
		Map<String, FeedbackCounts> feedback = this.history.find(ids);
		Instant now = this.clock.instant();
		RankingProperties weights = this.settings.get();
		List<ObjectNode> ranked = new SuggestionRanker(weights).rank(callback.suggestions(), request.agentSkills(),
				(id) -> {
					FeedbackCounts counts = (id != null) ? feedback.get(id) : null;
					return (counts != null) ? weights.feedbackModel().signal(counts, weights.halfLife(), now)
							: FeedbackModel.NEUTRAL;
				});
		RankedSuggestions suggestions = new RankedSuggestions(ranked.stream().map(SuggestionRanker::id).toList(),
				this.json.writeValueAsString(ranked));
		this.timer.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
		return suggestions;
	}

}
