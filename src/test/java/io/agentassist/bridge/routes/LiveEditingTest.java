package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import javax.management.JMException;
import javax.management.ObjectName;

import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.core.env.Environment;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import org.springframework.util.FileSystemUtils;

import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Edits the routes and the settings of a running bridge in every way that people do, one
 * after the other, under load: no request fails, good edits come in force, bad ones
 * change nothing. Prints what it saw as the table of {@code docs/live-editing.md}.
 * {@code -Dlive.edits=all} makes every edit at 200 requests a second and asserts the
 * times, too; else it makes a choice at 50, as there is no time to warm up for more.
 */
@DirtiesContext
@TestPropertySource(properties = { "spring.config.additional-location=file:target/live-config/",
		// No edit should fail a request; a machine that is held up for seconds may not.
		"spring.datasource.hikari.connection-timeout=20000", "agentassist.genesys.response-timeout=10s",
		"agentassist.genesys.deadline=30s", "camel.component.http.response-timeout=10000",
		"agentassist.analytics.deadline=12s" })
class LiveEditingTest extends BridgeTest {

	/** Names the file of settings among those that edits change. */
	private static final String CONFIG = "config";

	private static final Path CONFIG_FILE = Path.of("target", "live-config", "application.yaml");

	private static final String CONFIG_TEXT = """
			agentassist.ranking.skill-weight: 0.3
			agentassist.audit.checkpoint-interval: 5m
			# more
			""";

	private static final Path ROUTES = copyOfRoutes();

	private static final Path GOOD = copyOfRoutes();

	private static final Path HISTORY = temporaryFolder();

	/** Of any machine; the claims are asserted where all edits are made. */
	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Duration IN_FORCE = Duration.ofSeconds(2);

	private static final String HELLO = """
			- route:
			    id: hello
			    from:
			      uri: platform-http:/hello
			      parameters:
			        httpMethodRestrict: GET
			      steps:
			        - setBody:
			            id: say-hello
			            constant: '{"hello":"you"}'
			""";

	private static final String BEAT = """
			- route:
			    id: beat
			    from:
			      uri: scheduler:beat
			      parameters:
			        poolSize: %d
			        delay: 60000
			      steps:
			        - log:
			            id: log-beat
			            loggingLevel: DEBUG
			            message: beat
			""";

	private static final String SLOW_BEAT = """
			- route:
			    id: slow-beat
			    from:
			      uri: scheduler:slow-beat
			      parameters:
			        delay: 1
			      steps:
			        - delay:
			            id: beat-slowly
			            constant: "2000"
			""";

	private static final String TEMPLATED = """
			- routeTemplate:
			    id: echo-template
			    parameters:
			      - name: text
			    from:
			      uri: direct:{{text}}
			      steps:
			        - setBody:
			            constant: "{{text}}"
			""";

	private static final String BREAKER = """
			- route:
			    id: break
			    from:
			      uri: direct:break
			      steps:
			        - circuitBreaker:
			            id: break-nothing
			            steps:
			              - setBody:
			                  id: say-nothing
			                  constant: ""
			""";

	/** Two routes, the first of which is changed. */
	private static final String PROBES = """
			- route:
			    id: probe
			    from:
			      uri: direct:probe
			      steps:
			        - setBody:
			            id: say-version
			            constant: "%d"
			- route:
			    id: untouched
			    from:
			      uri: direct:untouched
			      steps:
			        - setBody:
			            id: say-nothing-new
			            constant: "0"
			""";

	private static final Duration PAUSE = Duration.ofMillis(50);

	private static final boolean TIMED = "all".equals(System.getProperty("live.edits"));

	private static final boolean ALL = TIMED || "untimed".equals(System.getProperty("live.edits"));

	/** What Camel's own reload was seen to do, run by itself. */
	private static final String DEAD = "every route gone, until a restart";

	private static final String NOT_MEASURED = "not measured";

	private final List<Edit> edits = List.of(
			new Edit("save one changed step", true, "in force; other routes answer 500 while a slow request drains",
					replacing("feedback", "\"recorded\"", "\"kept\""), accepted(),
					() -> feedbackStatus().equals("kept")),
			new Edit("save a comment", false, NOT_MEASURED, replacing("feedback", "# POST", "# A POST"), accepted(),
					() -> true),
			new Edit("save in pieces", false, NOT_MEASURED, this::saveInPieces, accepted(),
					() -> feedbackStatus().equals("kept")),
			new Edit("save half a file", true, DEAD, this::saveHalf, rejected("feedback.camel.yaml"),
					this::nothingChanged),
			new Edit("misspell a step", false, DEAD, replacing("feedback", "- setHeader:", "- setHaeder:"),
					rejected("'setHaeder' is not allowed in"), this::nothingChanged),
			new Edit("break the indentation", false, DEAD,
					replacing("feedback", "      uri: direct:recordFeedback", "  uri: direct:recordFeedback"),
					rejected("feedback.camel.yaml:"), this::nothingChanged),
			new Edit("name a component that is not there", false, DEAD,
					replacing("feedback", "bean-validator:", "kafka:"), rejected("there is no component 'kafka'"),
					this::nothingChanged),
			new Edit("name a component that is not allowed", false, NOT_MEASURED,
					replacing("feedback", "bean-validator:", "exec:"), rejected("'exec' is not allowed"),
					this::nothingChanged),
			new Edit("misspell an option of an endpoint", false, NOT_MEASURED,
					replacing("request-expiry", "greedy:", "gredy:"), rejected("'gredy' is not an option"),
					this::nothingChanged),
			new Edit("name a setting that is not there", false, DEAD,
					replacing("request-expiry", "lifecycle.expiry-interval", "lifecycle.expiry"),
					rejected("the setting 'agentassist.lifecycle.expiry' is not defined"), this::nothingChanged),
			new Edit("name a bean that is not there", false, NOT_MEASURED,
					replacing("feedback", "ref: feedbackRecorder", "ref: feedbackRecoder"),
					rejected("there is no bean 'feedbackRecoder'"), this::nothingChanged),
			new Edit("name a method that is not there", false, NOT_MEASURED,
					replacing("feedback", "method: findRequest", "method: find"), rejected("has no method 'find'"),
					this::nothingChanged),
			new Edit("break an expression", false, NOT_MEASURED,
					replacing("feedback", "${body} != null", "${body != null"), rejected("cannot be built"),
					this::nothingChanged),
			new Edit("two routes of one id", false, NOT_MEASURED,
					replacing("feedback", "id: keep-feedback\n", "id: receive-callback\n"),
					rejected("is already used, at"), this::nothingChanged),
			new Edit("call a route that is not there", false, NOT_MEASURED,
					replacing("feedback", "uri: direct:keep-feedback\n        - setBody",
							"uri: direct:keep\n        - setBody"),
					rejected("no route starts with 'direct:keep'"), this::nothingChanged),
			new Edit("delete a file that the contract needs", false, "its routes keep running", deleting("callback"),
					rejected("has to serve POST /agentassist/callback"), this::nothingChanged),
			new Edit("delete the policies", false, NOT_MEASURED, deleting("error-policies"),
					rejected("there is no routeConfiguration"), this::nothingChanged),
			new Edit("add a file with a new path", true, NOT_MEASURED, adding("hello", HELLO), accepted(),
					() -> get("/hello").statusCode() == 200, false),
			new Edit("add a second route of this path", false, NOT_MEASURED,
					adding("hello2", HELLO.replace("id: hello", "id: hello2").replace("say-hello", "say-hello2")),
					rejected("is already the entrance of route 'hello'"), () -> get("/hello").statusCode() == 200),
			new Edit("change its path", false, "the removed path answers 500",
					replacing("hello", "/hello", "/good-day"), accepted(),
					() -> get("/good-day").statusCode() == 200 && get("/hello").statusCode() == 404, false),
			new Edit("delete that file", true, "its routes keep running", deleting("hello"), accepted(),
					() -> get("/good-day").statusCode() == 404 && get("/hello").statusCode() == 404, false),
			new Edit("rename a file", false, NOT_MEASURED, renaming("purge", "old-rows"), accepted(), () -> true),
			new Edit("swap two files", false, NOT_MEASURED, this::swapTwoFiles, accepted(),
					() -> feedbackStatus().equals("recorded")),
			new Edit("rename a route", false, NOT_MEASURED,
					replacing("feedback", "id: record-feedback\n", "id: take-feedback\n"), accepted(),
					() -> feedbackStatus().equals("recorded") && camel().getRoute("take-feedback") != null
							&& camel().getRoute("record-feedback") == null),
			new Edit("change a shared policy", true, "reaches a route at its own next reload",
					replacing("error-policies", "Invalid JSON payload", "Not JSON"), accepted(),
					() -> callBack("no json").body().contains("Not JSON")),
			new Edit("change a route that is busy", false, "other routes answer 500 until it is idle, up to 45 s",
					replacing("suggestion-request", "id: log-queued", "id: log-taken"), accepted(), () -> true),
			new Edit("change a scheduler's interval", false, NOT_MEASURED,
					replacing("request-expiry", "greedy: true", "greedy: false"), accepted(), () -> true),
			new Edit("a good and a bad file at once", false, "the bad file blocks the good one", this::saveGoodAndBad,
					rejected("'setHaeder' is not allowed in"), this::nothingChanged),
			new Edit("a route that fails when it starts", true, "part of the routes gone",
					both(adding("beat", BEAT.formatted(-1)), replacing("feedback", "\"recorded\"", "\"kept\"")),
					rejected("route 'beat' does not start"), this::nothingChanged),
			new Edit("change a `rest:` element", false, NOT_MEASURED,
					replacing("api", "missingOperation: fail", "missingOperation: ignore"),
					rejected("is read at the start only"), this::nothingChanged),
			new Edit("add a `beans:` element", false, "never refreshed",
					adding("beans", "- beans:\n    - name: list\n      type: java.util.ArrayList\n"),
					rejected("'beans' is read at the start only"), this::nothingChanged),
			new Edit("add a templated route", false, "never refreshed", adding("templated", TEMPLATED),
					rejected("'routeTemplate' is read at the start only"), this::nothingChanged),
			new Edit("link a file from elsewhere", false, NOT_MEASURED, this::link,
					rejected("is a link to a place outside"), this::nothingChanged),
			new Edit("save a huge file", false, NOT_MEASURED, adding("huge", "# " + "x".repeat(300_000)),
					rejected("more than the 262144"), this::nothingChanged),
			new Edit("change a weight in `config/`", true, NOT_MEASURED,
					replacing(CONFIG, "skill-weight: 0.3", "skill-weight: 2"), accepted(),
					() -> scoreWithSkill() > 0.5),
			new Edit("a weight that is not allowed", false, NOT_MEASURED,
					replacing(CONFIG, "skill-weight: 0.3", "skill-weight: -1"),
					rejected("'agentassist.ranking.skill-weight' must be greater than or equal to 0"),
					() -> scoreWithSkill() < 0.5),
			new Edit("break the YAML of `config/`", false, NOT_MEASURED,
					replacing(CONFIG, "skill-weight: 0.3", "skill-weight: [0.3"), rejected("not valid YAML"),
					this::nothingChanged),
			new Edit("a setting that is read at the start only", false, NOT_MEASURED,
					replacing(CONFIG, "checkpoint-interval: 5m", "checkpoint-interval: 6m"), accepted(),
					() -> warns("takes effect at a restart")),
			new Edit("add a route and its setting at once", true, NOT_MEASURED,
					both(replacing(CONFIG, "# more", "recipes.hello: you"),
							adding("hello", HELLO.replace("\"you\"", "\"{{recipes.hello}}\""))),
					accepted(), () -> get("/hello").body().contains("you"), false),
			new Edit("change a setting that a route names", true, NOT_MEASURED,
					replacing(CONFIG, "recipes.hello: you", "recipes.hello: them"), accepted(),
					() -> get("/hello").body().contains("them"), false),
			new Edit("take away a setting that a route names", false, NOT_MEASURED,
					replacing(CONFIG, "recipes.hello: them", "# more"),
					rejected("the setting 'recipes.hello' is not defined"), () -> get("/hello").body().contains("them"),
					false),
			new Edit("delete that route and its setting", true, NOT_MEASURED,
					both(deleting("hello"), adding(CONFIG, CONFIG_TEXT)), accepted(),
					() -> get("/hello").statusCode() == 404, false),
			new Edit("redeliver for ever", false, NOT_MEASURED,
					replacing("error-policies", "maximumRedeliveries: \"{{agentassist.genesys.retries}}\"",
							"maximumRedeliveries: \"-1\""),
					accepted(), () -> warns("-1 retries forever")),
			new Edit("a breaker that succeeds while open", false, NOT_MEASURED, adding("breaker", BREAKER), accepted(),
					() -> warns("while it is open, calls are skipped and succeed")),
			new Edit("a multicast that ignores failures", false, NOT_MEASURED,
					replacing("interaction-recording", "stopOnException: true", "stopOnException: false"), accepted(),
					() -> warns("a failing branch goes unnoticed")));

	private final List<Duration> pauses = new ArrayList<>();

	@Autowired
	private LiveRoutes routes;

	@Autowired
	private RoutesProperties settings;

	@Autowired
	private LiveRoutesHealthIndicator health;

	@Autowired
	private CamelContext camel;

	@Autowired
	private MeterRegistry meters;

	@Autowired
	private Environment environment;

	@LocalManagementPort
	private int managementPort;

	@DynamicPropertySource
	static void folders(DynamicPropertyRegistry properties) {
		properties.add("agentassist.routes.live", () -> "true");
		properties.add("agentassist.routes.directory", ROUTES::toString);
		properties.add("agentassist.routes.history", HISTORY::toString);
	}

	@Test
	void shouldTakeEditsUnderLoadWithoutAFailedRequest() throws IOException {
		List<String> table = new ArrayList<>(
				List.of("| edit | stock Camel | the bridge | routes exchanged | after |", "|---|---|---|---|---|"));
		Load load = new Load();
		// Before the watcher does it.
		long cold = timed(this.routes::warmUp).toMillis();
		load.warmUp();
		long warm = timed(this.routes::warmUp).toMillis();
		// The first edit of a process finds cold code.
		replacing("feedback", "\"recorded\"", "\"kept\"").run();
		await().atMost(PATIENCE).until(() -> this.routes.getHash().equals(hashOnDisk()));
		undo();
		load.start();
		long start = System.nanoTime();
		String pauses;
		try {
			for (Edit edit : this.edits) {
				if (edit.always() || ALL) {
					table.add(make(edit));
				}
			}
			pauses = pauses();
		}
		finally {
			load.stop();
		}
		long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
		table.add("");
		table.add("%d requests in %d s, %d failed; the longest took %d ms.".formatted(load.sent.get(), seconds,
				load.failures.size(), load.longest.get()));
		table.add("The check of the set took %d ms right after the start of the process, %d ms later on."
			.formatted(cold, warm));
		table.add(pauses);
		Files.write(Path.of("target", "live-editing.md"), table);
		table.forEach(System.out::println);

		assertThat(load.failures).isEmpty();
		assertThat(this.meters.counter("agentassist.routes.edits", "outcome", "accepted").count()).isPositive();
		assertThat(this.meters.counter("agentassist.routes.edits", "outcome", "rejected").count()).isPositive();
		if (TIMED) {
			// What the machine can do is for this profile to show, not for every build.
			assertThat(load.sent.get() / seconds).isGreaterThanOrEqualTo(195);
			assertThat(warm).isLessThan(1000);
			assertThat(this.pauses).allSatisfy((pause) -> assertThat(pause).isLessThan(PAUSE));
		}
		shouldRollBack();
		shouldPostEachEventOfABatchOnce();
		shouldServeASitesPathWhileAnEditIsUndone();
	}

	private String make(Edit edit) {
		long revision = this.routes.getRevision();
		Map<String, Route> before = runningRoutes();
		edit.action().run();
		long start = System.nanoTime();
		await(edit.name()).atMost(PATIENCE)
			.pollInterval(Duration.ofMillis(10))
			.until(() -> edit.outcome().isReached(this.routes, revision) && edit.inForce().getAsBoolean());
		Duration after = Duration.ofNanos(System.nanoTime() - start);
		if (TIMED) {
			assertThat(after).as(edit.name()).isLessThan(IN_FORCE);
		}
		List<String> pending = this.routes.getPendingEdit();
		assertThat(this.health.health().getStatus()).isEqualTo(pending.isEmpty() ? Status.UP : new Status("DEGRADED"));
		Set<String> exchanged = exchanged(before);
		if (edit.equals(this.edits.get(0))) {
			assertThat(exchanged).containsExactly("record-feedback");
		}
		List<String> warnings = this.routes.getWarnings();
		String outcome = "in force";
		if (!pending.isEmpty()) {
			outcome = "refused: " + code(pending.get(0));
		}
		else if (!warnings.isEmpty()) {
			outcome = "in force, warns: " + code(warnings.get(0));
		}
		String row = "| %s | %s | %s | %d | %d ms |".formatted(edit.name(), edit.stock(), outcome, exchanged.size(),
				after.toMillis());
		if (edit.undo()) {
			undo();
		}
		return row;
	}

	private static String code(String problem) {
		return "`" + problem.replace("|", "\\|").replaceAll("(.{150}).+", "$1…") + "`";
	}

	private Map<String, Route> runningRoutes() {
		Map<String, Route> running = new HashMap<>();
		this.camel.getRoutes().forEach((route) -> running.put(route.getRouteId(), route));
		return running;
	}

	/** Ids of the routes that are not the same objects as before. */
	private Set<String> exchanged(Map<String, Route> before) {
		Map<String, Route> now = runningRoutes();
		Set<String> ids = new TreeSet<>(before.keySet());
		ids.addAll(now.keySet());
		ids.removeIf((id) -> before.get(id) == now.get(id));
		return ids;
	}

	/**
	 * How long messages wait while their route is exchanged, and while another one is.
	 */
	private String pauses() {
		List<Duration> changed = new ArrayList<>();
		List<Duration> untouched = new ArrayList<>();
		adding("probe", PROBES.formatted(0)).run();
		await().atMost(PATIENCE).until(() -> camel().getRoute("untouched") != null);
		Route other = this.camel.getRoute("untouched");
		for (int version = 1; version <= (TIMED ? 20 : 1); version++) {
			String expected = Integer.toString(version);
			try (Probe probe = new Probe("direct:probe"); Probe bystander = new Probe("direct:untouched")) {
				adding("probe", PROBES.formatted(version)).run();
				await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> expected.equals(probe.last));
				changed.add(probe.longest());
				untouched.add(bystander.longest());
			}
		}
		assertThat(this.camel.getRoute("untouched")).isSameAs(other);
		deleting("probe").run();
		undo();
		changed.sort(null);
		untouched.sort(null);
		this.pauses.addAll(changed);
		return "The longest wait of a message for its route while that is exchanged, %d times: median %s, worst %s; for a route beside it: median %s, worst %s."
			.formatted(changed.size(), millis(changed.get(changed.size() / 2)), millis(changed.get(changed.size() - 1)),
					millis(untouched.get(untouched.size() / 2)), millis(untouched.get(untouched.size() - 1)));
	}

	private static String millis(Duration time) {
		return "%.1f ms".formatted(time.toNanos() / 1e6);
	}

	private void undo() {
		try {
			for (Path file : files(ROUTES)) {
				if (!Files.exists(GOOD.resolve(file)) || Files.isSymbolicLink(ROUTES.resolve(file))) {
					if (!file.toString().equals("hello.camel.yaml")) {
						Files.delete(ROUTES.resolve(file));
					}
				}
			}
			if (!Files.readString(CONFIG_FILE).equals(CONFIG_TEXT)) {
				Files.writeString(CONFIG_FILE, CONFIG_TEXT);
			}
			for (Path file : files(GOOD)) {
				if (!Files.exists(ROUTES.resolve(file))
						|| Files.mismatch(GOOD.resolve(file), ROUTES.resolve(file)) >= 0) {
					Files.copy(GOOD.resolve(file), ROUTES.resolve(file), StandardCopyOption.REPLACE_EXISTING);
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		await("undone").atMost(PATIENCE)
			.pollInterval(Duration.ofMillis(10))
			.until(() -> this.routes.getPendingEdit().isEmpty() && this.routes.getHash().equals(hashOnDisk())
					&& "0.3".equals(this.environment.getProperty("agentassist.ranking.skill-weight"))
					&& "5m".equals(this.environment.getProperty("agentassist.audit.checkpoint-interval")));
	}

	private String hashOnDisk() throws IOException {
		return RouteSet.read(this.settings, ROUTES, (problem) -> {
		}).hash();
	}

	private void shouldRollBack() throws IOException {
		long before = this.routes.getRevision();
		replacing("feedback", "\"recorded\"", "\"kept\"").run();
		await().atMost(PATIENCE).until(() -> feedbackStatus().equals("kept"));

		HttpResponse<String> answer = rollBack(before);

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		assertThat(json(answer).path("revision").asLong()).isEqualTo(before + 2);
		assertThat(attribute("Revision")).isEqualTo(before + 2);
		assertThat(attribute("PendingEdit")).asInstanceOf(InstanceOfAssertFactories.LIST).isEmpty();
		assertThat(feedbackStatus()).isEqualTo("recorded");
		assertThat(Files.mismatch(GOOD.resolve("feedback.camel.yaml"), ROUTES.resolve("feedback.camel.yaml")))
			.isEqualTo(-1);
		assertThat(rollBack(before + 99).statusCode()).isEqualTo(404);
		assertThat(this.routes.getHistory()).last().asString().contains("back to revision " + before);
		assertThat(this.routes.getHistory().size()).isLessThanOrEqualTo(RouteHistory.LENGTH);
	}

	/** The rest of the batch would be posted by the old route and by the new one. */
	private void shouldPostEachEventOfABatchOnce() {
		String batch = unique("batch-");
		this.provider.stub(analytics(batch).willReturn(answer(202, "{}").withFixedDelay(1700)));
		queueBatchForAnalytics(batch);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(batch)).isNotEmpty());
		long before = this.routes.getRevision();
		replacing("analytics-delivery", "Claims a batch of", "Claims").run();
		await().atMost(PATIENCE).until(() -> accepted().isReached(this.routes, before));
		assertThat(waitingEvents(batch)).isPositive();
		this.provider.stub(analytics(batch).willReturn(answer(202, "{}")));

		eventually(() -> assertThat(waitingEvents(batch)).isZero());

		assertThat(this.provider.analyticsEventsOf(batch)).hasSize(BATCH);
	}

	/** Until the undo was done, which waits for schedulers, the path was unknown. */
	private void shouldServeASitesPathWhileAnEditIsUndone() {
		long before = this.routes.getRevision();
		both(adding("hello", HELLO), adding("a-slow-beat", SLOW_BEAT)).run();
		await().atMost(PATIENCE).until(() -> accepted().isReached(this.routes, before));
		AtomicBoolean undone = new AtomicBoolean();
		CompletableFuture<List<Integer>> statuses = CompletableFuture.supplyAsync(() -> {
			List<Integer> seen = new ArrayList<>();
			while (!undone.get()) {
				seen.add(get("/hello").statusCode());
			}
			return seen;
		});

		try {
			both(both(replacing("a-slow-beat", "- delay:", "- delay: # slow"), adding("bad-beat", BEAT.formatted(-1))),
					replacing("hello", "\"you\"", "\"them\""))
				.run();

			await().atMost(PATIENCE).until(() -> rejected("route 'beat' does not start").isReached(this.routes, 0));
		}
		finally {
			undone.set(true);
		}
		assertThat(statuses.join()).containsOnly(200);
		double rejected = this.meters.counter("agentassist.routes.edits", "outcome", "rejected").count();
		assertThat(get("/hello").body()).contains("you");

		// A paused route has no path of its own to give back.
		pause("hello");
		replacing("hello", "\"them\"", "\"us\"").run();
		await().atMost(PATIENCE)
			.until(() -> this.meters.counter("agentassist.routes.edits", "outcome", "rejected").count() > rejected);
		both(deleting("hello"), both(deleting("a-slow-beat"), deleting("bad-beat"))).run();
		await().atMost(PATIENCE).until(() -> get("/hello").statusCode() == 404);
	}

	private void pause(String route) {
		try {
			this.camel.getRouteController().suspendRoute(route);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** As an operator does, on the management port. */
	private HttpResponse<String> rollBack(long revision) {
		return send(HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + "/actuator/routes/" + revision))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString("{}"))
			.build());
	}

	private static Object attribute(String name) {
		try {
			return ManagementFactory.getPlatformMBeanServer()
				.getAttribute(new ObjectName(LiveRoutes.OBJECT_NAME), name);
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private CamelContext camel() {
		return this.camel;
	}

	private boolean warns(String text) {
		return this.routes.getWarnings().stream().anyMatch((line) -> line.contains(text));
	}

	/** Of a suggestion whose confidence is 0.5, for a skill of the agent. */
	private double scoreWithSkill() {
		String id = queue(unique("conv-"));
		HttpResponse<String> answer = callBack(completed(id, suggestion(unique("s-"), 0.5, "billing")));
		return json(answer).at("/ranked_suggestions/0/final_score").asDouble();
	}

	private boolean nothingChanged() {
		return feedbackStatus().equals("recorded");
	}

	private String feedbackStatus() {
		String id = queue(unique("conv-"));
		callBack(completed(id, suggestion("s", 0.5)));
		HttpResponse<String> answer = giveFeedback(id, "s", "accepted", null);
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		return json(answer).path("status").asText();
	}

	private static Outcome accepted() {
		return (routes, before) -> routes.getRevision() > before && routes.getPendingEdit().isEmpty();
	}

	private static Outcome rejected(String problem) {
		return (routes, before) -> routes.getPendingEdit().stream().anyMatch((line) -> line.contains(problem));
	}

	private static Runnable both(Runnable first, Runnable second) {
		return () -> {
			first.run();
			second.run();
		};
	}

	private static Runnable replacing(String name, String text, String replacement) {
		return () -> {
			String before = read(name);
			assertThat(before).contains(text);
			write(name, before.replace(text, replacement));
		};
	}

	private static Runnable adding(String name, String text) {
		return () -> write(name, text);
	}

	private static Runnable deleting(String name) {
		return () -> quietly(() -> Files.delete(file(name)));
	}

	private static Runnable renaming(String name, String to) {
		return () -> quietly(() -> Files.move(file(name), file(to)));
	}

	private void saveHalf() {
		String text = read("feedback");
		write("feedback", text.substring(0, text.indexOf("unmarshalType") + 5));
	}

	private void saveInPieces() {
		String text = read("feedback").replace("\"recorded\"", "\"kept\"");
		for (int i = 1; i <= 4; i++) {
			write("feedback", text.substring(0, text.length() * i / 4));
		}
	}

	private void saveGoodAndBad() {
		replacing("error-policies", "Invalid JSON payload", "Not JSON").run();
		replacing("feedback", "- setHeader:", "- setHaeder:").run();
	}

	private void swapTwoFiles() {
		String first = read("feedback");
		write("feedback", read("purge"));
		write("purge", first);
	}

	private void link() {
		quietly(() -> Files.createSymbolicLink(file("linked"), Files.createTempFile("outside", ".camel.yaml")));
	}

	private static String read(String name) {
		try {
			return Files.readString(file(name));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void write(String name, String text) {
		quietly(() -> Files.writeString(file(name), text));
	}

	private static Path file(String name) {
		return name.equals(CONFIG) ? CONFIG_FILE : ROUTES.resolve(name + ".camel.yaml");
	}

	private static List<Path> files(Path folder) throws IOException {
		try (Stream<Path> files = Files.list(folder)) {
			return files.filter((file) -> !Files.isDirectory(file)).map(folder::relativize).toList();
		}
	}

	private static Path copyOfRoutes() {
		quietly(() -> {
			Files.createDirectories(CONFIG_FILE.getParent());
			Files.writeString(CONFIG_FILE, CONFIG_TEXT);
		});
		Path folder = temporaryFolder();
		quietly(() -> FileSystemUtils.copyRecursively(Path.of("routes"), folder));
		return folder;
	}

	private static Path temporaryFolder() {
		try {
			return Files.createTempDirectory("live-routes");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void quietly(FileWork work) {
		try {
			work.run();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Something done to files. */
	private interface FileWork {

		void run() throws IOException;

	}

	/** What becomes of an edit. */
	private interface Outcome {

		boolean isReached(LiveRoutes routes, long revisionBefore);

	}

	/**
	 * An edit.
	 *
	 * @param name what somebody does
	 * @param always whether every build makes it
	 * @param stock what Camel's own reload does
	 * @param action what happens to the files
	 * @param outcome what becomes of it
	 * @param inForce whether it, or nothing, is in force
	 * @param undo whether the files are put back
	 */
	private record Edit(String name, boolean always, String stock, Runnable action, Outcome outcome,
			BooleanSupplier inForce, boolean undo) {

		Edit(String name, boolean always, String stock, Runnable action, Outcome outcome, BooleanSupplier inForce) {
			this(name, always, stock, action, outcome, inForce, true);
		}

	}

	/** 50 conversations a second (a choice of edits: 12), of four requests each. */
	private final class Load {

		private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(1);

		private final AtomicInteger sent = new AtomicInteger();

		private final AtomicInteger longest = new AtomicInteger();

		private final AtomicInteger open = new AtomicInteger();

		private final Queue<String> failures = new ConcurrentLinkedQueue<>();

		/** As many as go, until the JVM has compiled what they need. */
		void warmUp() {
			long end = System.nanoTime() + Duration.ofSeconds((TIMED) ? 40 : 4).toNanos();
			for (int fast = 0; fast < 3 && System.nanoTime() < end;) {
				long start = System.nanoTime();
				for (int i = 0; i < 100; i++) {
					converse();
					await().pollInterval(Duration.ofMillis(1))
						.pollDelay(Duration.ZERO)
						.atMost(Duration.ofSeconds(30))
						.until(() -> this.open.get() < 8);
				}
				fast = (Duration.ofNanos(System.nanoTime() - start).toMillis() < 1000) ? fast + 1 : 0;
			}
			await().atMost(Duration.ofSeconds(30)).until(() -> this.open.get() == 0);
			WORLD.resetRequests();
			this.sent.set(0);
			this.longest.set(0);
			// Of cold code; no edit has been made yet.
			this.failures.clear();
		}

		void start() {
			var unused = this.clock.scheduleAtFixedRate(this::converseUnlessBehind, 0, (TIMED) ? 20 : 80,
					TimeUnit.MILLISECONDS);
			// WireMock keeps each request it gets: within minutes hundreds of megabytes,
			// and garbage collections that stop the bridge, in this process, for longer
			// than what is measured.
			unused = this.clock.scheduleAtFixedRate(WORLD::resetRequests, 1, 1, TimeUnit.SECONDS);
		}

		void stop() {
			this.clock.shutdown();
			await().atMost(Duration.ofSeconds(30)).until(() -> this.open.get() == 0);
		}

		/** Else a slow machine would only ever get further behind. */
		private void converseUnlessBehind() {
			if (TIMED || this.open.get() < 100) {
				converse();
			}
		}

		private void converse() {
			String conversation = unique("conv-");
			String id = StubbedProvider.requestIdOf(conversation);
			this.open.incrementAndGet();
			var unused = expect(202,
					sendAsync(postRequest("/agentassist/suggestions",
							suggestionRequest(conversation).toString().getBytes(StandardCharsets.UTF_8))))
				.thenCompose((queued) -> expect(200,
						sendAsync(signed(
								completed(id, suggestion("s", 0.5)).toString().getBytes(StandardCharsets.UTF_8)))))
				.thenCompose((done) -> expect(200, sendAsync(request("/agentassist/suggestions/" + id).build())))
				.thenCompose((found) -> expect(200, sendAsync(request("/openapi.yaml").build())))
				.whenComplete((answer, failure) -> this.open.decrementAndGet());
		}

		private CompletableFuture<HttpResponse<String>> expect(int status,
				CompletableFuture<HttpResponse<String>> answer) {
			this.sent.incrementAndGet();
			long start = System.nanoTime();
			return answer.whenComplete((response, failure) -> {
				this.longest.accumulateAndGet((int) Duration.ofNanos(System.nanoTime() - start).toMillis(), Math::max);
				if (failure != null) {
					this.failures.add(failure.toString());
				}
				else if (response.statusCode() != status) {
					this.failures.add(response.request().uri() + " " + response.statusCode() + " " + response.body());
				}
			});
		}

	}

	/** Sends messages to a route, one after the other, and sees how long they wait. */
	private final class Probe implements AutoCloseable {

		private final AtomicLong longest = new AtomicLong();

		private final CompletableFuture<Void> done;

		private volatile boolean closed;

		private volatile String last;

		Probe(String uri) {
			ProducerTemplate sender = camel().createProducerTemplate();
			this.done = CompletableFuture.runAsync(() -> {
				while (!this.closed) {
					long start = System.nanoTime();
					this.last = sender.requestBody(uri, "", String.class);
					this.longest.accumulateAndGet(System.nanoTime() - start, Math::max);
					LockSupport.parkNanos(500_000);
				}
			}, (task) -> new Thread(task, uri).start());
		}

		Duration longest() {
			return Duration.ofNanos(this.longest.get());
		}

		@Override
		public void close() {
			this.closed = true;
			this.done.join();
		}

	}

}
