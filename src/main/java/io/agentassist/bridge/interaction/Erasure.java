package io.agentassist.bridge.interaction;

import java.util.List;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.Body;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Erases what the database holds of a conversation. The audit log is not touched: its
 * lines are what compliance relies on, see docs/data-protection.md.
 */
@Component
public class Erasure {

	/** Whatever has still to be delivered to the audit log is delivered. */
	private static final String AUDIT = "audit";

	private final RequestStore requests;

	private final JdbcTemplate jdbc;

	private final ObjectMapper json;

	Erasure(RequestStore requests, JdbcTemplate jdbc, ObjectMapper json) {
		this.requests = requests;
		this.jdbc = jdbc;
		this.json = json;
	}

	/**
	 * Deletes a conversation's requests, with their suggestions, and the events of it
	 * that analytics has not had, in the caller's transaction. A callback that is still
	 * to come finds no request.
	 * @param conversationId the conversation
	 * @return the requests as they were, oldest first
	 * @throws JsonProcessingException never in practice: texts are always JSON
	 */
	public List<TrackedRequest> erase(@Body String conversationId) throws JsonProcessingException {
		List<TrackedRequest> erased = this.requests.erase(conversationId);
		String field = "\"conversation_id\":" + this.json.writeValueAsString(conversationId) + ",";
		this.jdbc.update("DELETE FROM dead_letter WHERE position(? in payload) > 0", field);
		this.jdbc.update("DELETE FROM outbox WHERE destination <> ? AND position(? in payload) > 0", AUDIT, field);
		return erased;
	}

}
