package io.agentassist.bridge.routes;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;

import io.agentassist.bridge.AgentAssistBridge;
import io.agentassist.bridge.settings.LiveSettings;
import io.agentassist.bridge.settings.Overlays;
import io.agentassist.bridge.settings.StrictBinder;
import jakarta.validation.Validation;
import jakarta.validation.ValidatorFactory;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/**
 * The bridge's settings and bean definitions without a running bridge: nothing is
 * created, connected or started.
 */
final class OfflineRoutes implements AutoCloseable {

	private final GenericApplicationContext application;

	private final RouteValidator validator;

	private final ValidatorFactory constraints;

	OfflineRoutes(String profiles) {
		SpringApplication bridge = new SpringApplicationBuilder(AgentAssistBridge.class).web(WebApplicationType.NONE)
			.logStartupInfo(false)
			.properties("logging.level.root=ERROR")
			.build();
		String[] arguments = profiles.isBlank() ? new String[0]
				: new String[] { "--spring.profiles.active=" + profiles };
		SpringApplicationRunListener stop = new SpringApplicationRunListener() {
			@Override
			public void contextLoaded(ConfigurableApplicationContext context) {
				throw new SpringApplication.AbandonedRunException(context);
			}
		};
		this.application = (GenericApplicationContext) SpringApplication.withHook((unused) -> stop, () -> {
			try {
				return bridge.run(arguments);
			}
			catch (SpringApplication.AbandonedRunException ex) {
				return ex.getApplicationContext();
			}
		});
		this.application.refreshForAotProcessing(new RuntimeHints());
		this.validator = new RouteValidator(settings());
		// Created after the start has set up logging, or it would print a line about
		// itself.
		this.constraints = Validation.buildDefaultValidatorFactory();
	}

	RoutesProperties settings() {
		return StrictBinder.of(this.application.getEnvironment())
			.bind("agentassist.routes", RoutesProperties.class)
			.get();
	}

	/** Possible mistakes in the profiles, one sentence each. */
	List<String> warnings() {
		return Overlays.warnings(this.application.getEnvironment());
	}

	/**
	 * Checks a set, and the settings that can change with it, and warns of settings that
	 * nothing reads.
	 */
	NavigableSet<RouteProblem> validate(RouteSet set) {
		NavigableSet<RouteProblem> problems = this.validator.validate(set, surroundings());
		ConfigSnapshot config = ConfigSnapshot.of(this.application.getEnvironment());
		new ConfigCheck(this::liveSettings, this.constraints.getValidator()).bind(config, problems::add);
		ConfigCheck all = new ConfigCheck(
				() -> LiveRoutesConfiguration.settingsRecords(this.application.getBeanFactory()),
				this.constraints.getValidator());
		problems.addAll(all.misspelt(config, set.placeholders()));
		return problems;
	}

	/** Only live settings: some others need secrets, which are not available here. */
	private List<Class<? extends Record>> liveSettings() {
		List<Class<? extends Record>> records = new ArrayList<>();
		for (String name : this.application.getBeanNamesForType(LiveSettings.class, true, false)) {
			records.add(this.application.getBeanFactory()
				.getMergedBeanDefinition(name)
				.getResolvableType()
				.as(LiveSettings.class)
				.resolveGeneric(0)
				.asSubclass(Record.class));
		}
		return records;
	}

	RouteGraph graph(RouteSet set) throws IOException {
		return new RouteGraph(RouteFileParser.parse(set, (problem) -> {
			throw new IllegalArgumentException(problem.toString());
		}), surroundings().calledRoutes());
	}

	private RouteSurroundings surroundings() {
		return new RouteSurroundings(this.application.getEnvironment(), this.application.getBeanFactory(), false);
	}

	@Override
	public void close() {
		this.constraints.close();
		this.application.close();
	}

}
