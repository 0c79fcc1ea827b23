package io.agentassist.bridge.routes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.apache.camel.RoutesBuilder;
import org.apache.camel.catalog.EndpointValidationResult;
import org.apache.camel.catalog.impl.DefaultRuntimeCamelCatalog;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteDefinitionHelper;
import org.apache.camel.spi.PropertiesFunction;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RestConfiguration;
import org.apache.camel.spi.ThreadPoolProfile;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * A Camel context beside the application's, in which routes are built but never started.
 * For one check; not thread safe.
 */
final class ScratchContext implements AutoCloseable {

	private final DefaultCamelContext camel;

	private final DefaultRuntimeCamelCatalog catalog = new DefaultRuntimeCamelCatalog(true);

	/**
	 * Creates the context.
	 * @param surroundings what routes may refer to
	 * @param files the files they may read
	 */
	ScratchContext(RouteSurroundings surroundings, RouteFiles files) {
		this.camel = new DefaultCamelContext(false);
		this.camel.disableJMX();
		this.camel.getCamelContextExtension().setRegistry(new DefaultRegistry(surroundings));
		this.camel.getRegistry().bind(RouteFiles.BEAN_NAME, files);
		this.camel.getRestConfiguration().setBindingMode(RestConfiguration.RestBindingMode.off);
		this.camel.getPropertiesComponent().addPropertiesSource(new Settings(surroundings));
		if (!surroundings.isRunning()) {
			this.camel.getPropertiesComponent().addPropertiesFunction(new BeanStandIn());
		}
		this.camel.build();
		this.camel.init();
		surroundings.pools()
			.forEach((pool) -> this.camel.getExecutorServiceManager()
				.registerThreadPoolProfile(new ThreadPoolProfile(pool)));
		this.catalog.setCamelContext(this.camel);
	}

	DefaultCamelContext camel() {
		return this.camel;
	}

	/**
	 * Replaces the placeholders in a text.
	 * @throws IllegalArgumentException if one has no value
	 */
	String resolve(String text) {
		return this.camel.resolvePropertyPlaceholders(text);
	}

	/**
	 * Evaluates a condition that needs no message.
	 * @param simple an expression in Camel's Simple language, without placeholders
	 */
	boolean matches(String simple) {
		return this.camel.resolveLanguage("simple").createPredicate(simple).matches(new DefaultExchange(this.camel));
	}

	boolean hasComponent(String scheme) {
		return this.catalog.componentJSonSchema(scheme) != null;
	}

	EndpointValidationResult validate(String uri) {
		return this.catalog.validateEndpointProperties(uri);
	}

	/**
	 * Builds every route as a start would, but does not start it.
	 * @param failed receives each route that cannot be built
	 */
	void load(RouteSet set, Consumer<Failure> failed) {
		for (String file : set.routes()) {
			try {
				List<Resource> resources = new ArrayList<>();
				resources.add(ResourceHelper.fromString(file, set.files().get(file)));
				for (RoutesBuilder builder : PluginHelper.getRoutesLoader(this.camel).findRoutesBuilders(resources)) {
					builder.addRoutesToCamelContext(this.camel);
				}
			}
			// A class missing from lib/ causes an Error, not an Exception.
			catch (Exception | LinkageError | StackOverflowError ex) {
				failed.accept(new Failure(file, null, ex));
			}
		}
		for (RouteDefinition route : this.camel.getRouteDefinitions()) {
			try {
				build(route);
			}
			catch (Exception | LinkageError | StackOverflowError ex) {
				failed.accept(new Failure(null, route.getId(), ex));
			}
		}
	}

	private void build(RouteDefinition route) throws Exception {
		if (route.getPrecondition() != null && !matches(resolve(route.getPrecondition()))) {
			return;
		}
		RouteDefinitionHelper.prepareRoute(this.camel, route);
		RouteDefinitionHelper.forceAssignIds(this.camel, route);
		this.camel.getModelReifierFactory().createRoute(this.camel, route);
	}

	@Override
	public void close() {
		this.camel.stop();
	}

	/**
	 * A file or route that cannot be built.
	 *
	 * @param file the file that cannot be read; null for a route
	 * @param route the id of the route that cannot be built; null for a file
	 * @param cause the reason
	 */
	record Failure(String file, String route, Throwable cause) {
	}

	/** The settings, by the names that routes use. */
	private record Settings(RouteSurroundings surroundings) implements PropertiesSource {

		@Override
		public String getName() {
			return "settings";
		}

		@Override
		public String getProperty(String name) {
			return this.surroundings.setting(name);
		}

	}

	/** Stands in for {@code {{bean:name.method}}} if there are no beans. */
	private static final class BeanStandIn implements PropertiesFunction {

		@Override
		public String getName() {
			return "bean";
		}

		@Override
		public String apply(String remainder) {
			return "1";
		}

	}

}
