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
import io.agentassist.bridge.failure.RetryLaterException;
import io.agentassist.bridge.http.AnswerMemory;
import io.agentassist.bridge.http.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
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

	private final AnswerMemory single;

	private final AnswerMemory lists;

	SuggestionLookup(RequestStore requests, RequestWatcher watcher, Supplier<SuggestionsProperties> settings,
			Clock clock, DeliveryTime deliveryTime, MeterRegistry meters) {
		this.requests = requests;
		this.watcher = watcher;
		this.settings = settings;
		this.clock = clock;
		this.deliveryTime = deliveryTime;
		this.single = new AnswerMemory("single", meters);
		this.lists = new AnswerMemory("lists", meters);
	}

	/**
	 * Looks up a request, at once or as soon as it is decided.
	 * @param requestId its id, URL-encoded
	 * @param wait maximum wait for the decision, ISO-8601, capped at the configured
	 * maximum; null for no wait
	 * @param tenant the caller's tenant; null for {@link Tenant#NONE}
	 * @param exchange the look-up's, done when the answer is written
	 * @return the request
	 * @throws UnknownRequestException through the stage, if the tenant has no such
	 * request
	 * @throws RetryLaterException through the stage, if callers have too many answers to
	 * read
	 * @throws InvalidRequestException if {@code wait} is not a duration
	 */
	public CompletionStage<TrackedRequest> find(@Header("request_id") String requestId, @Header("wait") String wait,
			@ExchangeProperty(Tenant.PROPERTY) String tenant, Exchange exchange) {
		Instant asked = this.clock.instant();
		return this.watcher.awaitDecision(decode(requestId), Tenant.of(tenant), parse(wait)).thenApply((found) -> {
			TrackedRequest request = found.orElseThrow(() -> new UnknownRequestException("Unknown request ID"));
			if (request.isCompleted()) {
				this.single.hold(request.rankedSuggestions().length(), exchange);
			}
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
	 * @param exchange the look-up's, done when the answer is written
	 * @return its requests, newest first
	 * @throws RetryLaterException if callers have too many lists to read
	 */
	public List<TrackedRequest> findByConversation(@Header("conversation_id") String conversationId,
			@ExchangeProperty(Tenant.PROPERTY) String tenant, Exchange exchange) {
		return this.requests.findByConversation(decode(conversationId), Tenant.of(tenant),
				(bytes) -> this.lists.hold(bytes, exchange));
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
