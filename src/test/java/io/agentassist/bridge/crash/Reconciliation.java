package io.agentassist.bridge.crash;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.awaitility.Awaitility.await;

/**
 * Compares what was acknowledged with what the database, the audit log and the analytics
 * endpoint have.
 *
 * @param acknowledged triggers, callbacks and feedback with a 2xx
 * @param lost acknowledged, but missing in one of the three
 * @param doubled audit lines of an event that has one already, and feedback counted twice
 * @param redelivered events that analytics got again, with the same event id
 */
record Reconciliation(int acknowledged, Set<String> lost, Set<String> doubled, long redelivered) {

	private static final ObjectMapper JSON = new ObjectMapper();

	static Reconciliation of(Senders senders, Outside outside, JdbcTemplate database, List<String> auditLines)
			throws IOException {
		Set<String> lost = new HashSet<>();
		Set<String> doubled = new HashSet<>();
		Map<String, String> status = new HashMap<>();
		database.query("SELECT request_id, status FROM suggestion_request", (row) -> {
			status.put(row.getString(1), row.getString(2));
		});
		Map<String, Integer> counted = new HashMap<>();
		database.query("SELECT suggestion_id, total FROM suggestion_feedback", (row) -> {
			counted.put(row.getString(1), row.getInt(2));
		});
		Set<String> audited = new HashSet<>();
		for (String line : auditLines) {
			String name = name(JSON.readTree(line));
			if (name != null && !audited.add(name)) {
				doubled.add("audit: " + name);
			}
		}
		Set<String> analysed = new HashSet<>();
		for (JsonNode event : outside.events().values()) {
			String name = name(event);
			if (name != null && !analysed.add(name)) {
				doubled.add("analytics, another event_id: " + name);
			}
		}
		senders.requests().stream().filter((id) -> !status.containsKey(id)).forEach((id) -> lost.add("request " + id));
		senders.callbacks()
			.stream()
			.filter((id) -> !"completed".equals(status.get(id)))
			.forEach((id) -> lost.add("callback " + id));
		senders.feedback().forEach((id) -> {
			int count = counted.getOrDefault("s-" + id, 0);
			if (count != 1) {
				((count == 0) ? lost : doubled).add("feedback " + id);
			}
		});
		Stream
			.concat(senders.callbacks().stream().map((id) -> "presented " + id),
					senders.feedback().stream().map((id) -> "accepted " + id))
			.forEach((name) -> {
				if (!audited.contains(name)) {
					lost.add("audit: " + name);
				}
				if (!analysed.contains(name)) {
					lost.add("analytics: " + name);
				}
			});
		int acknowledged = senders.requests().size() + senders.callbacks().size() + senders.feedback().size();
		return new Reconciliation(acknowledged, lost, doubled, outside.redelivered());
	}

	/**
	 * Waits until every acknowledged interaction should be in the audit log and
	 * analytics.
	 */
	static void awaitDeliveries(Senders senders, Outside outside, Supplier<List<String>> auditLines) {
		int interactions = senders.callbacks().size() + senders.feedback().size();
		await().atMost(Duration.ofMinutes(3))
			.pollInterval(Duration.ofMillis(200))
			.until(() -> outside.events()
				.values()
				.stream()
				.filter((event) -> name(event) != null)
				.count() >= interactions && auditLines.get().size() >= interactions);
	}

	/** What an event tells of, null where it is not an interaction's. */
	static String name(JsonNode event) {
		return "agentassist_interaction".equals(event.path("event_type").asText())
				? event.path("action").asText() + " " + event.path("request_id").asText() : null;
	}

}
