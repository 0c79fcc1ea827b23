package io.agentassist.bridge.interaction;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.http.Tenant;
import io.agentassist.bridge.ranking.FeedbackHistory;
import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.TrackedRequest;
import io.agentassist.bridge.suggestion.UnknownRequestException;

import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Takes an agent's feedback. */
@Component
public class FeedbackRecorder {

	private final RequestStore requests;

	private final FeedbackHistory history;

	private final ObjectMapper json;

	private final InteractionCounts counts;

	FeedbackRecorder(RequestStore requests, FeedbackHistory history, ObjectMapper json, InteractionCounts counts) {
		this.requests = requests;
		this.history = history;
		this.json = json;
		this.counts = counts;
	}

	/**
	 * Finds the request that a feedback is about.
	 * @param feedback the feedback
	 * @param tenant who gives it, null for {@link Tenant#NONE}
	 * @return the request
	 * @throws UnknownRequestException when the tenant has none, or it has no such
	 * suggestion: feedback on made-up suggestions would spoil the ranking of real ones
	 * @throws JsonProcessingException never in practice: the column holds what was
	 * written as JSON
	 */
	public TrackedRequest findRequest(@Body Feedback feedback, @ExchangeProperty(Tenant.PROPERTY) String tenant)
			throws JsonProcessingException {
		TrackedRequest request = this.requests.find(feedback.requestId())
			.filter((found) -> found.tenant().equals(Tenant.of(tenant)))
			.orElseThrow(() -> new UnknownRequestException("Unknown request ID"));
		if (request.rankedSuggestions() != null) {
			for (JsonNode suggestion : this.json.readTree(request.rankedSuggestions())) {
				if (feedback.suggestionId().equals(suggestion.path("id").asText())) {
					return request;
				}
			}
		}
		throw new UnknownRequestException("Unknown suggestion ID of this request");
	}

	/**
	 * Counts a feedback, in the caller's transaction.
	 * @param feedback the feedback
	 */
	public void count(@ExchangeProperty("feedback") Feedback feedback) {
		this.counts.add(feedback.action().text());
		this.history.add(feedback.suggestionId(), feedback.action() == Feedback.Action.ACCEPTED);
	}

}
