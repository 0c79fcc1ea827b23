package io.agentassist.bridge.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * What must be told exactly once, to analytics and to the audit log.
 *
 * @param action {@code presented} or what the agent did
 * @param requestId the suggestion request
 */
record Interaction(String action, String requestId) {

	/**
	 * Stands for a torn or garbled line.
	 */
	static final Interaction UNREADABLE = new Interaction("", "");

	private static final ObjectMapper JSON = new ObjectMapper();

	/** The audit log's checkpoints and records of a recovery tell of none. */
	static boolean isOne(String json) {
		return !json.contains("\"event_type\":\"agentassist_audit_");
	}

	/**
	 * Reads an audit line or the body of an analytics event: both have the same core.
	 * @param json one JSON object
	 * @return what it tells of; {@link #UNREADABLE} where it is no JSON
	 */
	static Interaction parse(String json) {
		try {
			JsonNode event = JSON.readTree(json);
			return new Interaction(event.path("action").asText(), event.path("request_id").asText());
		}
		catch (JsonProcessingException ex) {
			return UNREADABLE;
		}
	}

}
