package io.agentassist.bridge.suggestion;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;

/**
 * A suggestion request as it is remembered, and as the look-ups show it.
 *
 * @param requestId the provider's id of it
 * @param conversationId the conversation
 * @param agentId the agent, null when the desktop told none
 * @param agentSkills the agent's skills, never null, not shown
 * @param status what has become of it
 * @param submittedAt when the desktop asked
 * @param completedAt when it left {@link RequestStatus#QUEUED}, null before
 * @param rankedSuggestions JSON array of the ranked suggestions, null unless completed
 * @param tenant who may see it, never null, not shown
 */
@JsonPropertyOrder({ "request_id", "conversation_id", "agent_id", "status", "submitted_at", "completed_at",
		"response_time_ms", "ranked_suggestions" })
public record TrackedRequest(String requestId, String conversationId, String agentId,
		@JsonIgnore List<String> agentSkills, RequestStatus status, Instant submittedAt, Instant completedAt,
		@JsonRawValue String rankedSuggestions, @JsonIgnore String tenant) {

	/**
	 * Time from the desktop's request to the provider's outcome.
	 * @return milliseconds, null before the outcome
	 */
	@JsonProperty
	public Long responseTimeMs() {
		return (this.completedAt != null) ? Duration.between(this.submittedAt, this.completedAt).toMillis() : null;
	}

	/**
	 * Whether the outcome is there.
	 * @return false while the provider works on it
	 */
	@JsonIgnore
	public boolean isDecided() {
		return this.status != RequestStatus.QUEUED;
	}

	/**
	 * Whether its suggestions are there.
	 * @return true when it has been completed
	 */
	@JsonIgnore
	public boolean isCompleted() {
		return this.status == RequestStatus.COMPLETED;
	}

	/**
	 * Whether the provider gave it up.
	 * @return true when it has failed
	 */
	@JsonIgnore
	public boolean isFailed() {
		return this.status == RequestStatus.FAILED;
	}

	TrackedRequest decided(RequestStatus outcome, Instant at, String suggestions) {
		return new TrackedRequest(this.requestId, this.conversationId, this.agentId, this.agentSkills, outcome,
				this.submittedAt, at, suggestions, this.tenant);
	}

	/** Without the suggestions: a failing step of a route quotes what it failed on. */
	@Override
	public String toString() {
		return "TrackedRequest[requestId=" + this.requestId + ", status=" + this.status + "]";
	}

}
