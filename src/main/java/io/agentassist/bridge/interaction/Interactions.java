package io.agentassist.bridge.interaction;

import java.time.Clock;
import java.time.Instant;
import java.util.List;

import io.agentassist.bridge.http.TraceContext;
import io.agentassist.bridge.suggestion.RankedSuggestions;
import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.ExchangeProperty;
import org.springframework.boot.info.BuildProperties;
import org.springframework.stereotype.Component;

/** Creates the events of interactions. */
@Component
public class Interactions {

	private static final String EVENT_TYPE = "agentassist_interaction";

	private static final String SOURCE = "agent-assist-bridge";

	private final String version;

	private final Clock clock;

	private final InteractionCounts counts;

	Interactions(BuildProperties build, Clock clock, InteractionCounts counts) {
		this.version = build.getVersion();
		this.clock = clock;
		this.counts = counts;
	}

	/**
	 * Creates the event for suggestions that arrived and were presented. It is counted
	 * when the caller's transaction commits.
	 * @param request the completed request
	 * @param ranked its suggestions
	 * @param trace the callback's trace context; null if it has none
	 * @return the event
	 */
	public InteractionEvent presented(@ExchangeProperty("request") TrackedRequest request,
			@ExchangeProperty("ranked") RankedSuggestions ranked,
			@ExchangeProperty(TraceContext.PROPERTY) TraceContext trace) {
		this.counts.add("presented");
		String top = ranked.ids().isEmpty() ? null : ranked.ids().get(0);
		return event(InteractionEvent.id(request.requestId(), "presented"), request.completedAt(), request, top,
				"presented", request.agentId(), ranked.ids(), trace);
	}

	/**
	 * Creates the event for a request that ended without suggestions. It is counted when
	 * the caller's transaction commits.
	 * @param request the request, failed or expired
	 * @param trace the callback's trace context; null if it has none, or there was no
	 * callback
	 * @return the event
	 */
	public InteractionEvent ended(@ExchangeProperty("request") TrackedRequest request,
			@ExchangeProperty(TraceContext.PROPERTY) TraceContext trace) {
		String action = request.status().text();
		this.counts.add(action);
		return event(InteractionEvent.id(request.requestId(), action), request.completedAt(), request, null, action,
				request.agentId(), null, trace);
	}

	/**
	 * Creates the event for something an agent did with a suggestion.
	 * @param feedback what the agent did
	 * @param request the request that the suggestion belongs to
	 * @param trace the feedback's trace context; null if it has none
	 * @return the event
	 */
	public InteractionEvent feedback(@ExchangeProperty("feedback") Feedback feedback,
			@ExchangeProperty("request") TrackedRequest request,
			@ExchangeProperty(TraceContext.PROPERTY) TraceContext trace) {
		String agentId = (feedback.agentId() != null) ? feedback.agentId() : request.agentId();
		return event(
				InteractionEvent.id(feedback.requestId(), feedback.suggestionId(), feedback.action().text(), agentId),
				Instant.ofEpochMilli(this.clock.millis()), request, feedback.suggestionId(), feedback.action().text(),
				agentId, null, trace);
	}

	/**
	 * Creates the event for an erased request. It is counted when the caller's
	 * transaction commits.
	 * @param request the request as it was before
	 * @return the event, without the ids of its conversation and its agent
	 */
	public InteractionEvent erased(@ExchangeProperty("request") TrackedRequest request) {
		this.counts.add("erased");
		return new InteractionEvent(InteractionEvent.id(request.requestId(), "erased"), EVENT_TYPE,
				Instant.ofEpochMilli(this.clock.millis()), request.requestId(), null, null, "erased", null, null,
				new InteractionEvent.Metadata(SOURCE, this.version, null), null);
	}

	private InteractionEvent event(String id, Instant at, TrackedRequest request, String suggestionId, String action,
			String agentId, List<String> rankedIds, TraceContext trace) {
		return new InteractionEvent(id, EVENT_TYPE, at, request.requestId(), request.conversationId(), suggestionId,
				action, request.responseTimeMs(), agentId,
				new InteractionEvent.Metadata(SOURCE, this.version, rankedIds),
				(trace != null) ? trace.parent() : null);
	}

}
