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
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.PackagedBridge;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * 100 requests a second against a provider that fails in every way, then a comparison of
 * what was acknowledged with what is there. Run by the Maven profile {@code soak};
 * {@code soak.seconds} says for how long.
 */
@EnabledIfSystemProperty(named = "soak.seconds", matches = "[1-9]\\d*")
class SoakIT {

	private static final ObjectMapper JSON = new ObjectMapper();

	private static final int RATE = 100;

	private static final int CALLBACK_ATTEMPTS = 5;

	/** Times four requests. */
	private static final int WARM_UP = 500;

	private static final int SECONDS = Integer.getInteger("soak.seconds", 30);

	private static final long SEED = Long.getLong("soak.seed", System.nanoTime());

	private static final Duration DEADLINE = Duration.ofSeconds(10);

	/** For two busy processors, and what is around a query. */
	private static final Duration GRACE = Duration.ofSeconds(1);

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final Collection<Outcome> outcomes = new ConcurrentLinkedQueue<>();

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	private Path folder;

	@Test
	void shouldEndEveryRequestClearlyAndKeepWhatItAcknowledged() throws Exception {
		try (FaultyProvider provider = new FaultyProvider(SEED);
				PackagedBridge bridge = new PackagedBridge(this.folder, settings(provider), List.of())) {
			bridge.startAndAwait();
			warmUp(bridge);
			provider.misbehave();
			// As many threads and connections as the troubles need.
			load(bridge, 10);
			long heapBefore = liveHeap(bridge);
			long queriesBefore = provider.queries();
			this.outcomes.clear();
			load(bridge, SECONDS);
			long queries = provider.queries() - queriesBefore;
			int requests = this.outcomes.size();
			Map<String, Long> kinds = this.outcomes.stream()
				.collect(Collectors.groupingBy(Outcome::kind, TreeMap::new, Collectors.counting()));
			long slowest = this.outcomes.stream().mapToLong(Outcome::millis).max().orElse(0);
			List<String> blocked = threadsInQueries(bridge);
			long heapAfter = liveHeap(bridge);
			System.out.printf(
					"Soak: %d requests, outcomes %s, slowest %d ms; provider: %d queries, %.3f per request, in all %s; "
							+ "live heap %.1f -> %.1f MB; threads in queries afterwards %d (seed %d)%n",
					requests, kinds, slowest, queries, (double) queries / requests, provider.answers(),
					heapBefore / 1e6, heapAfter / 1e6, blocked.size(), SEED);

			assertThat(requests).isEqualTo(RATE * SECONDS);
			assertThat(kinds.keySet()).as("clear outcomes")
				.isSubsetOf("202", "429 Retry-After", "502", "503 Retry-After", "504");
			assertThat(slowest).isLessThan(DEADLINE.plus(GRACE).toMillis());
			assertThat((double) queries / requests).isLessThanOrEqualTo(1.5);
			assertThat(blocked).as("threads in queries when all requests have ended").isEmpty();
			assertThat(heapAfter).isLessThan(heapBefore + 20_000_000);
			// A fault in five does not make a provider that is down.
			assertThat(bridge.log()).doesNotContain("circuit breaker of organisation 'default' is OPEN");
			assertThat(kinds.get("202")).isGreaterThan(requests * 9L / 10);
			reconcile(bridge, provider);
		}
	}

	/** A few at once, so that a cold process on a busy machine is not overrun. */
	private void warmUp(PackagedBridge bridge) {
		for (int i = 0; i < WARM_UP; i++) {
			CompletableFuture.allOf(Stream.generate(() -> ask(bridge)).limit(4).toArray(CompletableFuture[]::new))
				.join();
		}
		assertThat(this.outcomes).extracting(Outcome::kind).containsOnly("202");
	}

	/** Sends at fixed times, whatever comes back; returns once all have ended. */
	private void load(PackagedBridge bridge, int seconds) throws InterruptedException {
		List<CompletableFuture<?>> all = new ArrayList<>();
		long start = System.nanoTime();
		for (int i = 0; i < RATE * seconds; i++) {
			long due = start + TimeUnit.SECONDS.toNanos(i) / RATE;
			TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
			all.add(ask(bridge));
		}
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
	}

	private CompletableFuture<?> ask(PackagedBridge bridge) {
		long start = System.nanoTime();
		return post(bridge, "/agentassist/suggestions", """
				{"conversation_id":"soak","transcript":"My invoice is wrong","knowledge_source_ids":["kb"]}""")
			.handle((answer, failure) -> {
				Outcome outcome = new Outcome(
						(answer != null) ? answer.statusCode() + retryAfter(answer) : failure.toString(),
						TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), id(answer));
				this.outcomes.add(outcome);
				return outcome;
			})
			.thenCompose((outcome) -> (outcome.requestId() != null) ? callBack(bridge, outcome.requestId(), 1)
					: CompletableFuture.completedFuture(null));
	}

	/** As a provider does: again when it is told to try later. */
	private CompletableFuture<Void> callBack(PackagedBridge bridge, String requestId, int attempt) {
		return post(bridge, "/agentassist/callback", """
				{"id":"%s","status":"completed","suggestions":[]}""".formatted(requestId)).thenCompose((answer) -> {
			if (answer.statusCode() == 503 && attempt < CALLBACK_ATTEMPTS) {
				return CompletableFuture.runAsync(() -> {
				}, CompletableFuture.delayedExecutor(2, TimeUnit.SECONDS))
					.thenCompose((waited) -> callBack(bridge, requestId, attempt + 1));
			}
			assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
			return CompletableFuture.completedFuture(null);
		});
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

	private CompletableFuture<HttpResponse<String>> post(PackagedBridge bridge, String path, String body) {
		return this.client.sendAsync(HttpRequest.newBuilder(bridge.url(path))
			.timeout(Duration.ofSeconds(30))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build(), HttpResponse.BodyHandlers.ofString());
	}

	/** Every request that was acknowledged is there, once, wherever it belongs. */
	private void reconcile(PackagedBridge bridge, FaultyProvider provider) throws IOException {
		List<String> acknowledged = this.outcomes.stream().map(Outcome::requestId).filter((id) -> id != null).toList();
		assertThat(acknowledged).doesNotHaveDuplicates();
		await().atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> assertThat(provider.events().keySet())
				.containsAll(acknowledged.stream().map((id) -> "presented " + id).toList()));
		await().atMost(Duration.ofMinutes(1)).until(() -> bridge.auditLines().size() >= provider.events().size());
		bridge.close();
		Map<String, Integer> audited = new HashMap<>();
		for (String line : bridge.auditLines()) {
			audited.merge(FaultyProvider.name(JSON.readTree(line)), 1, Integer::sum);
		}
		for (String id : acknowledged) {
			assertThat(audited).as("audit").containsEntry("presented " + id, 1);
			assertThat(provider.events().get("presented " + id)).as("analytics").hasValue(1);
		}
		JdbcTemplate database = new JdbcTemplate(
				new DriverManagerDataSource("jdbc:h2:file:" + this.folder.resolve("data/agent-assist-bridge")
						+ ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE", "sa", ""));
		assertThat(database.queryForList("SELECT request_id FROM suggestion_request WHERE status = 'completed'",
				String.class))
			.containsAll(acknowledged);
		assertThat(database.queryForObject("SELECT count(*) FROM suggestion_request WHERE status <> 'completed'",
				Integer.class))
			.isZero();
		System.out.printf("Soak: %d acknowledged, lost 0, doubled 0%n", acknowledged.size());
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

	private static Map<String, String> settings(FaultyProvider provider) {
		return Map.of("agentassist.genesys.client-id", "soak", "agentassist.genesys.client-secret", "soak-secret-01234",
				"agentassist.genesys.api-url", provider.url(), "agentassist.genesys.login-url", provider.url(),
				"agentassist.public-url", "http://127.0.0.1", "agentassist.callback.auth", "none",
				"agentassist.api.auth", "none", "agentassist.analytics.endpoint", provider.url() + "/events");
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
