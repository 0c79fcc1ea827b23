package io.agentassist.bridge.callback;

import com.fasterxml.jackson.databind.node.ArrayNode;

/**
 * What the provider reports about a request.
 *
 * @param requestId the request's id; empty if the provider sent none
 * @param status the provider's word for the state; empty if it sent none
 * @param suggestions JSON objects, never null
 */
public record Callback(String requestId, String status, ArrayNode suggestions) {

	/**
	 * Whether the suggestions have arrived.
	 * @return true when the provider has completed the request
	 */
	public boolean isCompleted() {
		return "completed".equals(this.status);
	}

	/**
	 * Whether the provider has given up on the request.
	 * @return true when the provider reports a failure
	 */
	public boolean isFailed() {
		return "failed".equals(this.status);
	}

	/**
	 * Omits the suggestions, because Camel looks up the methods of each expression on a
	 * bean by the bean's hash code, several times for each callback.
	 */
	@Override
	public int hashCode() {
		return this.requestId.hashCode();
	}

	/**
	 * Omits the suggestions, because a failing step of a route quotes what it failed on.
	 */
	@Override
	public String toString() {
		return "Callback[requestId=" + this.requestId + ", status=" + this.status + "]";
	}

}
