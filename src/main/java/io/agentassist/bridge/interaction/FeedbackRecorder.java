package io.agentassist.bridge.interaction;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.http.Tenant;
import io.agentassist.bridge.ranking.FeedbackHistory;
import io.agentassist.bridge.ranking.SuggestionRanker;
import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.TrackedRequest;
import io.agentassist.bridge.suggestion.UnknownRequestException;

import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Checks and counts an agent's feedback. */
@Component
public class FeedbackRecorder {

	private final RequestStore requests;

	private final FeedbackHistory history;

	/**
	 * A mapper without the input limits: ranked suggestions are larger than what the
	 * provider sent.
	 */
	private final ObjectMapper json = new ObjectMapper();

	private final InteractionCounts counts;

	FeedbackRecorder(RequestStore requests, FeedbackHistory history, InteractionCounts counts) {
		this.requests = requests;
		this.history = history;
		this.counts = counts;
	}

	/**
	 * Finds the request that feedback is about.
	 * @param feedback the feedback
	 * @param tenant the tenant of the sender; null for {@link Tenant#NONE}
	 * @return the request
	 * @throws UnknownRequestException if the tenant has no such request, or the request
	 * no such suggestion: feedback on made-up suggestions would spoil the ranking of real
	 * ones
	 */
	public TrackedRequest findRequest(@Body Feedback feedback, @ExchangeProperty(Tenant.PROPERTY) String tenant) {
		TrackedRequest request = this.requests.find(feedback.requestId())
			.filter((found) -> found.tenant().equals(Tenant.of(tenant)))
			.orElseThrow(() -> new UnknownRequestException("Unknown request ID"));
		if (request.rankedSuggestions() != null) {
			for (JsonNode suggestion : read(request)) {
				if (feedback.suggestionId().equals(SuggestionRanker.id(suggestion))) {
					return request;
				}
			}
		}
		throw new UnknownRequestException("Unknown suggestion ID of this request");
	}

	private JsonNode read(TrackedRequest request) {
		try {
			return this.json.readTree(request.rankedSuggestions());
		}
		catch (JsonProcessingException ex) {
			// Without its cause, which quotes the row.
			throw new IllegalStateException(
					"The ranked_suggestions of request " + request.requestId() + " are no JSON");
		}
	}

	/**
	 * Counts feedback, in the caller's transaction.
	 * @param feedback the feedback
	 */
	public void count(@ExchangeProperty("feedback") Feedback feedback) {
		this.counts.add(feedback.action().text());
		this.history.add(feedback.suggestionId(), feedback.action() == Feedback.Action.ACCEPTED);
	}

}
