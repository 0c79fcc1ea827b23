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
import java.util.function.LongConsumer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.apache.camel.ExchangeProperty;
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

	private static final String NEWEST = """
			FROM suggestion_request WHERE conversation_id = ? AND tenant = ?
			ORDER BY submitted_at DESC, request_id LIMIT ?""";

	private static final String SIZE_OF_NEWEST = "SELECT COALESCE(SUM(bytes), 0) FROM "
			+ "(SELECT OCTET_LENGTH(ranked_suggestions) AS bytes " + NEWEST + ") AS newest";

	/** Maximum number of a conversation's newest requests that a look-up shows. */
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
	 * Stores a request that the provider has accepted.
	 * @param requestId the provider's id
	 * @param request the desktop's request
	 * @param submittedAt when the desktop sent it
	 * @param tenant the desktop's tenant
	 * @return the request as stored, or empty if the id is already in use
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
	 * Finds the requests with the given ids, as far as they exist.
	 * @param requestIds their ids
	 * @return the requests, in no particular order
	 */
	public List<TrackedRequest> findAll(Collection<String> requestIds) {
		return query("SELECT " + COLUMNS + """
				FROM UNNEST(CAST(? AS varchar ARRAY)) AS wanted (id)
				JOIN suggestion_request ON request_id = wanted.id""", (Object) storable(requestIds));
	}

	/**
	 * Finds the requests of a conversation.
	 * @param conversationId its id
	 * @param tenant the tenant
	 * @return the newest {@value #CONVERSATION_LIMIT}, newest first
	 */
	public List<TrackedRequest> findByConversation(String conversationId, String tenant) {
		return isStorable(conversationId)
				? query("SELECT " + COLUMNS + NEWEST, conversationId, tenant, CONVERSATION_LIMIT) : List.of();
	}

	/**
	 * Finds the requests of a conversation, if there is room for them.
	 * @param conversationId its id
	 * @param tenant the tenant
	 * @param admission is told the size of their suggestions in bytes, before they are
	 * read into memory; its exception ends the query
	 * @return the newest {@value #CONVERSATION_LIMIT}, newest first
	 */
	public List<TrackedRequest> findByConversation(String conversationId, String tenant, LongConsumer admission) {
		if (!isStorable(conversationId)) {
			return List.of();
		}
		// One transaction, as what was admitted must not wait for a connection.
		return this.transaction.execute((status) -> {
			admission.accept(
					this.jdbc.queryForObject(SIZE_OF_NEWEST, Long.class, conversationId, tenant, CONVERSATION_LIMIT));
			return findByConversation(conversationId, tenant);
		});
	}

	/**
	 * Finds recent decisions.
	 * @param conversationIds the conversations, of any tenant
	 * @param since earliest time
	 * @return the decisions, in no particular order
	 */
	public List<Decision> findDecisions(Collection<String> conversationIds, Instant since) {
		return this.transaction.execute((status) -> this.jdbc.query("""
				SELECT request_id, conversation_id, tenant, completed_at
				FROM UNNEST(CAST(? AS varchar ARRAY)) AS wanted (id)
				JOIN suggestion_request ON conversation_id = wanted.id
				WHERE completed_at >= ?""", DECISION, storable(conversationIds), utc(since)));
	}

	/**
	 * Finds the decisions in a conversation.
	 * @param conversationId its id
	 * @param tenant the tenant
	 * @param since earliest time
	 * @param limit maximum number of decisions
	 * @return the decisions, oldest first
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
	 * nobody erases it in the meantime, and a duplicate callback waits for the first one.
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
	 * Reads a request again and locks it: see {@link #findAndLock(String)}.
	 * @param request the request as it was
	 * @return the request as it is now
	 * @throws UnknownRequestException if it no longer exists
	 */
	public TrackedRequest lock(@ExchangeProperty("request") TrackedRequest request) {
		return findAndLock(request.requestId()).orElseThrow(() -> new UnknownRequestException("Unknown request ID"));
	}

	/**
	 * Marks a request as completed, even if it has failed or expired before: always later
	 * than that, because event streams tell a request's decisions apart by their time.
	 * @param request the request
	 * @param ranked its suggestions
	 * @return the request as it is now
	 * @throws UnknownRequestException if it no longer exists
	 */
	public TrackedRequest complete(@ExchangeProperty("request") TrackedRequest request,
			@ExchangeProperty("ranked") RankedSuggestions ranked) {
		Instant now = now();
		Instant before = request.completedAt();
		Instant completedAt = (before != null && !now.isAfter(before)) ? before.plusMillis(1) : now;
		return save(request.decided(RequestStatus.COMPLETED, completedAt, ranked.json()));
	}

	/**
	 * Marks a request as failed, unless it has been decided.
	 * @param request the request, locked by the caller's transaction
	 * @return the request as it is now
	 * @throws UnknownRequestException if it no longer exists
	 */
	public TrackedRequest fail(@ExchangeProperty("request") TrackedRequest request) {
		return request.isDecided() ? request : save(request.decided(RequestStatus.FAILED, now(), null));
	}

	/**
	 * Marks requests that are still waiting for their outcome as expired, in the caller's
	 * transaction. Requests locked by others are skipped.
	 * @param submittedBefore only requests submitted before this time
	 * @param limit maximum number of requests
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
	 * Deletes decided requests that nobody has locked.
	 * @param submittedBefore only requests submitted before this time
	 * @param limit maximum number for each status
	 * @return how many were deleted
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

	/** A separate query, because H2 would run a subquery again for each row. */
	private String[] oldest(RequestStatus status, Instant submittedBefore, int limit) {
		return this.jdbc.queryForList("""
				SELECT request_id FROM suggestion_request WHERE status = ? AND submitted_at < ?
				ORDER BY status, submitted_at LIMIT ?""", String.class, status.text(), utc(submittedBefore), limit)
			.toArray(String[]::new);
	}

	/**
	 * Reads a conversation's requests and locks them for the rest of the caller's
	 * transaction; whatever others were doing with them has then ended.
	 * @param conversationId the conversation, of any tenant
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
	 * @param conversationId the conversation, of any tenant
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
		// It has been erased since it was found, so nothing about it may be recorded any
		// more.
		if (updated == 0) {
			throw new UnknownRequestException("Unknown request ID");
		}
		return decided;
	}

	/** The current time in milliseconds, the precision of the columns. */
	private Instant now() {
		return Instant.ofEpochMilli(this.clock.millis());
	}

	private TrackedRequest read(ResultSet row, int number) throws SQLException {
		OffsetDateTime completedAt = row.getObject(7, OffsetDateTime.class);
		return new TrackedRequest(row.getString(1), row.getString(2), row.getString(3),
				readStrings(row.getString(4), row.getString(1)), RequestStatus.of(row.getString(5)),
				row.getObject(6, OffsetDateTime.class).toInstant(),
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

	private List<String> readStrings(String array, String requestId) {
		try {
			return this.json.readValue(array, STRINGS);
		}
		catch (JsonProcessingException ex) {
			// Without its cause, which quotes the row.
			throw new IllegalStateException("The agent_skills of request " + requestId + " are no JSON array");
		}
	}

	/** PostgreSQL refuses a NUL in text, and no stored id contains one. */
	private static boolean isStorable(String id) {
		return id.indexOf('\0') < 0;
	}

	/**
	 * Ids for a join with UNNEST, used where there may be thousands: with
	 * {@code = ANY (?)}, H2 searches the whole array for each row.
	 */
	private static String[] storable(Collection<String> ids) {
		return ids.stream().filter(RequestStore::isStorable).toArray(String[]::new);
	}

	private static OffsetDateTime utc(Instant instant) {
		return instant.atOffset(ZoneOffset.UTC);
	}

}
