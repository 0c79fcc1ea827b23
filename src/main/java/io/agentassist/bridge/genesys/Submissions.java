package io.agentassist.bridge.genesys;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import io.agentassist.bridge.http.Tenant;
import io.agentassist.bridge.suggestion.RequestStatus;
import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.SuggestionRequest;
import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriUtils;

/**
 * Stores the requests that the provider accepted, and writes the answers to the desktop.
 */
@Component
public class Submissions {

	private final RequestStore requests;

	Submissions(RequestStore requests) {
		this.requests = requests;
	}

	/**
	 * Stores a request.
	 * @param requestId the provider's id for it
	 * @param request the desktop's request
	 * @param tenant the desktop's tenant, null for {@link Tenant#NONE}
	 * @param exchange the desktop's exchange; the response time is measured from its
	 * creation
	 * @return the request as stored
	 * @throws ProviderException if the provider's id was used before
	 */
	public TrackedRequest remember(@ExchangeProperty("requestId") String requestId,
			@ExchangeProperty("suggestionRequest") SuggestionRequest request,
			@ExchangeProperty(Tenant.PROPERTY) String tenant, Exchange exchange) {
		Instant submittedAt = Instant.ofEpochMilli(exchange.getClock().getCreated());
		return this.requests.add(requestId, request, submittedAt, Tenant.of(tenant))
			.orElseThrow(() -> new ProviderException(200, "The answer's id was used before.", null));
	}

	/**
	 * Builds the answer to a desktop that has to wait.
	 * @param requestId the request's id
	 * @return the answer, for JSON
	 */
	public Map<String, Object> queued(@ExchangeProperty("requestId") String requestId) {
		Map<String, Object> answer = new LinkedHashMap<>();
		answer.put("request_id", requestId);
		answer.put("status", RequestStatus.QUEUED);
		return answer;
	}

	/**
	 * Where a request can be looked up.
	 * @param requestId the request's id
	 * @return path of the look-up
	 */
	public String location(@ExchangeProperty("requestId") String requestId) {
		return "/agentassist/suggestions/" + UriUtils.encodePathSegment(requestId, StandardCharsets.UTF_8);
	}

}
