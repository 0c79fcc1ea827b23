package io.agentassist.bridge.genesys;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.agentassist.bridge.BridgeProperties;
import io.agentassist.bridge.callback.CallbackProperties;
import io.agentassist.bridge.http.InvalidRequestException;
import io.agentassist.bridge.suggestion.SuggestionRequest;
import io.agentassist.bridge.suggestion.SuggestionsProperties;

import org.apache.camel.Exchange;
import org.springframework.stereotype.Component;

/** Builds the provider's query from a desktop's request. */
@Component
public class SuggestionQueries {

	private static final String CALLBACK_PATH = "/agentassist/callback";

	private final ObjectMapper json;

	private final URI ourCallback;

	private final List<URI> allowedCallbacks;

	private final Duration maxLatency;

	SuggestionQueries(ObjectMapper json, BridgeProperties bridge, CallbackProperties callback,
			SuggestionsProperties suggestions) {
		this.json = json;
		this.ourCallback = URI.create(bridge.publicUrl() + CALLBACK_PATH);
		this.allowedCallbacks = new ArrayList<>(callback.allowedUrls());
		this.allowedCallbacks.add(bridge.publicUrl());
		this.maxLatency = suggestions.maxConstructionLatency();
	}

	/**
	 * Builds the query.
	 * @param request the desktop's request
	 * @param exchange the exchange, for its age
	 * @return the query as JSON
	 * @throws InvalidRequestException when the request's callback URL is not allowed
	 * @throws ConstructionTimeoutException when it took too long to come here
	 * @throws JsonProcessingException never in practice: texts are always JSON
	 */
	public byte[] build(SuggestionRequest request, Exchange exchange) throws JsonProcessingException {
		URI callback = (request.callbackUrl() != null) ? allowed(request.callbackUrl()) : this.ourCallback;
		byte[] query = this.json.writeValueAsBytes(new Query(request.conversationId(), request.transcript(),
				request.agentSkills(), request.knowledgeSourceIds(), callback.toString(), request.isAsync()));
		Duration age = Duration.ofMillis(exchange.getClock().elapsed());
		if (age.compareTo(this.maxLatency) > 0) {
			throw new ConstructionTimeoutException(age, this.maxLatency);
		}
		return query;
	}

	private URI allowed(String callbackUrl) {
		try {
			URI url = new URI(callbackUrl).normalize();
			if (this.allowedCallbacks.stream().anyMatch((prefix) -> isUnder(prefix, url))) {
				return url;
			}
		}
		catch (URISyntaxException ex) {
			// Is answered as any other URL that is not allowed.
		}
		throw new InvalidRequestException("callback_url", "Callback URL is not under an allowed prefix.");
	}

	private static boolean isUnder(URI prefix, URI url) {
		String path = prefix.getRawPath().endsWith("/") ? prefix.getRawPath() : prefix.getRawPath() + "/";
		return prefix.getScheme().equalsIgnoreCase(url.getScheme()) && prefix.getHost().equalsIgnoreCase(url.getHost())
				&& prefix.getPort() == url.getPort() && url.getRawUserInfo() == null
				&& url.getRawPath().startsWith(path) && !climbs(url.getRawPath());
	}

	/** Dots that normalizing left, or that the provider's client may decode to such. */
	private static boolean climbs(String path) {
		return path.contains("..") || path.toLowerCase(Locale.ROOT).contains("%2e");
	}

	/** The provider's names are camel case. */
	@JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
	private record Query(String conversationId, String transcript, List<String> agentSkills,
			List<String> knowledgeSourceIds, String callbackUrl, boolean async) {
	}

}
