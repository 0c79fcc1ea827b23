package io.agentassist.bridge.interaction;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.agentassist.bridge.suggestion.TrackedRequest;

/**
 * One interaction, as sent to analytics and kept in the audit log.
 *
 * @param eventId always the same for the same interaction, however often it is sent
 * @param eventType always {@code agentassist_interaction}
 * @param timestamp when it happened
 * @param requestId the suggestion request
 * @param conversationId the conversation; null in an erased event
 * @param suggestionId the suggestion; null if there is none
 * @param action presented, failed, expired, erased, or what the agent did
 * @param responseTimeMs milliseconds from the request to its outcome; null before that
 * and in an erased event
 * @param agentId the agent; may be null, and always is in an erased event
 * @param metadata the origin of the event
 * @param traceparent W3C trace context of the request that caused it, passed on when it
 * is delivered but not part of the JSON; null if there was none
 */
public record InteractionEvent(String eventId, String eventType,
		@JsonFormat(pattern = TrackedRequest.TIME, timezone = "UTC") Instant timestamp, String requestId,
		String conversationId, String suggestionId, String action, Long responseTimeMs, String agentId,
		Metadata metadata, @JsonIgnore String traceparent) {

	/**
	 * Builds an event's id from what identifies the interaction.
	 * @param parts the parts; null counts as empty
	 * @return a name-based UUID (RFC 9562, version 3)
	 */
	static String id(String... parts) {
		StringBuilder name = new StringBuilder();
		for (String part : parts) {
			String text = (part != null) ? part : "";
			name.append(text.length()).append(':').append(text);
		}
		return UUID.nameUUIDFromBytes(name.toString().getBytes(StandardCharsets.UTF_8)).toString();
	}

	/**
	 * The origin of an event.
	 *
	 * @param source always {@code agent-assist-bridge}
	 * @param version the bridge's version
	 * @param rankedSuggestionIds ids of the suggestions in ranked order, only in a
	 * presented event
	 */
	public record Metadata(String source, String version,
			@JsonInclude(JsonInclude.Include.NON_NULL) List<String> rankedSuggestionIds) {
	}

}
