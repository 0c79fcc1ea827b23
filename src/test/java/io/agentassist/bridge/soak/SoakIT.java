package io.agentassist.bridge.soak;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.PackagedBridge;
import io.agentassist.bridge.crash.Outside;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * 100 requests a second against the sandbox's provider, which fails at random, then a
 * comparison of what was acknowledged with what is there. Run by the Maven profile
 * {@code soak}; {@code soak.seconds} says for how long.
 */
@EnabledIfSystemProperty(named = "soak.seconds", matches = "[1-9]\\d*")
class SoakIT {

	private static final ObjectMapper JSON = new ObjectMapper();

	private static final Map<String, String> FAILING_QUERIES = Map.of("sim-429-1s", "0.10", "sim-503", "0.05",
			"sim-reset", "0.05", "sim-slow-6s", "0.02");

	private static final Map<String, String> EVERY_FAULT = Map.ofEntries(Map.entry("sim-429-1s", "0.03"),
			Map.entry("sim-400", "0.02"), Map.entry("sim-401", "0.02"), Map.entry("sim-403", "0.02"),
			Map.entry("sim-500", "0.02"), Map.entry("sim-502", "0.02"), Map.entry("sim-503", "0.02"),
			Map.entry("sim-504", "0.02"), Map.entry("sim-reset", "0.02"), Map.entry("sim-slow-6s", "0.02"),
			Map.entry("sim-malformed", "0.02"), Map.entry("sim-early", "0.03"), Map.entry("sim-duplicate", "0.03"),
			Map.entry("sim-failed", "0.03"), Map.entry("sim-never", "0.03"),
			Map.entry("sim-malformed-callback", "0.03"));

	/** By the status of a request, the action of the event that tells of it. */
	private static final Map<String, String> ACTIONS = Map.of("completed", "presented", "failed", "failed", "expired",
			"expired");

	private static final Pattern CALLS = Pattern
		.compile("(?m)^agentassist_provider_calls_seconds_count\\{.*status=\"(\\w+)\".*} (\\S+)$");

	/** Names a fault that is none: no other one is drawn. */
	private static final String NO_FAULT = "sim-slow-0s";

	private static final int RATE = 100;

	private static final int TAIL_RATE = 10;

	/** Longer than a call that times out. */
	private static final int TAIL_SECONDS = 7;

	/** Times four requests. */
	private static final int WARM_UP = 500;

	private static final int SECONDS = Integer.getInteger("soak.seconds", 30);

	private static final Duration DEADLINE = Duration.ofSeconds(10);

	/** For two busy processors, and what is around a query. */
	private static final Duration GRACE = Duration.ofSeconds(1);

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final Collection<Outcome> outcomes = new ConcurrentLinkedQueue<>();

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	private Path folder;

	@Test
	void shouldEndEveryRequestClearlyAndKeepWhatItAcknowledged() throws Exception {
		Map<String, Long> statuses = soak(FAILING_QUERIES, 0.9);

		assertThat(statuses).containsOnlyKeys("completed");
	}

	@Test
	void shouldLoseAndDoubleNothingUnderEveryFaultInTheSandbox() throws Exception {
		Map<String, Long> statuses = soak(EVERY_FAULT, 0.75);

		assertThat(statuses).containsOnlyKeys("completed", "failed", "expired");
	}

	/**
	 * Runs it.
	 * @param faults of the sandbox, with their probabilities
	 * @param taken the least part of the requests that has to be taken
	 * @return how many of the acknowledged requests ended in each status
	 */
	private Map<String, Long> soak(Map<String, String> faults, double taken) throws Exception {
		try (Outside analytics = new Outside();
				PackagedBridge bridge = new PackagedBridge(this.folder, settings(analytics, faults), List.of())) {
			bridge.startAndAwait();
			warmUp(bridge);
			// As many threads and connections as the troubles need.
			load(bridge, 10);
			long heapBefore = liveHeap(bridge);
			Map<String, Long> callsBefore = providerCalls(bridge);
			long warmUp = this.outcomes.size();
			load(bridge, SECONDS);
			Map<String, Long> calls = providerCalls(bridge);
			callsBefore.forEach((status, count) -> calls.merge(status, -count, Long::sum));
			List<Outcome> measured = this.outcomes.stream().skip(warmUp).toList();
			double callsPerRequest = (double) calls.values().stream().mapToLong(Long::longValue).sum()
					/ measured.size();
			Map<String, Long> kinds = measured.stream()
				.collect(Collectors.groupingBy(Outcome::kind, TreeMap::new, Collectors.counting()));
			long slowest = measured.stream().mapToLong(Outcome::millis).max().orElse(0);
			List<String> blocked = threadsInQueries(bridge);
			long heapAfter = liveHeap(bridge);
			System.out.printf(
					"Soak: %d requests, outcomes %s, slowest %d ms; calls %s, %.3f per request; "
							+ "live heap %.1f -> %.1f MB; threads in queries afterwards %d%n",
					measured.size(), kinds, slowest, calls, callsPerRequest, heapBefore / 1e6, heapAfter / 1e6,
					blocked.size());

			assertThat(measured).hasSize(RATE * SECONDS + TAIL_RATE * TAIL_SECONDS);
			assertThat(kinds.keySet()).as("clear outcomes")
				.isSubsetOf("202", "429 Retry-After", "502", "503 Retry-After", "504");
			assertThat(slowest).isLessThan(DEADLINE.plus(GRACE).toMillis());
			assertThat(callsPerRequest).isBetween(1.0, 1.5);
			assertThat(blocked).as("threads in queries when all requests have ended").isEmpty();
			assertThat(heapAfter).isLessThan(heapBefore + 20_000_000);
			// That many faults do not make a provider that is down.
			assertThat(bridge.log()).doesNotContain("circuit breaker of organisation 'default' is OPEN");
			assertThat(kinds.get("202")).isGreaterThan((long) (taken * measured.size()));
			return reconcile(bridge, analytics);
		}
	}

	/** A few at once, so that a cold process on a busy machine is not overrun. */
	private void warmUp(PackagedBridge bridge) {
		for (int i = 0; i < WARM_UP; i++) {
			CompletableFuture
				.allOf(Stream.generate(() -> ask(bridge, NO_FAULT)).limit(4).toArray(CompletableFuture[]::new))
				.join();
		}
		assertThat(this.outcomes).extracting(Outcome::kind).containsOnly("202");
	}

	/** Sends, whatever comes back; returns once all have ended. */
	private void load(PackagedBridge bridge, int seconds) throws InterruptedException {
		List<CompletableFuture<?>> all = new ArrayList<>(send(bridge, "kb", RATE, seconds));
		// Else those that time out end last and one after the other, which is what a
		// provider that is down looks like.
		all.addAll(send(bridge, NO_FAULT, TAIL_RATE, TAIL_SECONDS));
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
	}

	/** Sends at fixed times. */
	private List<CompletableFuture<?>> send(PackagedBridge bridge, String knowledgeSource, int rate, int seconds)
			throws InterruptedException {
		List<CompletableFuture<?>> all = new ArrayList<>();
		long start = System.nanoTime();
		for (int i = 0; i < rate * seconds; i++) {
			long due = start + TimeUnit.SECONDS.toNanos(i) / rate;
			TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
			all.add(ask(bridge, knowledgeSource));
		}
		return all;
	}

	private CompletableFuture<?> ask(PackagedBridge bridge, String knowledgeSource) {
		long start = System.nanoTime();
		HttpRequest request = HttpRequest.newBuilder(bridge.url("/agentassist/suggestions"))
			.timeout(Duration.ofSeconds(30))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString("""
					{"conversation_id":"soak","transcript":"My invoice is wrong","knowledge_source_ids":["%s"]}"""
				.formatted(knowledgeSource)))
			.build();
		return this.client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
			.handle((answer, failure) -> this.outcomes
				.add(new Outcome((answer != null) ? answer.statusCode() + retryAfter(answer) : failure.toString(),
						TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), id(answer))));
	}

	private static String retryAfter(HttpResponse<String> answer) {
		return answer.headers().firstValue("Retry-After").isPresent() ? " Retry-After" : "";
	}

	private static String id(HttpResponse<String> answer) {
		try {
			return (answer != null && answer.statusCode() == 202)
					? JSON.readTree(answer.body()).path("request_id").asText() : null;
		}
		catch (IOException ex) {
			throw new AssertionError("No JSON: " + answer.body(), ex);
		}
	}

	/** Every request that was acknowledged is there, once, wherever it belongs. */
	private Map<String, Long> reconcile(PackagedBridge bridge, Outside analytics) throws IOException {
		List<String> acknowledged = this.outcomes.stream().map(Outcome::requestId).filter(Objects::nonNull).toList();
		assertThat(acknowledged).doesNotHaveDuplicates();
		await().atMost(Duration.ofMinutes(2))
			.pollInterval(Duration.ofSeconds(1))
			.untilAsserted(
					() -> assertThat(requestsOf(audited(bridge)).containsAll(acknowledged)).as("all decided").isTrue());
		await().atMost(Duration.ofMinutes(1))
			.until(() -> analytics.events().keySet().containsAll(audited(bridge).keySet()));
		bridge.close();
		Map<String, String> audited = audited(bridge);
		assertThat(audited.values()).as("audit").doesNotHaveDuplicates();
		assertThat(analytics.redelivered()).as("events that analytics got again").isZero();
		JdbcTemplate database = new JdbcTemplate(
				new DriverManagerDataSource("jdbc:h2:file:" + this.folder.resolve("data/agent-assist-bridge")
						+ ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE", "sa", ""));
		Map<String, String> statuses = new HashMap<>();
		database.query("SELECT request_id, status FROM suggestion_request", (row) -> {
			statuses.put(row.getString(1), row.getString(2));
		});
		for (String id : acknowledged) {
			assertThat(ACTIONS).as(id).containsKey(statuses.get(id));
			assertThat(audited).as(id).containsValue(ACTIONS.get(statuses.get(id)) + " " + id);
		}
		Map<String, Long> ends = acknowledged.stream()
			.collect(Collectors.groupingBy(statuses::get, TreeMap::new, Collectors.counting()));
		System.out.printf("Soak: %d acknowledged, lost 0, doubled 0: %s%n", acknowledged.size(), ends);
		return ends;
	}

	/**
	 * What the lines of the audit log tell of, action and request, by the id of the
	 * event.
	 */
	private static Map<String, String> audited(PackagedBridge bridge) throws IOException {
		Map<String, String> events = new HashMap<>();
		for (String text : bridge.auditLines()) {
			JsonNode line = JSON.readTree(text);
			if ("agentassist_interaction".equals(line.path("event_type").asText())) {
				assertThat(events.put(line.path("event_id").asText(),
						line.path("action").asText() + " " + line.path("request_id").asText()))
					.isNull();
			}
		}
		return events;
	}

	private static Set<String> requestsOf(Map<String, String> events) {
		return events.values()
			.stream()
			.map((event) -> event.substring(event.indexOf(' ') + 1))
			.collect(Collectors.toSet());
	}

	/** How many calls the provider got, by their outcome. */
	private static Map<String, Long> providerCalls(PackagedBridge bridge) throws Exception {
		return CALLS.matcher(bridge.metrics())
			.results()
			.collect(Collectors.toMap((call) -> call.group(1), (call) -> (long) Double.parseDouble(call.group(2)),
					Long::sum, TreeMap::new));
	}

	/** What is left after a full collection. */
	private static long liveHeap(PackagedBridge bridge) throws Exception {
		jcmd(bridge, "GC.run");
		String info = jcmd(bridge, "GC.heap_info");
		String used = info.lines().filter((line) -> line.contains("used ")).findFirst().orElseThrow();
		return Long.parseLong(used.replaceAll(".*used (\\d+)K.*", "$1")) * 1024;
	}

	/** Threads that are still in a query, by their stack. */
	private static List<String> threadsInQueries(PackagedBridge bridge) throws Exception {
		return Stream.of(jcmd(bridge, "Thread.print").split("\n\n"))
			.filter((thread) -> thread.contains("ProviderHttp.doExecute") || thread.contains("ProviderCalls."))
			.toList();
	}

	private static String jcmd(PackagedBridge bridge, String command) throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
				Long.toString(bridge.process().pid()), command)
			.redirectErrorStream(true)
			.start();
		return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

	private static Map<String, String> settings(Outside analytics, Map<String, String> faults) {
		Map<String, String> settings = new HashMap<>();
		settings.put("spring.profiles.active", "sandbox");
		settings.put("agentassist.analytics.endpoint", analytics.url() + "/events");
		// After the slowest request's end, and its callback.
		settings.put("agentassist.lifecycle.expire-after", "30s");
		settings.put("agentassist.lifecycle.expiry-interval", "1s");
		faults.forEach((name, probability) -> settings.put("agentassist.sandbox.faults." + name, probability));
		return settings;
	}

	/**
	 * How a request ended.
	 *
	 * @param kind status, and whether it says when to try again
	 * @param millis how long it took
	 * @param requestId its id where it was acknowledged, else null
	 */
	private record Outcome(String kind, long millis, String requestId) {
	}

}
