package io.agentassist.bridge.callback;

import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Writes the answers to callbacks. */
@Component
public class CallbackAnswers {

	private static final Logger log = LoggerFactory.getLogger(CallbackAnswers.class);

	/**
	 * Writes the answer to a callback whose suggestions are stored.
	 * @param request the completed request
	 * @param replayed true if they had been stored before, else null
	 * @return the answer, JSON
	 */
	public String processed(@ExchangeProperty("request") TrackedRequest request,
			@ExchangeProperty(Exchange.DUPLICATE_MESSAGE) Boolean replayed) {
		if (replayed != null) {
			log.info("Request {} of conversation {} was already completed, answered again", request.requestId(),
					request.conversationId());
		}
		return "{\"status\":\"processed\",\"ranked_suggestions\":" + request.rankedSuggestions() + "}";
	}

}
