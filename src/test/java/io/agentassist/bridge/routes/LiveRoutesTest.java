package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.agentassist.bridge.ranking.FeedbackModel;
import io.agentassist.bridge.ranking.RankingProperties;
import io.agentassist.bridge.settings.InvalidSettingException;
import io.agentassist.bridge.settings.LiveSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.validation.Validation;
import jakarta.validation.ValidatorFactory;
import jakarta.validation.constraints.PositiveOrZero;
import org.apache.camel.Route;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
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

	private static final ValidatorFactory VALIDATORS = Validation.buildDefaultValidatorFactory();

	private static final RankingProperties RANKING = new RankingProperties(0.6, 0.3, 0.15, 0.1,
			FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(30), 0);

	@TempDir
	private Path folder;

	@TempDir
	private Path history;

	@TempDir
	private Path config;

	private List<String> patterns = List.of("*.camel.yaml");

	private StandardEnvironment environment;

	private LiveSettings<RankingProperties> ranking;

	private DefaultCamelContext camel;

	private LiveRoutes routes;

	@AfterEach
	void stop() throws IOException {
		this.camel.close();
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

		assertThat(this.routes.getPendingEdit()).singleElement().asString().contains("'setBoddy'");
		assertThat(greeting()).isEqualTo("hello");
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

		String warning = "mine.camel.yml:1:1: warning: is no route file (agentassist.routes.files), not loaded";
		assertThat(this.routes.getRevision()).isEqualTo(2);
		assertThat(this.routes.getWarnings()).containsExactly(warning);
		assertThat(log).containsOnlyOnce("Routes: " + warning);
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

		assertThat(this.routes.getPendingEdit()).containsExactly("beat.camel.yaml:4:5: error: route 'beat' does not"
				+ " start: IllegalArgumentException in ThreadPoolExecutor.<init>");
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
					file + ":1:37: error: 'agentassist.ranking.feedback-model' has to be one of acceptance-ratio, "))
			.anySatisfy((line) -> assertThat(line).contains("the setting 'greeting' is not there"));

		configure("greeting: hello", "agentassist.ranking.skill-weight: ${WEIGHT}");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement()
			.asString()
			.startsWith(file + ":2:35: error: 'agentassist.ranking.skill-weight' cannot be set: ");

		configure("greeting: hello", "agentassist.analytics.endpoint: http://collector.example/");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).first()
			.asString()
			.startsWith(file + ":2:33: error: 'agentassist.analytics.endpoint' has to be https://");

		configure("greeting: [good day");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit()).singleElement().asString().startsWith(file + ":").contains("no YAML");

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

		write("greeting.camel.yaml", route.formatted("body"));
		for (String line : List.of("site.secret: swordfish-4711", "x: *swordfish", "x: !swordfish y",
				"x: @swordfish")) {
			configure("site.secret: swordfish-0815", line);
			this.routes.refresh();
			assertThat(this.routes.getPendingEdit()).singleElement()
				.asString()
				.startsWith(this.config.resolve("application.yaml") + ":2:")
				.contains(": error: no YAML: ");
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

	@Test
	void shouldNameSettingsThatWaitForARestart() throws Exception {
		write("greeting.camel.yaml", "- route: {id: wait, from: {uri: 'direct:wait', steps: [{log: waiting}]}}\n");
		configure("server.port: 8080");
		start();

		configure("server.port: 9090");
		this.routes.refresh();
		configure("server.port: 9090", "agentassist.ranking.skill-weight: 0.5");
		this.routes.refresh();

		assertThat(this.routes.getWarnings()).singleElement()
			.asString()
			.endsWith("application.yaml:1:14: warning: 'server.port' is read at the start only, and takes effect at a"
					+ " restart");
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
			.contains("'agentassist.ranking.skil-weight' is no setting of the bridge");
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
				+ " is no setting of the bridge, and no route names it: is it misspelt?");

		configure("other:", "  value: 1", "  nmae: first");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit())
			.containsExactly(file + ":2:10: error: 'other.name' has to be first where other.value is 1");

		configure("other:", "  value: 1", "  name: last");
		this.routes.refresh();
		assertThat(this.routes.getPendingEdit())
			.containsExactly(file + ":3:9: error: 'other.name' has to be first where other.value is 1");
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
		// Files win over it.
		this.environment.getPropertySources()
			.addLast(new MapPropertySource("defaultProperties",
					Map.of("agentassist.ranking.confidence-weight", "0.6", "agentassist.ranking.skill-weight", "0.3",
							"agentassist.ranking.skill-bonus", "0.15", "agentassist.ranking.feedback-weight", "0.1",
							"agentassist.ranking.feedback-model", "acceptance-ratio", "agentassist.ranking.half-life",
							"30d")));
		ConfigDataEnvironmentPostProcessor.applyTo(this.environment);
		// As libraries do for their defaults.
		this.environment.getPropertySources().addLast(new MapPropertySource("below files", Map.of("talking", "never")));
		RoutesProperties settings = new RoutesProperties(this.folder, true, Duration.ofMillis(100),
				Duration.ofMillis(300), this.history, this.patterns, DataSize.ofKilobytes(256),
				List.of("direct", "log", "scheduler"), List.of());
		RouteFiles files = new RouteFiles(this.folder);
		this.camel = new DefaultCamelContext();
		this.camel.addComponent("direct", new TakeOverDirectComponent());
		this.camel.getRegistry().bind(RouteFiles.BEAN_NAME, files);
		this.camel.getPropertiesComponent().addPropertiesSource(new Settings());
		this.ranking = new LiveSettings<>(RANKING);
		LiveConfig config = new LiveConfig(this.environment,
				new ConfigCheck(() -> List.of(RankingProperties.class, Other.class), VALIDATORS.getValidator()),
				List.of(this.ranking));
		this.routes = new LiveRoutes(settings, new DefaultListableBeanFactory(), config,
				new RouteSwapper(this.camel, null, files), new SimpleMeterRegistry(), Clock.systemUTC());
		RouteSet set = this.routes.load();
		files.use(set);
		for (String file : set.routes()) {
			PluginHelper.getRoutesLoader(this.camel).loadRoutes(ResourceHelper.fromString(file, set.files().get(file)));
		}
		this.camel.start();
		this.routes.started();
	}

	private String greeting() {
		return this.camel.createProducerTemplate().requestBody("direct:greet", "", String.class);
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
