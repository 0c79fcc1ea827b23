package io.agentassist.bridge.callback;

import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Answers callbacks. */
@Component
public class CallbackAnswers {

	/**
	 * Makes the answer to a callback whose suggestions are taken.
	 * @param request the completed request
	 * @return the answer, JSON
	 */
	public String processed(@ExchangeProperty("request") TrackedRequest request) {
		return "{\"status\":\"processed\",\"ranked_suggestions\":" + request.rankedSuggestions() + "}";
	}

}
