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
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import javax.management.JMException;
import javax.management.ObjectName;

import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Edits the routes of a running bridge in every way that people do, one after the other,
 * while 200 requests come each second: none of them fails, good edits are in force within
 * 2 s, bad ones change nothing. Prints what it saw as the table of
 * {@code docs/live-editing.md}. {@code -Dlive.edits=all} makes every edit; else a choice,
 * at 50 requests a second, as there is no time to warm up for more.
 */
@DirtiesContext
class LiveEditingTest extends BridgeTest {

	private static final Path ROUTES = copyOfRoutes();

	private static final Path GOOD = copyOfRoutes();

	private static final Path HISTORY = temporaryFolder();

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

	private static final boolean ALL = "all".equals(System.getProperty("live.edits"));

	private final List<Edit> edits = List.of(
			new Edit("save one changed step", true, "in force", replacing("feedback", "\"recorded\"", "\"kept\""),
					accepted(), () -> feedbackStatus().equals("kept")),
			new Edit("save a comment", false, "all routes restart", replacing("feedback", "# POST", "# A POST"),
					accepted(), () -> true),
			new Edit("save in pieces", false, "reads half a file", this::saveInPieces, accepted(),
					() -> feedbackStatus().equals("kept")),
			new Edit("save half a file", true, "every route gone, for good", this::saveHalf,
					rejected("feedback.camel.yaml"), this::nothingChanged),
			new Edit("misspell a step", false, "every route gone, for good",
					replacing("feedback", "- setHeader:", "- setHaeder:"), rejected("'setHaeder' is nothing that"),
					this::nothingChanged),
			new Edit("break the indentation", false, "every route gone, for good",
					replacing("feedback", "      uri: direct:recordFeedback", "  uri: direct:recordFeedback"),
					rejected("feedback.camel.yaml:"), this::nothingChanged),
			new Edit("name a component that is not there", false, "route gone",
					replacing("feedback", "bean-validator:", "kafka:"), rejected("there is no component 'kafka'"),
					this::nothingChanged),
			new Edit("name a component that is not allowed", false, "in force",
					replacing("feedback", "bean-validator:", "exec:"), rejected("'exec' is not allowed"),
					this::nothingChanged),
			new Edit("misspell an option of an endpoint", false, "route gone",
					replacing("request-expiry", "greedy:", "gredy:"), rejected("'gredy' is no option"),
					this::nothingChanged),
			new Edit("name a setting that is not there", false, "route gone",
					replacing("request-expiry", "lifecycle.expiry-interval", "lifecycle.expiry"),
					rejected("the setting 'agentassist.lifecycle.expiry' is not there"), this::nothingChanged),
			new Edit("name a bean that is not there", false, "fails at the first message",
					replacing("feedback", "ref: feedbackRecorder", "ref: feedbackRecoder"),
					rejected("there is no bean 'feedbackRecoder'"), this::nothingChanged),
			new Edit("name a method that is not there", false, "fails at the first message",
					replacing("feedback", "method: findRequest", "method: find"), rejected("has no method 'find'"),
					this::nothingChanged),
			new Edit("break an expression", false, "route gone",
					replacing("feedback", "${body} != null", "${body != null"), rejected("cannot be built"),
					this::nothingChanged),
			new Edit("two routes of one id", false, "one replaces the other",
					replacing("feedback", "id: keep-feedback\n", "id: receive-callback\n"), rejected("is taken, at"),
					this::nothingChanged),
			new Edit("call a route that is not there", false, "callers wait 30 s, then fail",
					replacing("feedback", "uri: direct:keep-feedback\n        - setBody",
							"uri: direct:keep\n        - setBody"),
					rejected("no route starts with 'direct:keep'"), this::nothingChanged),
			new Edit("delete a file that the contract needs", false, "its routes go on", deleting("callback"),
					rejected("has to serve POST /agentassist/callback"), this::nothingChanged),
			new Edit("delete the policies", false, "routes keep them till their next edit", deleting("error-policies"),
					rejected("there is no routeConfiguration"), this::nothingChanged),
			new Edit("add a file with a new path", true, "in force", adding("hello", HELLO), accepted(),
					() -> get("/hello").statusCode() == 200, false),
			new Edit("add a second route of this path", false, "one takes it from the other",
					adding("hello2", HELLO.replace("id: hello", "id: hello2").replace("say-hello", "say-hello2")),
					rejected("is the entrance of route 'hello' already"), () -> get("/hello").statusCode() == 200),
			new Edit("change its path", false, "the old path answers 500", replacing("hello", "/hello", "/good-day"),
					accepted(), () -> get("/good-day").statusCode() == 200 && get("/hello").statusCode() == 404, false),
			new Edit("delete that file", true, "its routes go on", deleting("hello"), accepted(),
					() -> get("/good-day").statusCode() == 404 && get("/hello").statusCode() == 404, false),
			new Edit("rename a file", false, "routes doubled or refused", renaming("purge", "old-rows"), accepted(),
					() -> true),
			new Edit("swap two files", false, "one of them refused", this::swapTwoFiles, accepted(),
					() -> feedbackStatus().equals("recorded")),
			new Edit("rename a route", false, "the old one goes on",
					replacing("feedback", "id: record-feedback\n", "id: take-feedback\n"), accepted(),
					() -> feedbackStatus().equals("recorded") && camel().getRoute("take-feedback") != null
							&& camel().getRoute("record-feedback") == null),
			new Edit("change a shared policy", true, "reaches a route at its own next edit",
					replacing("error-policies", "Invalid JSON payload", "Not JSON"), accepted(),
					() -> callBack("no json").body().contains("Not JSON")),
			new Edit("change a route that is busy", false, "requests fail, or wait for the slowest",
					replacing("suggestion-request", "id: log-queued", "id: log-taken"), accepted(), () -> true),
			new Edit("change a scheduler's interval", false, "in force",
					replacing("request-expiry", "greedy: true", "greedy: false"), accepted(), () -> true),
			new Edit("a good and a bad file at once", false, "good ones after bad ones are not read",
					this::saveGoodAndBad, rejected("'setHaeder' is nothing that"), this::nothingChanged),
			new Edit("a route that fails when it starts", true, "part of the routes gone",
					both(adding("beat", BEAT.formatted(-1)), replacing("feedback", "\"recorded\"", "\"kept\"")),
					rejected("does not start"), this::nothingChanged),
			new Edit("change a `rest:` element", false, "not refreshed",
					replacing("api", "missingOperation: fail", "missingOperation: ignore"),
					rejected("is read at the start only"), this::nothingChanged),
			new Edit("add a `beans:` element", false, "not refreshed",
					adding("beans", "- beans:\n    - name: list\n      type: java.util.ArrayList\n"),
					rejected("'beans' is read at the start only"), this::nothingChanged),
			new Edit("link a file from elsewhere", false, "in force", this::link,
					rejected("is a link to a place outside"), this::nothingChanged),
			new Edit("save a huge file", false, "in force", adding("huge", "# " + "x".repeat(300_000)),
					rejected("more than the 262144"), this::nothingChanged),
			new Edit("redeliver for ever", false, "in force, no warning",
					replacing("error-policies", "maximumRedeliveries: \"{{agentassist.genesys.retries}}\"",
							"maximumRedeliveries: \"-1\""),
					accepted(), () -> true),
			new Edit("a breaker that succeeds while open", false, "in force, no warning",
					replacing("provider-query", "            configuration: provider\n", ""), accepted(), () -> true),
			new Edit("a multicast that ignores failures", false, "in force, no warning",
					replacing("interaction-recording", "stopOnException: true", "stopOnException: false"), accepted(),
					() -> true));

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
				List.of("| edit | stock Camel | the bridge | after | failed requests |", "|---|---|---|---|---|"));
		Load load = new Load();
		load.warmUp();
		this.routes.warmUp();
		// The first edit of a process finds cold code.
		replacing("feedback", "\"recorded\"", "\"kept\"").run();
		await().atMost(Duration.ofSeconds(20)).until(() -> this.routes.getHash().equals(hashOnDisk()));
		undo();
		load.start();
		try {
			for (Edit edit : this.edits) {
				if (edit.always() || ALL) {
					table.add(make(edit, load));
				}
			}
		}
		finally {
			load.stop();
		}
		table.add("");
		table.add("%d requests, %d failed; the longest took %d ms.".formatted(load.sent.get(), load.failures.size(),
				load.longest.get()));
		Files.write(Path.of("target", "live-editing.md"), table);
		table.forEach(System.out::println);

		assertThat(load.failures).isEmpty();
		// How many there were at full rate is for the table to say: that depends on the
		// machine.
		assertThat(load.sent.get()).isGreaterThan(20 * (table.size() - 3));
		assertThat(this.meters.counter("agentassist.routes.edits", "outcome", "accepted").count()).isPositive();
		assertThat(this.meters.counter("agentassist.routes.edits", "outcome", "rejected").count()).isPositive();
		shouldRollBack();
	}

	private String make(Edit edit, Load load) {
		int failuresBefore = load.failures.size();
		long revision = this.routes.getRevision();
		edit.action().run();
		long start = System.nanoTime();
		await(edit.name()).atMost(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(10))
			.until(() -> edit.outcome().isReached(this.routes, revision) && edit.inForce().getAsBoolean());
		Duration after = Duration.ofNanos(System.nanoTime() - start);
		assertThat(after).as(edit.name()).isLessThan(IN_FORCE);
		List<String> pending = this.routes.getPendingEdit();
		assertThat(this.health.health().getStatus()).isEqualTo(pending.isEmpty() ? Status.UP : new Status("DEGRADED"));
		String row = "| %s | %s | %s | %d ms | %d |".formatted(edit.name(), edit.stock(),
				pending.isEmpty() ? "in force" : "refused: `" + pending.get(0).replace("|", "\\|") + "`",
				after.toMillis(), load.failures.size() - failuresBefore);
		if (edit.undo()) {
			undo();
		}
		return row;
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
		await("undone").atMost(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(10))
			.until(() -> this.routes.getPendingEdit().isEmpty() && this.routes.getHash().equals(hashOnDisk()));
	}

	private String hashOnDisk() throws IOException {
		return RouteSet.read(this.settings, ROUTES, (problem) -> {
		}).hash();
	}

	private void shouldRollBack() throws IOException {
		long before = this.routes.getRevision();
		replacing("feedback", "\"recorded\"", "\"kept\"").run();
		await().atMost(IN_FORCE).until(() -> feedbackStatus().equals("kept"));

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
		return ROUTES.resolve(name + ".camel.yaml");
	}

	private static List<Path> files(Path folder) throws IOException {
		try (Stream<Path> files = Files.list(folder)) {
			return files.filter((file) -> !Files.isDirectory(file)).map(folder::relativize).toList();
		}
	}

	private static Path copyOfRoutes() {
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
			long end = System.nanoTime() + Duration.ofSeconds((ALL) ? 40 : 4).toNanos();
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
			this.sent.set(0);
			this.longest.set(0);
		}

		void start() {
			var unused = this.clock.scheduleAtFixedRate(this::converse, 0, (ALL) ? 20 : 80, TimeUnit.MILLISECONDS);
		}

		void stop() {
			this.clock.shutdown();
			await().atMost(Duration.ofSeconds(30)).until(() -> this.open.get() == 0);
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

}
