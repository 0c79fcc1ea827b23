package io.agentassist.bridge.genesys;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.agentassist.bridge.callback.CallbackUrls;
import io.agentassist.bridge.failure.InvalidRequestException;
import io.agentassist.bridge.suggestion.SuggestionRequest;
import io.agentassist.bridge.suggestion.SuggestionsProperties;

import org.apache.camel.Exchange;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/** Builds the provider's query from a desktop's request. */
@Component
public class SuggestionQueries {

	private final ObjectMapper json;

	private final CallbackUrls callbacks;

	private final Supplier<SuggestionsProperties> settings;

	SuggestionQueries(ObjectMapper json, CallbackUrls callbacks, Supplier<SuggestionsProperties> settings) {
		this.json = json;
		this.callbacks = callbacks;
		this.settings = settings;
	}

	/**
	 * Builds the query.
	 * @param request the desktop's request
	 * @param exchange the exchange, whose age is checked
	 * @return the query as JSON
	 * @throws InvalidRequestException when the request's callback URL is not allowed
	 * @throws ResponseStatusException 504 if it took too long to get here
	 * @throws JsonProcessingException never in practice: strings can always be written as
	 * JSON
	 */
	public byte[] build(SuggestionRequest request, Exchange exchange) throws JsonProcessingException {
		URI callback = (request.callbackUrl() != null) ? allowed(request.callbackUrl()) : this.callbacks.ours();
		byte[] query = this.json.writeValueAsBytes(new Query(request.conversationId(), request.transcript(),
				request.agentSkills(), request.knowledgeSourceIds(), callback.toString(), request.isAsync()));
		Duration age = Duration.ofMillis(exchange.getClock().elapsed());
		Duration longest = this.settings.get().maxConstructionLatency();
		if (age.compareTo(longest) > 0) {
			throw new ResponseStatusException(HttpStatus.GATEWAY_TIMEOUT, "Building the request took " + age.toMillis()
					+ " ms, over the limit of " + longest.toMillis() + " ms.");
		}
		return query;
	}

	private URI allowed(String callbackUrl) {
		return this.callbacks.check(callbackUrl)
			.orElseThrow(
					() -> new InvalidRequestException("callback_url", "Callback URL is not under an allowed prefix."));
	}

	/** The provider uses camel case names. */
	@JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
	private record Query(String conversationId, String transcript, List<String> agentSkills,
			List<String> knowledgeSourceIds, String callbackUrl, boolean async) {
	}

}
