package io.agentassist.bridge.interaction;

import java.util.List;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Erases what the database holds about a conversation. The audit log is not touched,
 * since compliance relies on its lines: see docs/data-protection.md.
 */
@Component
public class Erasure {

	/** Events still on their way to the audit log are kept and delivered. */
	private static final String AUDIT = "audit";

	/**
	 * Number of events that one transaction searches, since a large backlog must not hold
	 * callers up.
	 */
	private static final int PART_SIZE = 5_000;

	/**
	 * Dead letters come first and last: one redriven in the meantime is then found in the
	 * outbox, and an event buried in the meantime is found among the dead letters.
	 */
	private static final List<String> TABLES = List.of("dead_letter", "outbox", "dead_letter");

	private final RequestStore requests;

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	private final ObjectMapper json;

	Erasure(RequestStore requests, JdbcTemplate jdbc, TransactionOperations transaction, ObjectMapper json) {
		this.requests = requests;
		this.jdbc = jdbc;
		this.transaction = transaction;
		this.json = json;
	}

	/**
	 * Deletes a conversation's events that have not reached analytics yet, part by part
	 * in separate transactions.
	 * @param conversationId the conversation
	 * @return number of the newest event so far; none of the conversation up to it is
	 * left
	 * @throws JsonProcessingException never in practice: strings can always be written as
	 * JSON
	 */
	public long eraseEvents(@Body String conversationId) throws JsonProcessingException {
		String field = field(conversationId);
		long newest = this.transaction.execute((status) -> newest(conversationId));
		for (String table : TABLES) {
			long after = 0;
			while (after < newest) {
				long begin = after;
				after = this.transaction.execute((status) -> {
					long end = endOfPart(table, begin, newest);
					delete(table, field, begin, end);
					return end;
				});
			}
		}
		return newest;
	}

	/**
	 * Waits until recordings in progress for the conversation's requests are done, so
	 * that all its later events have larger numbers.
	 */
	private long newest(String conversationId) {
		this.requests.lockByConversation(conversationId);
		return this.jdbc.queryForObject("""
				SELECT COALESCE(max(id), 0) FROM (
				SELECT max(id) AS id FROM outbox UNION ALL SELECT max(id) FROM dead_letter) AS newest""", Long.class);
	}

	private long endOfPart(String table, long after, long newest) {
		return this.jdbc.queryForObject(
				"SELECT COALESCE(max(id), CAST(? AS bigint)) FROM (SELECT id FROM " + table
						+ " WHERE id > ? AND id <= ? ORDER BY id LIMIT ?) AS part",
				Long.class, newest, after, newest, PART_SIZE);
	}

	private void delete(String table, String field, long after, long end) {
		this.jdbc.update(
				"DELETE FROM " + table
						+ " WHERE id > ? AND id <= ? AND destination <> ? AND position(? in payload) > 0",
				after, end, AUDIT, field);
	}

	/**
	 * Deletes a conversation's requests, with their suggestions, and its events since
	 * {@link #eraseEvents(String)}, in the caller's transaction. A callback that arrives
	 * later finds no request.
	 * @param conversationId the conversation
	 * @param newest number of the event up to which none of the conversation is left
	 * @return the requests as they were, oldest first
	 * @throws JsonProcessingException never in practice: strings can always be written as
	 * JSON
	 */
	public List<TrackedRequest> erase(@Body String conversationId, @ExchangeProperty("newestEvent") long newest)
			throws JsonProcessingException {
		List<TrackedRequest> erased = this.requests.erase(conversationId);
		for (String table : TABLES) {
			delete(table, field(conversationId), newest, Long.MAX_VALUE);
		}
		return erased;
	}

	private String field(String conversationId) throws JsonProcessingException {
		return "\"conversation_id\":" + this.json.writeValueAsString(conversationId) + ",";
	}

}
