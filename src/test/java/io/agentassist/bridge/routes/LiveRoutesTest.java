package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.agentassist.bridge.failure.ScheduledFailures;
import io.agentassist.bridge.http.Intakes;
import io.agentassist.bridge.operations.FlowManagement;
import io.agentassist.bridge.ranking.FeedbackModel;
import io.agentassist.bridge.ranking.RankingProperties;
import io.agentassist.bridge.settings.InvalidSettingException;
import io.agentassist.bridge.settings.LiveSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.validation.Validation;
import jakarta.validation.ValidatorFactory;
import jakarta.validation.constraints.PositiveOrZero;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.SuspendableService;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.component.log.LogComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.EventNotifier;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.config.AutowireCapableBeanFactory;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.FileSystemUtils;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/** Live editing in a Camel context of its own, without the bridge around it. */
@ExtendWith(OutputCaptureExtension.class)
class LiveRoutesTest {

	private static final String GREETING = """
			- route:
			    id: greet
			    from:
			      uri: direct:greet
			      steps:
			        - setBody:
			            constant: resource:file:{{folder}}/greeting.txt
			""";

	private static final String POLICY = """
			- routeConfiguration:
			    id: forgiving
			    onException:
			      - onException:
			          exception: [java.lang.IllegalStateException]
			          handled:
			            constant: "true"
			          steps:
			            - setBody:
			                constant: resource:file:{{folder}}/sorry.txt
			""";

	private static final String FAILING = """
			- route:
			    id: greet
			    routeConfigurationId: forgiving
			    from:
			      uri: direct:greet
			      steps:
			        - throwException:
			            exceptionType: java.lang.IllegalStateException
			            message: the %s
			""";

	private static final ValidatorFactory VALIDATORS = Validation.buildDefaultValidatorFactory();

	private static final RankingProperties RANKING = new RankingProperties(0.6, 0.3, 0.15, 0.1,
			FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(30), 0.0);

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@TempDir
	private Path folder;

	@TempDir
	private Path history;

	@TempDir
	private Path config;

	private List<String> patterns = List.of("*.camel.yaml");

	private boolean live = true;

	private List<String> allowedBeans = List.of();

	private RoutesProperties settings;

	private MeterRegistry meters;

	/** The beans that routes call. */
	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	private StandardEnvironment environment;

	private LiveSettings<RankingProperties> ranking;

	private DefaultCamelContext camel;

	private LiveRoutes routes;

	private RouteWatcher watcher;

	@AfterEach
	void stop() throws IOException {
		if (this.watcher != null) {
			this.watcher.stop();
		}
		if (this.camel != null) {
			this.camel.close();
		}
	}

	@Test
	void shouldReadFilesOfTheLastGoodSetAfterARestartOnABrokenFolder() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();
		assertThat(greeting()).isEqualTo("hello");
		this.camel.close();

		write("greeting.camel.yaml", GREETING.replace("setBody", "setBoddy"));
		write("greeting.txt", "hello from an edit that was rejected");
		start();

		assertThat(this.meters.get("agentassist.routes.pending").gauge().value()).isOne();
		assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("'setBoddy'");
		assertThat(greeting()).isEqualTo("hello");
	}

	/** The check did not build policies, so that the bridge did not start any more. */
	@Test
	void shouldRunTheLastGoodSetAfterARestartOnAPolicyThatCannotBeBuilt() throws Exception {
		write("errors.camel.yaml", POLICY);
		write("sorry.txt", "sorry");
		write("greeting.camel.yaml", FAILING.formatted("first"));
		start();
		write("errors.camel.yaml", POLICY.replace("IllegalState", "IlegalState"));
		String problem = "errors.camel.yaml:5:23: error: routeConfiguration 'forgiving' cannot be built: "
				+ "there is no class 'java.lang.IlegalStateException'";
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).containsExactly(problem);
		this.camel.close();

		start();

		assertThat(this.routes.getPendingEdit()).containsExactly(problem);
		assertThat(greeting()).isEqualTo("sorry");
	}

	@Test
	void shouldNotTakeFilesForRoutesThatWereSoWithEarlierSettingsOnly() throws Exception {
		startOnceWithMorePatterns();

		start();
		this.routes.warmUp();

		assertThat(this.camel.getRoute("more")).isNull();
		assertThat(this.routes.getRevision()).isEqualTo(1);
		assertThat(this.routes.getWarnings()).isEmpty();
	}

	@Test
	void shouldGoBackToThoseRoutesOfAnEarlierSetThatTheSettingsSelectNow() throws Exception {
		startOnceWithMorePatterns();

		write("greeting.camel.yaml", GREETING.replace("setBody", "setBoddy"));
		start();
		assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("'setBoddy'");
		assertThat(greeting()).isEqualTo("hello");
		assertThat(this.camel.getRoute("more")).isNull();

		write("greeting.camel.yaml", GREETING.replace("direct:greet", "direct:meet"));
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(2);
		this.routes.rollBack(1);
		assertThat(greeting()).isEqualTo("hello");
		assertThat(this.camel.getRoute("more")).isNull();
	}

	@Test
	void shouldWarnOfAFileThatLooksLikeRoutesAndIsNone(CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", GREETING.replace("greeting.txt", "greeting.yaml"));
		write("greeting.yaml", "hello: you");
		start();

		write("mine.camel.yml", GREETING);
		this.routes.refresh();
		this.routes.refresh();

		String warning = "mine.camel.yml:1:1: warning: is not a route file (agentassist.routes.files), not loaded";
		assertThat(this.routes.getRevision()).isEqualTo(2);
		assertThat(this.routes.getWarnings()).containsExactly(warning);
		assertThat(log).containsOnlyOnce("Routes: " + warning);
	}

	/** All lines were errors. */
	@Test
	void shouldLogWarningsOfARejectedEditAsWarnings(CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();

		write("mine.camel.yml", GREETING);
		write("greeting.camel.yaml", "- nothing:");
		this.routes.refresh();

		assertThat(log.getOut()).containsPattern("WARN .*Routes rejected: mine.camel.yml:1:1: warning: ")
			.containsPattern("ERROR .*Routes rejected: greeting.camel.yaml:1:3: error: ");
	}

	@Test
	void shouldReadFilesOfThePreviousSetWhenARouteDoesNotStart() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();

		write("greeting.txt", "good day");
		write("beat.camel.yaml", """
				# Two lines that the message
				# has to count.
				- route:
				    id: beat
				    from:
				      uri: scheduler:beat?poolSize=-1
				      steps:
				        - log: beat
				""");
		this.routes.refresh();

		// Newer JDKs give this exception a message.
		String edit = "beat.camel.yaml:4:5: error: route 'beat' does not start: ";
		assertThat(this.routes.getPendingEdit()).singleElement()
			.isIn(edit + "IllegalArgumentException in ThreadPoolExecutor.<init>",
					edit + "corePoolSize must be non-negative");
		assertThat(greeting()).isEqualTo("hello");
	}

	@Test
	void shouldNotLeaveEndpointsOfReplacedRoutesBehind() throws Exception {
		String route = "- route: {id: talk, from: {uri: 'direct:talk', steps: [{to: {uri: 'log:talk%d'}}]}}\n";
		write("talk.camel.yaml", route.formatted(0));
		start();
		int before = this.camel.getEndpoints().size();

		for (int i = 1; i <= 5; i++) {
			write("talk.camel.yaml", route.formatted(i));
			this.routes.refresh();
		}

		assertThat(this.routes.getRevision()).isEqualTo(6);
		await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
			this.routes.stopRetired();
			assertThat(this.camel.getEndpoints()).hasSize(before);
		});
		assertThat(this.camel.hasEndpoint("log:talk5")).isNotNull();
		this.camel.createProducerTemplate().sendBody("direct:talk", "");
	}

	@Test
	void shouldTellOfItselfWhileAnEditIsUnderWay() throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		start();
		LiveRoutesHealthIndicator health = new LiveRoutesHealthIndicator(this.routes);

		LiveRoutes editing = this.routes;

		// As an edit has it, which may wait for seconds until a message is through.
		synchronized (editing) {
			assertThat(CompletableFuture.supplyAsync(health::health)).succeedsWithin(Duration.ofSeconds(10))
				.returns(Status.UP, Health::getStatus);
			assertThat(CompletableFuture.supplyAsync(this.routes::getHash)).succeedsWithin(Duration.ofSeconds(10));
			assertThat(CompletableFuture.supplyAsync(this.routes::getWarnings)).succeedsWithin(Duration.ofSeconds(10));
			assertThat(CompletableFuture.supplyAsync(this.routes::getHistory)).succeedsWithin(Duration.ofSeconds(10));
		}
	}

	@Test
	void shouldPutSettingsInForceAndExchangeRoutesWhosePlaceholderChanged() throws Exception {
		write("greeting.camel.yaml", """
				- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: '{{greeting}}'}}]}}
				- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}
				""");
		configure("greeting: hello");
		start();
		Route untouched = this.camel.getRoute("wait");

		configure("greeting: good day", "agentassist.ranking.skill-weight: 0.5");
		this.routes.refresh();

		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(this.ranking.get().skillWeight()).isEqualTo(0.5);
		assertThat(this.ranking.get().confidenceWeight()).isEqualTo(0.6);
		assertThat(greeting()).isEqualTo("good day");
		assertThat(this.camel.getRoute("wait")).isSameAs(untouched);
		assertThat(this.routes.getHistory()).last()
			.asString()
			.startsWith("2 at")
			.contains("settings agentassist.ranking.skill-weight 0.3 -> 0.5, greeting (application.yaml by ");
	}

	@Test
	void shouldRefuseSettingsThatAStartWouldRefuse() throws Exception {
		write("greeting.camel.yaml",
				"- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: '{{greeting}}'}}]}}");
		configure("greeting: hello");
		start();
		String file = this.config.resolve("application.yaml").toString();

		configure("greeting: good day", "agentassist.ranking.skill-weight: -1");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).containsExactly(
				file + ":2:35: error: 'agentassist.ranking.skill-weight' must be greater than or equal to 0");

		configure("agentassist.ranking.feedback-model: guess");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).hasSize(2)
			.anySatisfy((line) -> assertThat(line).startsWith(
					file + ":1:37: error: 'agentassist.ranking.feedback-model' must be one of acceptance-ratio, "))
			.anySatisfy((line) -> assertThat(line).contains("the setting 'greeting' is not defined"));

		configure("greeting: hello", "agentassist.ranking.skill-weight: ${WEIGHT}");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement()
			.asString()
			.startsWith(file + ":2:35: error: 'agentassist.ranking.skill-weight' must be a number");

		configure("greeting: hello", "agentassist.genesys.client-secret: ''");
		this.routes.refresh();
		String missing = file
				+ ":2:36: error: 'agentassist.genesys.client-secret' has no value: set GENESYS_CLIENT_SECRET";
		assertThat(this.routes.getPendingEdit()).contains(missing);

		// Which would be taken for the secret itself.
		configure("greeting: hello", "agentassist.genesys.client-secret: ${NOT_THERE}",
				"agentassist.callback.auth: ${NOT_THERE}");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).contains(missing);

		configure("greeting: hello", "agentassist.analytics.endpoint: http://collector.example/");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).first()
			.asString()
			.startsWith(file + ":2:33: error: 'agentassist.analytics.endpoint' must be https://");

		configure("greeting: [good day");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement()
			.asString()
			.startsWith(file + ":")
			.contains("not valid YAML");

		assertThat(this.ranking.get()).isEqualTo(RANKING);
		assertThat(greeting()).isEqualTo("hello");
		assertThat(this.routes.getRevision()).isEqualTo(1);
		configure("greeting: hello");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEmpty();
	}

	/** Camel and the YAML parser quote what is wrong. */
	@Test
	void shouldNotTellASecretInWhatIsWrongWithAnEdit(CapturedOutput log) throws Exception {
		String route = "- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {simple: '${%s}'}}]}}";
		write("greeting.camel.yaml", route.formatted("body"));
		configure("site.secret: swordfish-0815", "other.secret: ${NOT_THERE}");
		start();

		write("greeting.camel.yaml", route.formatted("heder.{{site.secret}}"));
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("heder.***");

		configure("site.secret: swordfish-0815", "camel.component.sqs.secret-key: mackerel-0815",
				"camel.component.servicebus.connection-string: Endpoint=sturgeon");
		for (String key : List.of("sqs.secret-key", "servicebus.connection-string")) {
			write("greeting.camel.yaml", route.formatted("heder.{{camel.component." + key + "}}"));
			this.routes.refresh();
			assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("heder.***");
		}
		configure("site.secret: swordfish-0815", "other.secret: ${NOT_THERE}");

		write("greeting.camel.yaml", route.formatted("body"));
		for (String line : List.of("site.secret: swordfish-4711", "x: *swordfish", "x: !swordfish y",
				"x: @swordfish")) {
			configure("site.secret: swordfish-0815", line);
			this.routes.refresh();
			assertThat(this.routes.getPendingEdit()).singleElement()
				.asString()
				.startsWith(this.config.resolve("application.yaml") + ":2:")
				.contains(": error: not valid YAML: ");
		}
		assertThat(log).contains("Routes rejected: ").doesNotContain("swordfish");
	}

	@Test
	void shouldPutSettingsBackWhenARouteDoesNotStart() throws Exception {
		write("greeting.camel.yaml", """
				- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: '{{greeting}}'}}]}}
				- route: {id: beat, from: {uri: 'scheduler:beat?poolSize={{beats}}', steps: [{log: beat}]}}
				""");
		configure("greeting: hello", "beats: 1");
		start();

		configure("greeting: good day", "beats: -1", "agentassist.ranking.skill-weight: 0.5");
		this.routes.refresh();

		assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("route 'beat' does not start");
		assertThat(this.ranking.get()).isEqualTo(RANKING);
		assertThat(greeting()).isEqualTo("hello");
		assertThat(this.environment.getProperty("beats")).isEqualTo("1");
	}

	/** The first edits may come before the warm-up, which forgot what it warned of. */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void shouldNameSettingsThatWaitForARestart(boolean warmUp) throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("server.port: 8080");
		start();

		configure("server.port: 9090");
		this.routes.refresh();
		configure("server.port: 9090", "agentassist.ranking.skill-weight: 0.5");
		this.routes.refresh();
		if (warmUp) {
			this.routes.warmUp();
		}

		assertThat(this.routes.getWarnings()).singleElement()
			.asString()
			.endsWith("application.yaml:1:14: warning: 'server.port' is read at the start only, and takes effect at a"
					+ " restart");
	}

	@Test
	void shouldNameAListThatWaitsForARestartOnce() throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("management.endpoints.web.exposure.include: [health, routes]");
		start();

		configure("management.endpoints.web.exposure.include: [info, health, routes]");
		this.routes.refresh();

		assertThat(this.routes.getWarnings()).singleElement()
			.asString()
			.endsWith("application.yaml:1:45: warning: 'management.endpoints.web.exposure.include' is read at the"
					+ " start only, and takes effect at a restart");
	}

	@Test
	void shouldNameAnUnknownSettingWithoutItsValue() throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("greeting: hello");
		start();

		configure("greeting: hello", "agentassist.ranking.skil-weight: swordfish");
		this.routes.refresh();

		assertThat(this.routes.getWarnings()).singleElement()
			.asString()
			.contains("'agentassist.ranking.skil-weight' is not a setting of the bridge");
		assertThat(this.history).isDirectoryRecursivelyContaining("glob:**.json")
			.isDirectoryNotContaining((file) -> contains(file, "swordfish"));
	}

	@Test
	void shouldTellOfMisspeltAndMissingSettingsWhereTheyStand() throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("other.value: 1", "other.name: first");
		start();
		String file = this.config.resolve("application.yaml").toString();

		configure("# Two lines", "agentassist.ranking:", "  skill-weight: 0.4", "  skil-bonus: 0.2", "other.value: 1",
				"other.name: first");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(this.routes.getWarnings()).containsExactly(file + ":4:15: warning: 'agentassist.ranking.skil-bonus'"
				+ " is not a setting of the bridge, and no route names it: is it misspelt?");

		configure("other:", "  value: 1", "  nmae: first");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit())
			.containsExactly(file + ":2:10: error: 'other.name' has to be first where other.value is 1");

		configure("other:", "  value: 1", "  name: last");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit())
			.containsExactly(file + ":3:9: error: 'other.name' has to be first where other.value is 1");
	}

	/** The edit was logged as if it were in force. */
	@Test
	void shouldTellOfAnEditThatAnEnvironmentVariableOverrides(CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("agentassist.ranking.half-life: 1d");
		start();
		String overridden = this.config.resolve("application.yaml")
				+ ":%d:%d: warning: this edit of '%s' changes nothing: the value in force comes from ";

		configure("agentassist.ranking.half-life: 2d");
		this.routes.refresh();
		configure("agentassist.ranking.half-life: 2d", "folder: new");
		this.routes.refresh();

		assertThat(log).contains(overridden.formatted(1, 32, "agentassist.ranking.half-life"))
			.contains(overridden.formatted(2, 9, "folder"))
			.doesNotContain("1d -> 2d", "takes effect at a restart");
	}

	/**
	 * Of a file's documents, a later one wins: edits of its values were not told apart.
	 */
	@Test
	void shouldTellOfAnOverriddenEditOfTheDocumentThatWins(CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("folder: here", "---", "folder: there");
		start();

		configure("folder: here", "---", "folder: elsewhere");
		this.routes.refresh();

		assertThat(log).contains("application.yaml:3:9: warning: this edit of 'folder' changes nothing");
	}

	@Test
	void shouldTellOfAnEditThatSomethingElseOverrides(CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("folder: here", "greeting: ${folder:hello}");
		start();
		String file = this.config.resolve("application.yaml").toString();
		String folder = file + ":1:9: warning: this edit of 'folder' changes nothing: the value in force comes from"
				+ " \"folder\" from property source \"test\"";

		configure("folder: there", "greeting: ${folder:good day}");
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(1);
		assertThat(log).containsOnlyOnce(folder)
			.containsOnlyOnce(file + ":2:11: warning: this edit of 'greeting' changes nothing: the value in force comes"
					+ " from what its ${…} stands for");

		this.routes.refresh();
		assertThat(log).containsOnlyOnce(folder);

		configure("folder: elsewhere", "greeting: ${folder:good day}", "agentassist.ranking.skill-weight: 0.5");
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(2);
		assertThat(this.routes.getWarnings()).containsExactly(folder);

		configure("folder: elsewhere", "greeting: ${folder:good day}", "agentassist.ranking.skill-weight: 0.5", "---",
				"second-document: true");
		this.routes.refresh();
		assertThat(this.routes.getWarnings()).noneMatch((warning) -> warning.contains("changes nothing"));
	}

	@Test
	void shouldStartARouteOnceItsPreconditionHolds() throws Exception {
		write("greeting.camel.yaml", """
				- route:
				    id: talk
				    precondition: "'{{talking}}' == 'yes'"
				    from: {uri: 'direct:talk', steps: [{log: talk}]}
				- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}
				""");
		configure("talking: no way");
		start();
		assertThat(this.camel.getRoute("talk")).isNull();

		configure("talking: yes".replace("yes", "'yes'"));
		this.routes.refresh();
		assertThat(this.camel.getRoute("talk")).isNotNull();

		configure("talking: no more");
		this.routes.refresh();
		assertThat(this.camel.getRoute("talk")).isNull();
		assertThat(this.routes.getPendingEdit()).isEmpty();
	}

	/** A volume that was mounted over the folder, or a pattern that matches nothing. */
	@Test
	void shouldNotStartWithoutRoutes() {
		assertThatThrownBy(this::start).isInstanceOf(UnreadableRoutesException.class)
			.hasMessageContaining(this.folder + ": ")
			.hasMessageContaining("there are no route files: none matches agentassist.routes.files, [*.camel.yaml]");
		assertThat(new RoutesFailureAnalyzer().analyze(catchThrowable(this::start)).getDescription())
			.startsWith("The routes cannot be read: in the folder " + this.folder + ": ");
	}

	@Test
	void shouldNotStartForTheFirstTimeWithoutAFileThatIsRefused() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		Files.write(this.folder.resolve("more.camel.yaml"), new byte[] { (byte) 0xff });

		assertThatThrownBy(this::start).hasMessageContaining("more.camel.yaml:1:1: is not UTF-8 text");
	}

	@Test
	void shouldGoOnWithTheLastSetWhenAllFilesAreGone() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();

		Files.delete(this.folder.resolve("greeting.camel.yaml"));
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement()
			.asString()
			.startsWith(".:1:1: error: there are no route files");
		assertThat(greeting()).isEqualTo("hello");

		this.camel.close();
		FileSystemUtils.deleteRecursively(this.folder);
		start();
		assertThat(this.routes.getPendingEdit()).first()
			.asString()
			.startsWith(".:1:1: error: cannot be read: java.nio.file.NoSuchFileException: ");
		assertThat(greeting()).isEqualTo("hello");
	}

	/** As git-sync has it, which points the link at another folder for each commit. */
	@Test
	void shouldFollowALinkToTheFolder(@TempDir Path place) throws Exception {
		Path commit = Files.createDirectory(place.resolve("first"));
		Files.writeString(commit.resolve("greeting.camel.yaml"), GREETING.replace("resource:file:{{folder}}/", ""));
		this.folder = Files.createSymbolicLink(place.resolve("current"), commit);
		start();
		assertThat(greeting()).isEqualTo("greeting.txt");

		watch();
		Path next = Files.createDirectory(place.resolve("second"));
		Files.writeString(next.resolve("greeting.camel.yaml"),
				GREETING.replace("resource:file:{{folder}}/greeting.txt", "good day"));
		Files.move(Files.createSymbolicLink(place.resolve("new"), next), this.folder, StandardCopyOption.ATOMIC_MOVE);
		await().atMost(PATIENCE).until(() -> greeting().equals("good day"));
	}

	@Test
	void shouldTellOfErrorsThatTheStartDidNotLookFor(CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", """
				- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: hello}}]}}
				- route: {id: call, from: {uri: 'direct:call', steps: [{to: {uri: 'direct:nobody'}}]}}
				""");
		start();
		assertThat(new LiveRoutesHealthIndicator(this.routes).health().getStatus()).isEqualTo(Status.UP);

		this.routes.warmUp();

		String error = "greeting.camel.yaml:2:67: error: no route starts with 'direct:nobody'";
		assertThat(this.routes.getProblems()).containsExactly(error);
		assertThat(this.routes.getWarnings()).isEmpty();
		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(log).containsOnlyOnce("Running routes: " + error);
		assertThat(new LiveRoutesHealthIndicator(this.routes).health())
			.returns(new Status("DEGRADED"), Health::getStatus)
			.returns(List.of(error), (health) -> health.getDetails().get("problems"));

		write("greeting.camel.yaml",
				"- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: x}}]}}");
		this.routes.refresh();
		assertThat(this.routes.getProblems()).isEmpty();
	}

	/** A link to itself stands for all that the system does not let anybody read. */
	@Test
	void shouldTakeWhatCannotBeReadForABadEdit() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();
		Path link = this.folder.resolve("loop.camel.yaml");

		Files.createSymbolicLink(link, link);
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement()
			.asString()
			.startsWith("loop.camel.yaml:1:1: error: cannot be read: ");

		this.camel.close();
		start();
		assertThat(this.routes.getPendingEdit()).hasSize(1);
		assertThat(greeting()).isEqualTo("hello");
	}

	/** The super user may read everything: this shows nothing where it runs the tests. */
	@Test
	void shouldTakeFilesWithoutPermissionForABadEditUntilTheyHaveIt() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();
		Files.createDirectory(this.folder.resolve("lost+found"), mode("---------"));
		Path more = Files.createDirectory(this.folder.resolve("more"), mode("---------"));
		assumeThat(Files.isReadable(more)).isFalse();

		watch();
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.routes.getPendingEdit())
				.containsExactly("more:1:1: error: cannot be read: the bridge's user may not"));
		Files.delete(more);
		await().atMost(PATIENCE).until(() -> this.routes.getPendingEdit().isEmpty());

		write("greeting.txt", "good day");
		Files.setPosixFilePermissions(this.folder.resolve("greeting.txt"), Set.of());
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.routes.getPendingEdit())
				.contains("greeting.txt:1:1: error: cannot be read: the bridge's user may not"));
		assertThat(greeting()).isEqualTo("hello");
		Files.setPosixFilePermissions(this.folder.resolve("greeting.txt"), Set.of(PosixFilePermission.OWNER_READ));
		await().atMost(PATIENCE).until(() -> greeting().equals("good day"));
	}

	/** As a power cut leaves them. */
	@ParameterizedTest
	@ValueSource(strings = { "", "{\"revision\":", "{}" })
	void shouldPassOverRevisionsThatCannotBeRead(String text, CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();
		this.camel.close();
		Files.writeString(this.history.resolve("00000002.json"), text);

		write("greeting.txt", "good day");
		write("greeting.camel.yaml", GREETING.replace("setBody", "setBoddy"));
		start();
		assertThat(greeting()).isEqualTo("hello");
		assertThat(this.routes.getHistory()).hasSize(1);
		assertThat(log).containsOnlyOnce("00000002.json cannot be read and is skipped: ");

		write("greeting.camel.yaml", GREETING);
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(2);
		assertThat(this.routes.getHistory()).hasSize(2);
		this.routes.rollBack(1);
		assertThat(greeting()).isEqualTo("hello");
	}

	@Test
	void shouldKeepASetWhereNoneOfTheOlderOnesCanBeRead() throws Exception {
		for (int i = 1; i <= RouteHistory.LENGTH; i++) {
			Files.createFile(this.history.resolve("%08d.json".formatted(i)));
		}
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();

		assertThat(this.routes.getRevision()).isEqualTo(RouteHistory.LENGTH + 1);
		assertThat(this.routes.getHistory()).hasSize(1);
	}

	@Test
	void shouldTellThatASetCannotBeKept() throws Exception {
		FileSystemUtils.deleteRecursively(this.history);
		Files.createFile(this.history);
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();

		assertThat(greeting()).isEqualTo("hello");
		assertThat(this.routes.getProblems()).singleElement()
			.asString()
			.startsWith("revision 1 could not be kept in " + this.history + ", so it cannot be rolled back to: ");
		assertThat(new LiveRoutesHealthIndicator(this.routes).health().getStatus()).isEqualTo(new Status("DEGRADED"));

		Files.delete(this.history);
		write("greeting.txt", "good day");
		this.routes.refresh();
		assertThat(this.routes.getProblems()).isEmpty();
		assertThat(this.routes.getHistory()).hasSize(1);
	}

	/**
	 * A link to nowhere cannot be written, as nothing can in a folder that is read-only.
	 */
	@Test
	void shouldNotGoBackWhereTheFolderWouldUndoIt() throws Exception {
		startTwoRevisionsOfWhichTheFirstHasAFolder();
		Files.createSymbolicLink(this.folder.resolve("texts"), this.folder.resolve("nothing"));

		WebEndpointResponse<LiveRoutesEndpoint.State> answer = new LiveRoutesEndpoint(this.routes).rollBack(1);

		assertThat(answer.getStatus()).isEqualTo(409);
		assertThat(answer.getBody().error()).isEqualTo(this.folder.resolve("texts")
				+ " cannot be written by the bridge, so the folder would undo the roll-back: put the files of revision 1"
				+ " there yourself, from " + this.history.resolve("00000001.json"));
		assertThat(greeting()).isEqualTo("good day");
		assertThat(this.routes.getRevision()).isEqualTo(2);
	}

	@Test
	void shouldTellThatTheFilesOfARollBackCouldNotBeWritten() throws Exception {
		startTwoRevisionsOfWhichTheFirstHasAFolder();
		Files.write(this.folder.resolve("texts"), new byte[] { (byte) 0xff });

		WebEndpointResponse<LiveRoutesEndpoint.State> answer = new LiveRoutesEndpoint(this.routes).rollBack(1);

		assertThat(answer.getStatus()).isEqualTo(409);
		assertThat(answer.getBody().error())
			.startsWith("the files of revision 1, which runs as 3, could not all be written, and the next edit");
		assertThat(this.routes.getPendingEdit()).containsExactly(".:1:1: error: " + answer.getBody().error());
		assertThat(greeting()).isEqualTo("hello");

		Files.delete(this.folder.resolve("texts"));
		Files.deleteIfExists(this.folder.resolve("greeting.txt"));
		writeTheFirstOfThem();
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(this.routes.getRevision()).isEqualTo(3);
	}

	private void startTwoRevisionsOfWhichTheFirstHasAFolder() throws Exception {
		writeTheFirstOfThem();
		start();
		FileSystemUtils.deleteRecursively(this.folder.resolve("texts"));
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "good day");
		this.routes.refresh();
		assertThat(greeting()).isEqualTo("good day");
	}

	private void writeTheFirstOfThem() throws IOException {
		Files.createDirectory(this.folder.resolve("texts"));
		write("texts/greeting.txt", "hello");
		write("greeting.camel.yaml", GREETING.replace("greeting.txt", "texts/greeting.txt"));
	}

	@Test
	void shouldNotTakeARefusedRollBackForAnEdit() throws Exception {
		write("greeting.camel.yaml", """
				- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: '{{old}}'}}]}}
				""");
		configure("old: hello");
		start();
		write("greeting.camel.yaml", """
				- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: good day}}]}}
				""");
		configure("new: hello");
		this.routes.refresh();

		assertThatThrownBy(() -> this.routes.rollBack(1)).isInstanceOf(IllegalStateException.class)
			.hasMessageStartingWith("Revision 1 no longer runs: ")
			.hasMessageContaining("the setting 'old' is not defined");

		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(new LiveRoutesHealthIndicator(this.routes).health().getStatus()).isEqualTo(Status.UP);
		assertThat(greeting()).isEqualTo("good day");
	}

	/** As of a class that is missing in lib/: an error, and no exception. */
	@Test
	void shouldGoOnWatchingAfterARouteWhoseClassDoesNotLoad() throws Exception {
		String route = "- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {%s}}]}}";
		write("greeting.camel.yaml", route.formatted("constant: hello"));
		start();

		watch();
		write("greeting.camel.yaml", route.formatted("method: {beanType: '" + Unloadable.class.getName() + "'}"));
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.routes.getPendingEdit()).singleElement()
				.asString()
				.startsWith("greeting.camel.yaml:1:11: error: route 'greet' cannot be built: "));
		assertThat(greeting()).isEqualTo("hello");

		write("greeting.camel.yaml", route.formatted("constant: good day"));
		await().atMost(PATIENCE).until(() -> greeting().equals("good day"));
	}

	@Test
	void shouldPutRoutesBackWhenOneMeetsAnErrorAtItsStart() throws Exception {
		String routes = """
				- route: {id: greet, from: {uri: 'direct:greet', steps: [{setBody: {constant: %s}}]}}
				- route: {id: last, from: {uri: 'direct:last', steps: [{to: {uri: 'log:%s'}}]}}
				""";
		write("greeting.camel.yaml", routes.formatted("hello", "good"));
		start();
		this.camel.removeComponent("log");
		this.camel.addComponent("log", new LogComponent() {
			@Override
			protected Endpoint createEndpoint(String uri, String name, Map<String, Object> parameters)
					throws Exception {
				if ("bad".equals(name)) {
					throw new NoClassDefFoundError("com/example/Missing");
				}
				return super.createEndpoint(uri, name, parameters);
			}
		});

		write("greeting.camel.yaml", routes.formatted("good day", "bad"));
		this.routes.refresh();

		assertThat(this.routes.getPendingEdit()).singleElement()
			.asString()
			.contains("route 'last' does not start: NoClassDefFoundError: com/example/Missing");
		assertThat(greeting()).isEqualTo("hello");
		this.camel.createProducerTemplate().sendBody("direct:last", "");
	}

	@Test
	void shouldStopReplacedRoutesAlsoWithoutLiveEditing() throws Exception {
		String route = "- route: {id: talk, from: {uri: 'direct:talk', steps: [{to: {uri: 'log:talk%d'}}]}}\n";
		this.live = false;
		write("talk.camel.yaml", route.formatted(1));
		start();
		write("talk.camel.yaml", route.formatted(2));
		this.routes.refresh();

		watch();
		write("talk.camel.yaml", route.formatted(3));
		await().atMost(PATIENCE).until(() -> this.camel.hasEndpoint("log:talk1") == null);
		assertThat(this.routes.getRevision()).isEqualTo(2);
	}

	/** By whom it was paused, the exchange does not know. */
	@Test
	void shouldLeaveAPausedRoutePausedOverEdits(CapturedOutput log) throws Exception {
		String route = """
				- route:
				    id: beat
				    from:
				      uri: scheduler:beat?initialDelay=0&delay=10
				      steps:
				        - log: beat of text %s
				""";
		write("beat.camel.yaml", route.formatted("one"));
		start();
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(log).contains("beat of text one"));
		this.camel.getRouteController().suspendRoute("beat");

		write("beat.camel.yaml", route.formatted("two"));
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(2);
		assertThat(this.camel.getRouteController().getRouteStatus("beat")).isEqualTo(ServiceStatus.Stopped);

		write("beat.camel.yaml", route.formatted("three"));
		write("more.camel.yaml",
				"- route: {id: more, from: {uri: 'scheduler:more?poolSize=-1', steps: [{log: more}]}}");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).hasSize(1);
		assertThat(this.camel.getRouteController().getRouteStatus("beat")).isEqualTo(ServiceStatus.Stopped);
		Files.delete(this.folder.resolve("more.camel.yaml"));
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(3);
		assertThat(this.camel.getRouteController().getRouteStatus("beat")).isEqualTo(ServiceStatus.Stopped);
		assertThat(log).doesNotContain("beat of text t");

		this.camel.getRouteController().resumeRoute("beat");
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(log).contains("beat of text three"));
		write("beat.camel.yaml", route.formatted("four"));
		this.routes.refresh();
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(log).contains("beat of text four"));
	}

	/** Its new version failed for another reason, which nobody was told. */
	@Test
	void shouldTellThatAScheduledRouteFailsAfterAnEditToo(CapturedOutput log) throws Exception {
		this.beans.registerSingleton("scheduledFailures", bean(ScheduledFailures.class, new SimpleMeterRegistry()));
		String route = """
				- route:
				    id: beat
				    routeConfigurationId: telling
				    from:
				      uri: scheduler:beat?initialDelay=0&delay=10
				      steps:
				        - throwException: {exceptionType: java.lang.%s, message: no}
				""";
		write("errors.camel.yaml", """
				- routeConfiguration:
				    id: telling
				    onException:
				      - onException:
				          exception: [java.lang.Exception]
				          handled: {constant: "true"}
				          steps:
				            - bean: {ref: scheduledFailures, method: failed}
				""");
		write("failing.camel.yaml", route.formatted("IllegalStateException"));
		start();
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(log).contains("Route beat fails and is tried again: IllegalState"));

		write("failing.camel.yaml", route.formatted("UnsupportedOperationException"));
		this.routes.refresh();

		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(log).contains("Route beat fails and is tried again: UnsupportedOp"));
		long failures = failures("beat");
		await().atMost(PATIENCE).until(() -> failures("beat") > failures + 3);
		assertThat(log.getOut().lines().filter((line) -> line.contains("Route beat fails"))).hasSize(2);
	}

	/** The new version ran, although the operator had been told that it is paused. */
	@Test
	void shouldKeepAPauseThatIsUnderWayWhenAnEditIsApplied(CapturedOutput log) throws Exception {
		Gate gate = new Gate();
		this.beans.registerSingleton("gate", gate);
		String route = """
				- route:
				    id: deliver-beats
				    from:
				      uri: scheduler:beat?initialDelay=0&delay=10
				      steps:
				        - bean: {ref: gate, method: pass}
				        - log: beat of text %s
				""";
		write("beat.camel.yaml", route.formatted("one"));
		start();
		FlowManagement flow = bean(FlowManagement.class, this.camel, new Intakes());
		assertThat(gate.reached.await(10, TimeUnit.SECONDS)).isTrue();

		FutureTask<String> pause = new FutureTask<>(() -> flow.pause("deliver-beats"));
		new Thread(pause).start();
		SuspendableService consumer = (SuspendableService) this.camel.getRoute("deliver-beats").getConsumer();
		await().atMost(PATIENCE).until(consumer::isSuspended);
		write("beat.camel.yaml", route.formatted("two"));
		FutureTask<Void> edit = new FutureTask<>(this.routes::refresh, null);
		Thread editing = new Thread(edit);
		editing.start();
		await().atMost(PATIENCE)
			.until(() -> Stream.of(editing.getStackTrace())
				.anyMatch((frame) -> frame.getClassName().equals(RouteSwapper.class.getName())));
		gate.open.countDown();

		assertThat(pause).succeedsWithin(PATIENCE);
		assertThat(edit).succeedsWithin(PATIENCE);
		assertThat(this.routes.getRevision()).isEqualTo(2);
		assertThat(flow.getStates()).containsEntry("deliver-beats", "paused");
		assertThat(log).doesNotContain("beat of text two");
		flow.resume("deliver-beats");
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(log).contains("beat of text two"));
	}

	/** It waited for 30 s for a route of that name, then failed. */
	@Test
	void shouldFinishMessagesThatHaveYetToCallARouteThatIsGone() throws Exception {
		Gate gate = new Gate();
		this.beans.registerSingleton("gate", gate);
		String set = """
				- route:
				    id: greet
				    from:
				      uri: direct:greet
				      steps:
				        - bean: {ref: gate, method: pass}
				        - to: direct:%1$s
				- route: {id: answer, from: {uri: 'direct:%1$s', steps: [{setBody: {constant: %2$s}}]}}
				- route: {id: other, from: {uri: 'direct:other', steps: [{to: 'log:%2$s'}]}}
				""";
		write("greeting.camel.yaml", set.formatted("answer", "hello"));
		start();
		CompletableFuture<String> waiting = CompletableFuture.supplyAsync(this::greeting);
		assertThat(gate.reached.await(10, TimeUnit.SECONDS)).isTrue();

		write("greeting.camel.yaml", set.formatted("reply", "welcome"));
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(2);
		awaitRetirementUntilThereIsNo("log:hello");
		gate.open.countDown();
		assertThat(waiting).succeedsWithin(PATIENCE).isEqualTo("hello");
		assertThat(greeting()).isEqualTo("welcome");

		write("greeting.camel.yaml", set.formatted("answer", "cheers"));
		this.routes.refresh();
		assertThat(greeting()).isEqualTo("cheers");
		awaitRetirementUntilThereIsNo("log:welcome");
		assertThat(greeting()).isEqualTo("cheers");
		assertThat(this.camel.hasEndpoint("direct:answer")).isNotNull();
	}

	private void awaitRetirementUntilThereIsNo(String endpoint) {
		await().atMost(PATIENCE).until(() -> {
			this.routes.stopRetired();
			return this.camel.hasEndpoint(endpoint) == null;
		});
	}

	@Test
	void shouldStartARouteThatSomebodyLetsStart() throws Exception {
		String route = "- route: {id: wait, autoStartup: %s, from: {uri: 'direct:wait', steps: [{log: waiting}]}}";
		write("greeting.camel.yaml", route.formatted(false));
		start();

		write("greeting.camel.yaml", route.formatted(true));
		this.routes.refresh();

		assertThat(this.camel.getRouteController().getRouteStatus("wait")).isEqualTo(ServiceStatus.Started);
	}

	@Test
	void shouldNotExchangeARouteThatStartedWithoutAnId() throws Exception {
		String route = "- route: {%sfrom: {uri: 'direct:greet', steps: [{setBody: {constant: %s}}]}}";
		write("greeting.camel.yaml", route.formatted("", "hello"));
		start();
		this.routes.warmUp();
		assertThat(this.routes.getProblems())
			.containsExactly("greeting.camel.yaml:1:10: error: a route needs an id: edits and metrics refer to it");

		write("greeting.camel.yaml", route.formatted("", "good day"));
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEqualTo(this.routes.getProblems());

		write("greeting.camel.yaml", route.formatted("id: greet, ", "good day"));
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("is read at the start only");
		assertThat(greeting()).isEqualTo("hello");
	}

	/** Every edit was refused. */
	@Test
	void shouldTakeEditsWhereTwoFilesHaveTheSamePolicy() throws Exception {
		String policy = "- onException: {exception: [java.lang.Exception], steps: [{log: failed}]}\n";
		write("greeting.camel.yaml", policy + GREETING);
		write("wait.camel.yaml", policy + "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		write("greeting.txt", "hello");
		start();

		write("greeting.txt", "good day");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(greeting()).isEqualTo("good day");

		write("greeting.camel.yaml", GREETING);
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("'onException' is gone");
	}

	/** The set was refused at each restart as well. */
	@Test
	void shouldTakeABeanOfTheRouteFilesAtARestart() throws Exception {
		String route = "- route: {id: greet, from: {uri: 'direct:greet', steps: [{bean: {ref: greeter, method: greet}}]}}";
		this.allowedBeans = List.of("greeter");
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();

		write("beans.camel.yaml", "- beans: [{name: greeter, type: '%s'}]\n".formatted(Greeter.class.getName()));
		write("greeting.camel.yaml", route);
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).containsExactly("beans.camel.yaml:1:10: error: 'beans' is read at the"
				+ " start only: undo this, or restart the bridge");
		assertThat(greeting()).isEqualTo("hello");
		this.camel.close();

		start();
		this.routes.warmUp();
		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(this.routes.getProblems()).isEmpty();
		assertThat(greeting()).isEqualTo("hello from a bean");

		write("greeting.camel.yaml", route.replace("]}}", ", {transform: {simple: '${body}!'}}]}}"));
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(greeting()).isEqualTo("hello from a bean!");
	}

	@Test
	void shouldKeepAPolicyWhoseNameIsQuoted() throws Exception {
		write("errors.camel.yaml", POLICY.replace("routeConfiguration:", "\"routeConfiguration\":"));
		write("sorry.txt", "sorry");
		write("greeting.camel.yaml", FAILING.formatted("first"));
		write("wait.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}");
		start();

		write("wait.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting on}]}}");
		this.routes.refresh();
		write("greeting.camel.yaml", FAILING.formatted("second"));
		this.routes.refresh();

		assertThat(this.routes.getRevision()).isEqualTo(3);
		assertThat(greeting()).isEqualTo("sorry");
	}

	@Test
	void shouldExchangeRoutesWhosePolicyReadsAFileThatChanged() throws Exception {
		write("errors.camel.yaml", POLICY);
		write("sorry.txt", "sorry");
		write("greeting.camel.yaml", FAILING.formatted("first"));
		start();
		assertThat(greeting()).isEqualTo("sorry");

		write("sorry.txt", "very sorry");
		this.routes.refresh();

		assertThat(greeting()).isEqualTo("very sorry");
	}

	/** Camel removed the first of them for each policy that it did not know. */
	@Test
	void shouldKeepPoliciesOfAllRoutesThroughEditsOfOthers() throws Exception {
		String policy = POLICY.replace("    id: forgiving\n", "");
		write("all-routes.camel.yaml", policy);
		write("sorry.txt", "sorry");
		write("mistakes.camel.yaml",
				policy.replace("IllegalState", "IllegalArgument").replace("sorry.txt", "oops.txt"));
		write("oops.txt", "oops");
		String failing = FAILING.replace("    routeConfigurationId: forgiving\n", "");
		write("greeting.camel.yaml", failing.formatted("first"));
		start();
		assertThat(greeting()).isEqualTo("sorry");

		write("greeting.camel.yaml", failing.formatted("second").replace("IllegalState", "IllegalArgument"));
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(2);
		assertThat(greeting()).isEqualTo("oops");

		write("more.camel.yaml", POLICY);
		write("greeting.camel.yaml", failing.formatted("third"));
		this.routes.refresh();
		assertThat(this.routes.getRevision()).isEqualTo(3);
		assertThat(greeting()).isEqualTo("sorry");
	}

	/** The edit stayed rejected until something else in the files was changed. */
	@Test
	void shouldTakeAnEditThatIsSavedAgainOnceWhatItNeedsIsThere(CapturedOutput log) throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();
		Path elsewhere = this.config.resolve("elsewhere.txt");

		write("greeting.camel.yaml", GREETING.replace("{{folder}}/greeting.txt", elsewhere.toString()));
		this.routes.refresh();
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isNotEmpty();
		assertThat(log).containsOnlyOnce("Routes revision 1 keeps running");

		Files.writeString(elsewhere, "good day");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEmpty();
		assertThat(greeting()).isEqualTo("good day");
	}

	@Test
	void shouldNotTakeAnEditorsFilesForAnEdit() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		start();

		write("#greeting.camel.yaml#", "half");
		write("greeting.txt~", "half");
		write("greeting.camel.yaml.bak", "half");
		write(".greeting.camel.yaml.swp", "half");
		write("greeting.tmp", "half");
		write("4913", "half");
		this.routes.refresh();

		assertThat(this.routes.getRevision()).isEqualTo(1);
		assertThat(this.routes.getPendingEdit()).isEmpty();
	}

	/** Each look at the files ended in a stack trace. */
	@ParameterizedTest
	@ValueSource(strings = { "", "abc" })
	void shouldTakeOrganisationsThatAreNotThere(String organisations) throws Exception {
		write("greeting.camel.yaml",
				"- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: '{{greeting}}'}]}}\n");
		configure("greeting: hello");
		start();

		configure("greeting: hi", "agentassist.genesys.organisations: " + organisations);
		this.routes.refresh();

		assertThat(this.routes.getRevision()).isEqualTo(2);
	}

	@Test
	void shouldSayInOneLineThatAFileOfSettingsIsEmptyOrNotUtf8OrGone() throws Exception {
		write("greeting.camel.yaml",
				"- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: '{{greeting}}'}]}}\n");
		configure("greeting: hello", "agentassist.ranking.skill-weight: 0.5");
		start();
		Path file = this.config.resolve("application.yaml");

		Files.writeString(file, "");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit())
			.containsExactly(file + ":1:1: error: is empty; to remove all of its settings, delete it");
		Files.write(file, "greeting: Grüße\n".getBytes(StandardCharsets.ISO_8859_1));
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit())
			.containsExactly(file + ":1:1: error: not valid YAML: it has a byte that is not UTF-8");
		Files.delete(file);
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).containsExactly(file + ":1:1: error: is gone: put it back");

		configure("greeting: hello", "agentassist.ranking.skill-weight: 0.5");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).isEmpty();
	}

	/** As with a profile that has routes and settings of its own. */
	private void startOnceWithMorePatterns() throws Exception {
		write("greeting.camel.yaml", GREETING);
		write("greeting.txt", "hello");
		Files.createDirectory(this.folder.resolve("sandbox"));
		write("sandbox/more.camel.yaml",
				"- route: {id: more, from: {uri: 'direct:more', steps: [{log: '{{setting-of-more}}'}]}}\n");
		this.patterns = List.of("*.camel.yaml", "sandbox/*.camel.yaml");
		configure("setting-of-more: there");
		start();
		assertThat(this.camel.getRoute("more")).isNotNull();
		this.camel.close();
		this.patterns = List.of("*.camel.yaml");
		configure("another-setting: there");
	}

	private void start() throws Exception {
		this.environment = new StandardEnvironment();
		this.environment.getPropertySources()
			.addFirst(new MapPropertySource("test", Map.of("folder", this.folder.toString(), "spring.config.location",
					"optional:" + this.config + "/")));
		this.environment.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment",
					Map.of("AGENTASSIST_RANKING_HALFLIFE", "30d")));
		// Files win over it.
		this.environment.getPropertySources()
			.addLast(new MapPropertySource("defaultProperties",
					Map.ofEntries(Map.entry("agentassist.public-url", "https://bridge.example"),
							Map.entry("agentassist.genesys.client-id", "id"),
							Map.entry("agentassist.genesys.client-secret", "secret"),
							Map.entry("agentassist.api.auth", "none"), Map.entry("agentassist.callback.auth", "none"),
							Map.entry("agentassist.ranking.confidence-weight", "0.6"),
							Map.entry("agentassist.ranking.skill-weight", "0.3"),
							Map.entry("agentassist.ranking.skill-bonus", "0.15"),
							Map.entry("agentassist.ranking.feedback-weight", "0.1"),
							Map.entry("agentassist.ranking.feedback-model", "acceptance-ratio"),
							Map.entry("agentassist.ranking.half-life", "30d"))));
		ConfigDataEnvironmentPostProcessor.applyTo(this.environment);
		// As libraries do for their defaults.
		this.environment.getPropertySources().addLast(new MapPropertySource("below files", Map.of("talking", "never")));
		this.settings = new RoutesProperties(this.folder, this.live, Duration.ofMillis(100), Duration.ofMillis(300),
				this.history, this.patterns, DataSize.ofKilobytes(256), List.of("direct", "log", "scheduler"),
				this.allowedBeans, List.of());
		RouteFiles files = new RouteFiles(this.folder);
		this.camel = new DefaultCamelContext();
		this.camel.addComponent("direct", new TakeOverDirectComponent());
		this.camel.getRegistry().bind(RouteFiles.BEAN_NAME, files);
		for (String bean : this.beans.getSingletonNames()) {
			this.camel.getRegistry().bind(bean, this.beans.getSingleton(bean));
			if (this.beans.getSingleton(bean) instanceof EventNotifier notifier) {
				this.camel.getManagementStrategy().addEventNotifier(notifier);
			}
		}
		this.camel.getPropertiesComponent().addPropertiesSource(new Settings());
		this.ranking = new LiveSettings<>(RANKING);
		LiveConfig config = new LiveConfig(this.environment,
				new ConfigCheck(() -> List.of(RankingProperties.class, Other.class), VALIDATORS.getValidator()),
				List.of(this.ranking));
		this.meters = new SimpleMeterRegistry();
		this.routes = new LiveRoutes(this.settings, this.beans, config, new RouteSwapper(this.camel, null, files),
				this.meters, Clock.systemUTC());
		RouteSet set = this.routes.load();
		files.use(set);
		for (String file : set.routes()) {
			PluginHelper.getRoutesLoader(this.camel).loadRoutes(ResourceHelper.fromString(file, set.files().get(file)));
		}
		this.camel.start();
		this.routes.started();
	}

	/** Edits are taken by themselves from now on. */
	private void watch() {
		this.watcher = new RouteWatcher(this.settings, this.routes);
		this.watcher.start();
	}

	private String greeting() {
		return this.camel.createProducerTemplate().requestBody("direct:greet", "", String.class);
	}

	/** A bean of another package, which only Spring can create. */
	private static <T> T bean(Class<T> type, Object... dependencies) {
		DefaultListableBeanFactory factory = new DefaultListableBeanFactory();
		for (Object dependency : dependencies) {
			factory.registerSingleton(dependency.getClass().getName(), dependency);
		}
		return type.cast(factory.autowire(type, AutowireCapableBeanFactory.AUTOWIRE_CONSTRUCTOR, false));
	}

	private long failures(String route) throws Exception {
		return this.camel.getCamelContextExtension()
			.getContextPlugin(ManagedCamelContext.class)
			.getManagedRoute(route)
			.getFailuresHandled();
	}

	private void configure(String... lines) throws IOException {
		Files.writeString(this.config.resolve("application.yaml"), String.join("\n", lines) + "\n");
	}

	private void write(String name, String text) throws IOException {
		Files.writeString(this.folder.resolve(name), text);
	}

	private static boolean contains(Path file, String text) {
		try {
			return Files.readString(file).contains(text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static FileAttribute<?> mode(String mode) {
		return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
	}

	/** Says so, when it is loaded. */
	public static final class Unloadable {

		static {
			Objects.requireNonNull(null);
		}

		public String greet() {
			return "never";
		}

	}

	/** A bean that a file of routes declares. */
	public static final class Greeter {

		public String greet() {
			return "hello from a bean";
		}

	}

	/** Messages wait in it until it is opened. It gives up later than the tests do. */
	public static final class Gate {

		private final CountDownLatch reached = new CountDownLatch(1);

		private final CountDownLatch open = new CountDownLatch(1);

		public void pass() throws InterruptedException {
			this.reached.countDown();
			assertThat(this.open.await(1, TimeUnit.MINUTES)).isTrue();
		}

	}

	/** Settings that are bound after others. */
	@ConfigurationProperties("other")
	record Other(@PositiveOrZero int value, String name) {

		Other {
			if (value == 1 && !"first".equals(name)) {
				throw new InvalidSettingException("other.name", "has to be first where other.value is 1");
			}
		}

	}

	/** As the bridge has them: from Spring's environment. */
	private final class Settings implements PropertiesSource {

		@Override
		public String getName() {
			return "settings";
		}

		@Override
		public String getProperty(String name) {
			return LiveRoutesTest.this.environment.getProperty(name);
		}

	}

}
