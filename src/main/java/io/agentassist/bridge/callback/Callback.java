package io.agentassist.bridge.callback;

import com.fasterxml.jackson.databind.node.ArrayNode;

/**
 * What the provider says of a request.
 *
 * @param requestId the request's id, empty when the provider told none
 * @param status the provider's word for the state, empty when it told none
 * @param suggestions JSON objects, never null
 */
public record Callback(String requestId, String status, ArrayNode suggestions) {

	/**
	 * Whether the suggestions are there.
	 * @return true when the provider has completed the request
	 */
	public boolean isCompleted() {
		return "completed".equals(this.status);
	}

	/**
	 * Whether the provider gave the request up.
	 * @return true when there will be no suggestions
	 */
	public boolean isFailed() {
		return "failed".equals(this.status);
	}

	/** Without the suggestions: a failing step of a route quotes what it failed on. */
	@Override
	public String toString() {
		return "Callback[requestId=" + this.requestId + ", status=" + this.status + "]";
	}

}
