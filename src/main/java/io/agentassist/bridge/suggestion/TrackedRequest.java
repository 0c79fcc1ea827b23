package io.agentassist.bridge.suggestion;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;

/**
 * A suggestion request as stored, and as look-ups show it.
 *
 * @param requestId the provider's id for it
 * @param conversationId the conversation
 * @param agentId the agent; null if the desktop named none
 * @param agentSkills the agent's skills, never null, not shown
 * @param status its state
 * @param submittedAt when the desktop sent it
 * @param completedAt when it was last decided; null while {@link RequestStatus#QUEUED}
 * @param rankedSuggestions JSON array of the ranked suggestions, null unless completed
 * @param tenant tenant that may see it; never null, not shown
 */
@JsonPropertyOrder({ "request_id", "conversation_id", "agent_id", "status", "submitted_at", "completed_at",
		"response_time_ms", "ranked_suggestions" })
public record TrackedRequest(String requestId, String conversationId, String agentId,
		@JsonIgnore List<String> agentSkills, RequestStatus status,
		@JsonFormat(pattern = TIME, timezone = "UTC") Instant submittedAt,
		@JsonFormat(pattern = TIME, timezone = "UTC") Instant completedAt, @JsonRawValue String rankedSuggestions,
		@JsonIgnore String tenant) {

	/**
	 * ISO 8601 with three decimals, also where they are zeros: texts of one length sort
	 * by time.
	 */
	public static final String TIME = "yyyy-MM-dd'T'HH:mm:ss.SSSX";

	/**
	 * Time from the desktop's request to the provider's outcome.
	 * @return milliseconds; null before the outcome
	 */
	@JsonProperty
	public Long responseTimeMs() {
		return (this.completedAt != null) ? Duration.between(this.submittedAt, this.completedAt).toMillis() : null;
	}

	/**
	 * Whether there is an outcome.
	 * @return false while the provider is working on it
	 */
	@JsonIgnore
	public boolean isDecided() {
		return this.status != RequestStatus.QUEUED;
	}

	/**
	 * Whether its suggestions have arrived.
	 * @return true if it has been completed
	 */
	@JsonIgnore
	public boolean isCompleted() {
		return this.status == RequestStatus.COMPLETED;
	}

	TrackedRequest decided(RequestStatus outcome, Instant at, String suggestions) {
		return new TrackedRequest(this.requestId, this.conversationId, this.agentId, this.agentSkills, outcome,
				this.submittedAt, at, suggestions, this.tenant);
	}

	/**
	 * Omits the suggestions, because a failing step of a route quotes what it failed on.
	 */
	@Override
	public String toString() {
		return "TrackedRequest[requestId=" + this.requestId + ", status=" + this.status + "]";
	}

}
