package io.agentassist.bridge.routes;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.agentassist.bridge.settings.LiveSettings;
import io.agentassist.bridge.settings.SettingsException;
import io.agentassist.bridge.settings.TlsFiles;
import io.micrometer.core.instrument.MeterRegistry;

import jakarta.validation.Validation;
import jakarta.validation.Validator;
import jakarta.validation.ValidatorFactory;

import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.spring.boot.CamelContextConfiguration;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/** Puts the routes under the control of {@link LiveRoutes}. */
@Configuration(proxyBeanMethods = false)
class LiveRoutesConfiguration {

	private static final String OURS = "io.agentassist.bridge.";

	@Bean(RouteFiles.BEAN_NAME)
	RouteFiles routeFiles(RoutesProperties settings) {
		return new RouteFiles(settings.directory());
	}

	@Bean
	LiveRoutes liveRoutes(RoutesProperties settings, ConfigurableEnvironment environment,
			ConfigurableListableBeanFactory beans, List<LiveSettings<?>> holders, Validator validator,
			RouteSwapper swapper, MeterRegistry meters, Clock clock) {
		LiveConfig config = new LiveConfig(environment, new ConfigCheck(() -> settingsRecords(beans), validator),
				holders);
		return new LiveRoutes(settings, beans, config, swapper, meters, clock);
	}

	/**
	 * Searches the bean definitions: asked for annotated beans, Spring would look at
	 * every bean.
	 */
	static List<Class<? extends Record>> settingsRecords(ConfigurableListableBeanFactory beans) {
		List<Class<? extends Record>> records = new ArrayList<>();
		for (String name : beans.getBeanDefinitionNames()) {
			String type = beans.getBeanDefinition(name).getBeanClassName();
			if (type != null && type.startsWith(OURS)) {
				Class<?> candidate = ClassUtils.resolveClassName(type, beans.getBeanClassLoader());
				if (candidate.isRecord() && candidate.isAnnotationPresent(ConfigurationProperties.class)) {
					records.add(candidate.asSubclass(Record.class));
				}
			}
		}
		return records;
	}

	/**
	 * Binds and validates all settings before anything is created or opened. If some are
	 * wrong, it stops the start with one message that names them all. Thus the records
	 * need no {@code @Validated}, with which Spring Boot would create a validator of its
	 * own at each start, to validate them once more.
	 */
	@Bean
	@ConditionalOnWebApplication
	static BeanFactoryPostProcessor settingsOfTheStart(ConfigurableEnvironment environment) {
		return (beans) -> {
			ConfigSnapshot settings = ConfigSnapshot.of(environment);
			Set<String> problems = new LinkedHashSet<>();
			// Spring's own validator has no messages yet.
			try (ValidatorFactory validators = Validation.buildDefaultValidatorFactory()) {
				new ConfigCheck(() -> settingsRecords(beans), validators.getValidator()).bind(settings,
						(problem) -> problems.add(problem.placeAndMessage()));
			}
			TlsFiles.problems(environment)
				.forEach((key, problem) -> problems.add(ConfigCheck.problem(settings, key, problem).placeAndMessage()));
			if (!problems.isEmpty()) {
				throw new SettingsException("Invalid settings", List.copyOf(problems));
			}
		};
	}

	@Bean
	RouteWatcher routeWatcher(RoutesProperties settings, LiveRoutes routes) {
		return new RouteWatcher(settings, routes);
	}

	/** Replaces Camel's own search for routes. */
	@Bean
	CamelContextConfiguration routesOfTheStart(ObjectProvider<LiveRoutes> routes, RouteFiles files) {
		return new CamelContextConfiguration() {
			@Override
			public void beforeApplicationStart(CamelContext camel) {
				RouteSet set = routes.getObject().load();
				files.use(set);
				Resource[] resources = set.routes()
					.stream()
					.map((file) -> ResourceHelper.fromString(file, set.files().get(file)))
					.toArray(Resource[]::new);
				try {
					PluginHelper.getRoutesLoader(camel).loadRoutes(resources);
				}
				catch (Exception ex) {
					throw new UnreadableRoutesException(ex);
				}
			}

			@Override
			public void afterApplicationStart(CamelContext camel) {
				routes.getObject().started();
			}
		};
	}

}
