package io.agentassist.bridge.suggestion;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.apache.camel.ExchangeProperty;
import org.springframework.dao.DataRetrievalFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/** Suggestion requests in the table {@code suggestion_request}. Thread safe. */
@Component
public class RequestStore {

	private static final String COLUMNS = """
			request_id, conversation_id, agent_id, agent_skills, status, submitted_at, completed_at, ranked_suggestions,
			tenant
			""";

	private static final String INSERT = """
			INSERT INTO suggestion_request (request_id, conversation_id, agent_id, agent_skills, status, submitted_at,
			tenant) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""";

	/** Newest requests of a conversation that a look-up shows. */
	public static final int CONVERSATION_LIMIT = 100;

	private static final TypeReference<List<String>> STRINGS = new TypeReference<>() {
	};

	private static final RowMapper<Decision> DECISION = (row, number) -> new Decision(row.getString(1),
			row.getString(2), row.getString(3), row.getObject(4, OffsetDateTime.class).toInstant());

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	private final ObjectMapper json;

	private final Clock clock;

	private final RowMapper<TrackedRequest> rowMapper = this::read;

	RequestStore(JdbcTemplate jdbc, TransactionOperations transaction, ObjectMapper json, Clock clock) {
		this.jdbc = jdbc;
		this.transaction = transaction;
		this.json = json;
		this.clock = clock;
	}

	/**
	 * Remembers a request that the provider has taken.
	 * @param requestId the provider's id
	 * @param request what the desktop asked
	 * @param submittedAt when it asked
	 * @param tenant the desktop's tenant
	 * @return the request as remembered, or empty if the id is in use already
	 */
	public Optional<TrackedRequest> add(String requestId, SuggestionRequest request, Instant submittedAt,
			String tenant) {
		TrackedRequest tracked = new TrackedRequest(requestId, request.conversationId(), request.agentId(),
				request.agentSkills(), RequestStatus.QUEUED, submittedAt, null, null, tenant);
		int added = this.transaction
			.execute((status) -> this.jdbc.update(INSERT, requestId, request.conversationId(), request.agentId(),
					write(request.agentSkills()), RequestStatus.QUEUED.text(), utc(submittedAt), tenant));
		return (added == 1) ? Optional.of(tracked) : Optional.empty();
	}

	/**
	 * Finds one request.
	 * @param requestId its id
	 * @return the request, or empty
	 */
	public Optional<TrackedRequest> find(String requestId) {
		if (!isStorable(requestId)) {
			return Optional.empty();
		}
		return query("SELECT " + COLUMNS + " FROM suggestion_request WHERE request_id = ?", requestId).stream()
			.findFirst();
	}

	/**
	 * Finds those of some requests that exist.
	 * @param requestIds their ids
	 * @return the requests, in no order
	 */
	public List<TrackedRequest> findAll(Collection<String> requestIds) {
		return query("SELECT " + COLUMNS + """
				FROM UNNEST(CAST(? AS varchar ARRAY)) AS wanted (id)
				JOIN suggestion_request ON request_id = wanted.id""", (Object) storable(requestIds));
	}

	/**
	 * Finds the requests of a conversation.
	 * @param conversationId its id
	 * @param tenant whose requests
	 * @return the newest {@value #CONVERSATION_LIMIT}, newest first
	 */
	public List<TrackedRequest> findByConversation(String conversationId, String tenant) {
		if (!isStorable(conversationId)) {
			return List.of();
		}
		return query("SELECT " + COLUMNS + """
				FROM suggestion_request WHERE conversation_id = ? AND tenant = ?
				ORDER BY submitted_at DESC, request_id LIMIT ?""", conversationId, tenant, CONVERSATION_LIMIT);
	}

	/**
	 * Finds what was decided lately.
	 * @param conversationIds in these conversations, of every tenant
	 * @param since at this time or later
	 * @return the decisions, in no order
	 */
	public List<Decision> findDecisions(Collection<String> conversationIds, Instant since) {
		return this.transaction.execute((status) -> this.jdbc.query("""
				SELECT request_id, conversation_id, tenant, completed_at
				FROM UNNEST(CAST(? AS varchar ARRAY)) AS wanted (id)
				JOIN suggestion_request ON conversation_id = wanted.id
				WHERE completed_at >= ?""", DECISION, storable(conversationIds), utc(since)));
	}

	/**
	 * Finds what was decided in a conversation.
	 * @param conversationId its id
	 * @param tenant whose requests
	 * @param since at this time or later
	 * @param limit at most so many
	 * @return the oldest decisions, in their order
	 */
	public List<Decision> findDecisions(String conversationId, String tenant, Instant since, int limit) {
		if (!isStorable(conversationId)) {
			return List.of();
		}
		return this.transaction.execute((status) -> this.jdbc.query("""
				SELECT request_id, conversation_id, tenant, completed_at FROM suggestion_request
				WHERE conversation_id = ? AND tenant = ? AND completed_at >= ?
				ORDER BY completed_at, request_id LIMIT ?""", DECISION, conversationId, tenant, utc(since), limit));
	}

	/**
	 * Reads a request and locks it for the rest of the caller's transaction, so that
	 * nobody erases it meanwhile. For a duplicate, too: it sees the first one's effects
	 * as soon as they are committed in memory; the lock is a change of its own, whose
	 * commit H2 writes after the first one's, so that a duplicate is not answered before
	 * those are on the disk.
	 * @param requestId its id
	 * @return the request as it is now, or empty
	 */
	public Optional<TrackedRequest> findAndLock(String requestId) {
		if (!isStorable(requestId)) {
			return Optional.empty();
		}
		return this.jdbc
			.query("SELECT " + COLUMNS + " FROM suggestion_request WHERE request_id = ? FOR UPDATE", this.rowMapper,
					requestId)
			.stream()
			.findFirst();
	}

	/**
	 * Reads a request again and locks it, see {@link #findAndLock(String)}.
	 * @param request the request as it was
	 * @return the request as it is now
	 * @throws UnknownRequestException when it is gone
	 */
	public TrackedRequest lock(@ExchangeProperty("request") TrackedRequest request) {
		return findAndLock(request.requestId()).orElseThrow(() -> new UnknownRequestException("Unknown request ID"));
	}

	/**
	 * Marks a request as completed.
	 * @param request the request
	 * @param ranked its suggestions
	 * @return the request as it is now
	 * @throws UnknownRequestException when it is gone
	 */
	public TrackedRequest complete(@ExchangeProperty("request") TrackedRequest request,
			@ExchangeProperty("ranked") RankedSuggestions ranked) {
		return save(request.decided(RequestStatus.COMPLETED, now(), ranked.json()));
	}

	/**
	 * Marks a request as failed, unless it has expired: it has ended without suggestions
	 * once already.
	 * @param request the request, locked by the caller's transaction
	 * @return the request as it is now
	 * @throws UnknownRequestException when it is gone
	 */
	public TrackedRequest fail(@ExchangeProperty("request") TrackedRequest request) {
		return request.isDecided() ? request : save(request.decided(RequestStatus.FAILED, now(), null));
	}

	/**
	 * Marks requests that still wait for their outcome as expired, in the caller's
	 * transaction. Those that someone else has locked are left out.
	 * @param submittedBefore the requests' age
	 * @param limit most of them
	 * @return the requests as they are now, oldest first
	 */
	public List<TrackedRequest> expire(Instant submittedBefore, int limit) {
		String[] overdue = oldest(RequestStatus.QUEUED, submittedBefore, limit);
		if (overdue.length == 0) {
			return List.of();
		}
		List<TrackedRequest> expired = this.jdbc.query("SELECT " + COLUMNS + """
				FROM suggestion_request WHERE status = ? AND request_id = ANY (?)
				ORDER BY submitted_at FOR UPDATE SKIP LOCKED""", this.rowMapper, RequestStatus.QUEUED.text(), overdue)
			.stream()
			.map((request) -> request.decided(RequestStatus.EXPIRED, now(), null))
			.toList();
		expired.forEach(this::save);
		return expired;
	}

	/**
	 * Deletes decided requests, those that nobody has locked.
	 * @param submittedBefore the requests' age
	 * @param limit most of each status
	 * @return how many
	 */
	public int purge(Instant submittedBefore, int limit) {
		return this.transaction.execute((status) -> purgeDecided(submittedBefore, limit));
	}

	private int purgeDecided(Instant submittedBefore, int limit) {
		int purged = 0;
		for (RequestStatus status : RequestStatus.values()) {
			String[] old = (status != RequestStatus.QUEUED) ? oldest(status, submittedBefore, limit) : new String[0];
			if (old.length > 0) {
				String[] locked = this.jdbc.queryForList(
						"SELECT request_id FROM suggestion_request WHERE request_id = ANY (?) FOR UPDATE SKIP LOCKED",
						String.class, (Object) old)
					.toArray(String[]::new);
				purged += this.jdbc.update("DELETE FROM suggestion_request WHERE request_id = ANY (?)",
						(Object) locked);
			}
		}
		return purged;
	}

	/** A query of its own: as a subquery, H2 runs it again for each row. */
	private String[] oldest(RequestStatus status, Instant submittedBefore, int limit) {
		return this.jdbc.queryForList("""
				SELECT request_id FROM suggestion_request WHERE status = ? AND submitted_at < ?
				ORDER BY status, submitted_at LIMIT ?""", String.class, status.text(), utc(submittedBefore), limit)
			.toArray(String[]::new);
	}

	/**
	 * Reads a conversation's requests and locks them for the rest of the caller's
	 * transaction: what others do with them has ended by then.
	 * @param conversationId the conversation, of every tenant
	 * @return the requests as they are now, oldest first
	 */
	public List<TrackedRequest> lockByConversation(String conversationId) {
		if (!isStorable(conversationId)) {
			return List.of();
		}
		return this.jdbc.query("SELECT " + COLUMNS + """
				FROM suggestion_request WHERE conversation_id = ? ORDER BY submitted_at FOR UPDATE""", this.rowMapper,
				conversationId);
	}

	/**
	 * Deletes a conversation's requests, in the caller's transaction.
	 * @param conversationId the conversation, of every tenant
	 * @return the requests as they were, oldest first
	 */
	public List<TrackedRequest> erase(String conversationId) {
		List<TrackedRequest> requests = lockByConversation(conversationId);
		this.jdbc.update("DELETE FROM suggestion_request WHERE request_id = ANY (?)",
				(Object) requests.stream().map(TrackedRequest::requestId).toArray(String[]::new));
		return requests;
	}

	private List<TrackedRequest> query(String sql, Object... arguments) {
		return this.transaction.execute((status) -> this.jdbc.query(sql, this.rowMapper, arguments));
	}

	private TrackedRequest save(TrackedRequest decided) {
		int updated = this.jdbc.update(
				"UPDATE suggestion_request SET status = ?, completed_at = ?, ranked_suggestions = ? WHERE request_id = ?",
				decided.status().text(), utc(decided.completedAt()), decided.rankedSuggestions(), decided.requestId());
		// Erased since it was found: nothing of it may be recorded any more.
		if (updated == 0) {
			throw new UnknownRequestException("Unknown request ID");
		}
		return decided;
	}

	/** The columns keep milliseconds. */
	private Instant now() {
		return Instant.ofEpochMilli(this.clock.millis());
	}

	private TrackedRequest read(ResultSet row, int number) throws SQLException {
		OffsetDateTime completedAt = row.getObject(7, OffsetDateTime.class);
		return new TrackedRequest(row.getString(1), row.getString(2), row.getString(3), readStrings(row.getString(4)),
				RequestStatus.of(row.getString(5)), row.getObject(6, OffsetDateTime.class).toInstant(),
				(completedAt != null) ? completedAt.toInstant() : null, row.getString(8), row.getString(9));
	}

	private String write(List<String> strings) {
		try {
			return this.json.writeValueAsString(strings);
		}
		catch (JsonProcessingException ex) {
			throw new IllegalStateException("Strings are always JSON", ex);
		}
	}

	private List<String> readStrings(String array) {
		try {
			return this.json.readValue(array, STRINGS);
		}
		catch (JsonProcessingException ex) {
			throw new DataRetrievalFailureException("Column agent_skills holds no JSON array", ex);
		}
	}

	/** PostgreSQL refuses a NUL in a text; no id that was stored has one. */
	private static boolean isStorable(String id) {
		return id.indexOf('\0') < 0;
	}

	/**
	 * Ids to join with by UNNEST, where they may be thousands: for each row, H2 looks
	 * through the whole array of an {@code = ANY (?)}.
	 */
	private static String[] storable(Collection<String> ids) {
		return ids.stream().filter(RequestStore::isStorable).toArray(String[]::new);
	}

	private static OffsetDateTime utc(Instant instant) {
		return instant.atOffset(ZoneOffset.UTC);
	}

}
