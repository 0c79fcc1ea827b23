package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Live editing in a Camel context of its own, without the bridge around it. */
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

	@TempDir
	private Path folder;

	@TempDir
	private Path history;

	private final StandardEnvironment environment = new StandardEnvironment();

	private DefaultCamelContext camel;

	private LiveRoutes routes;

	private RouteSwapper swapper;

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

	private void start() throws Exception {
		set("folder", this.folder.toString());
		RoutesProperties settings = new RoutesProperties(this.folder, true, Duration.ofMillis(100),
				Duration.ofMillis(300), this.history, List.of("*.camel.yaml"), DataSize.ofKilobytes(256),
				List.of("direct", "log", "scheduler"), List.of());
		RouteFiles files = new RouteFiles(this.folder);
		this.camel = new DefaultCamelContext();
		this.camel.addComponent("direct", new TakeOverDirectComponent());
		this.camel.getRegistry().bind(RouteFiles.BEAN_NAME, files);
		this.camel.getPropertiesComponent().addPropertiesSource(new Settings());
		this.swapper = new RouteSwapper(this.camel, null, files);
		this.routes = new LiveRoutes(settings,
				new RouteValidator(settings,
						new RouteSurroundings(this.environment, new DefaultListableBeanFactory(), true)),
				this.swapper, new SimpleMeterRegistry(), Clock.systemUTC());
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

	private void set(String key, String value) {
		this.environment.getPropertySources().addFirst(new MapPropertySource(key, Map.of(key, value)));
	}

	private void write(String name, String text) throws IOException {
		Files.writeString(this.folder.resolve(name), text);
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
