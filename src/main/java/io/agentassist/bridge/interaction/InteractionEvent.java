package io.agentassist.bridge.interaction;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * One interaction, as analytics receives it and the audit log keeps it.
 *
 * @param eventId the same for the same interaction, however often it is told
 * @param eventType always {@code agentassist_interaction}
 * @param timestamp when it happened
 * @param requestId the suggestion request
 * @param conversationId the conversation
 * @param suggestionId the suggestion; null when there is none
 * @param action presented, failed, expired, or what the agent did
 * @param responseTimeMs time from the request to its outcome, milliseconds; null before
 * @param agentId the agent; may be null
 * @param metadata where the event comes from
 * @param traceparent W3C trace context of the request that made it, for its delivery: no
 * part of the JSON; null where there was none
 */
public record InteractionEvent(String eventId, String eventType, Instant timestamp, String requestId,
		String conversationId, String suggestionId, String action, Long responseTimeMs, String agentId,
		Metadata metadata, @JsonIgnore String traceparent) {

	/**
	 * Makes the id of an event from what makes the interaction unique.
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
	 * Where an event comes from.
	 *
	 * @param source always {@code agent-assist-bridge}
	 * @param version the bridge's version
	 * @param rankedSuggestionIds the order of the suggestions, in a presented event only
	 */
	public record Metadata(String source, String version,
			@JsonInclude(JsonInclude.Include.NON_NULL) List<String> rankedSuggestionIds) {
	}

}
