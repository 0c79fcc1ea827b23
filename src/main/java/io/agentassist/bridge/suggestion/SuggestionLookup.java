package io.agentassist.bridge.suggestion;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import io.agentassist.bridge.failure.InvalidRequestException;
import io.agentassist.bridge.http.Tenant;

import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriUtils;

/** Answers look-ups. */
@Component
public class SuggestionLookup {

	private final RequestStore requests;

	private final RequestWatcher watcher;

	private final Supplier<SuggestionsProperties> settings;

	private final Clock clock;

	private final DeliveryTime deliveryTime;

	SuggestionLookup(RequestStore requests, RequestWatcher watcher, Supplier<SuggestionsProperties> settings,
			Clock clock, DeliveryTime deliveryTime) {
		this.requests = requests;
		this.watcher = watcher;
		this.settings = settings;
		this.clock = clock;
		this.deliveryTime = deliveryTime;
	}

	/**
	 * Looks up a request, at once or as soon as it is decided.
	 * @param requestId its id, URL-encoded
	 * @param wait maximum wait for the decision, ISO-8601, capped at the configured
	 * maximum; null for no wait
	 * @param tenant the caller's tenant; null for {@link Tenant#NONE}
	 * @return the request
	 * @throws UnknownRequestException through the stage, if the tenant has no such
	 * request
	 * @throws InvalidRequestException if {@code wait} is not a duration
	 */
	public CompletionStage<TrackedRequest> find(@Header("request_id") String requestId, @Header("wait") String wait,
			@ExchangeProperty(Tenant.PROPERTY) String tenant) {
		Instant asked = this.clock.instant();
		return this.watcher.awaitDecision(decode(requestId), Tenant.of(tenant), parse(wait)).thenApply((found) -> {
			TrackedRequest request = found.orElseThrow(() -> new UnknownRequestException("Unknown request ID"));
			if (request.isDecided() && request.completedAt().isAfter(asked)) {
				this.deliveryTime.record(request);
			}
			return request;
		});
	}

	/**
	 * Looks up a conversation's requests.
	 * @param conversationId its id, URL-encoded
	 * @param tenant the caller's tenant; null for {@link Tenant#NONE}
	 * @return its requests, newest first
	 */
	public List<TrackedRequest> findByConversation(@Header("conversation_id") String conversationId,
			@ExchangeProperty(Tenant.PROPERTY) String tenant) {
		return this.requests.findByConversation(decode(conversationId), Tenant.of(tenant));
	}

	/**
	 * Decodes a path parameter, which Camel passes on as it is in the URL.
	 * @param pathParameter the parameter, URL-encoded
	 * @return the decoded value
	 */
	public static String decode(String pathParameter) {
		return UriUtils.decode(pathParameter, StandardCharsets.UTF_8);
	}

	private Duration parse(String wait) {
		try {
			Duration duration = (wait != null) ? Duration.parse(wait) : Duration.ZERO;
			Duration longest = this.settings.get().maxWait();
			return (duration.compareTo(longest) > 0) ? longest : duration;
		}
		catch (DateTimeParseException ex) {
			throw new InvalidRequestException("wait", "Must be an ISO-8601 duration such as PT10S.");
		}
	}

}
