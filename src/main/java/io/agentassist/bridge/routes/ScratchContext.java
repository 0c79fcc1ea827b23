package io.agentassist.bridge.routes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.camel.Route;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.catalog.EndpointValidationResult;
import org.apache.camel.catalog.impl.DefaultRuntimeCamelCatalog;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.InterceptDefinition;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteDefinitionHelper;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;
import org.apache.camel.processor.errorhandler.ExceptionPolicy;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;
import org.apache.camel.reifier.errorhandler.DefaultErrorHandlerReifier;
import org.apache.camel.spi.PropertiesFunction;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RestConfiguration;
import org.apache.camel.spi.ThreadPoolProfile;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.util.function.ThrowingRunnable;

/**
 * A Camel context beside the application's, in which routes are built but never started.
 * For one check; not thread safe.
 */
final class ScratchContext implements AutoCloseable {

	private static final Pattern LINE = Pattern.compile("line[: ]+(\\d+)");

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
		this.camel.getPropertiesComponent().addPropertiesSource(surroundings);
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
	 * Replaces the placeholders in a text; null if it is null, or if one has no value.
	 */
	String value(String text) {
		try {
			return (text != null) ? resolve(text) : null;
		}
		catch (RuntimeException ex) {
			return null;
		}
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
	 * Builds every policy, and every route as a start would, but starts none.
	 * @param items those of the set
	 * @param problems receives each policy and each route that cannot be built
	 */
	void load(RouteSet set, List<RouteItem> items, Consumer<RouteProblem> problems) {
		Map<RoutesBuilder, String> files = new LinkedHashMap<>();
		for (String file : set.routes()) {
			attempt(() -> {
				Resource resource = ResourceHelper.fromString(file, set.files().get(file));
				for (RoutesBuilder builder : PluginHelper.getRoutesLoader(this.camel)
					.findRoutesBuilders(List.of(resource))) {
					addPolicies(builder, policiesOf(file, items), problems);
					files.put(builder, file);
				}
			}, (cause) -> problems.accept(unreadable(file, cause)));
		}
		// After all policies, as a route incorporates them when it is read.
		files.forEach((builder, file) -> attempt(() -> builder.addRoutesToCamelContext(this.camel),
				(cause) -> problems.accept(unreadable(file, cause))));
		for (RouteDefinition route : this.camel.getRouteDefinitions()) {
			attempt(() -> build(route), (cause) -> problems.accept(unbuildable(items, route.getId(), cause)));
		}
	}

	/** In the order of the file, which is Camel's as well: some have no id. */
	private static List<RouteItem> policiesOf(String file, List<RouteItem> items) {
		return items.stream().filter((item) -> item.isPolicy() && item.file().equals(file)).toList();
	}

	private static RouteProblem unreadable(String file, Throwable failure) {
		StringBuilder messages = new StringBuilder();
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			messages.append(cause.getMessage()).append(' ');
		}
		Matcher line = LINE.matcher(messages);
		return new RouteProblem(file, line.find() ? Integer.parseInt(line.group(1)) : 1, 1, RouteProblem.Severity.ERROR,
				"Camel cannot read it: " + RouteProblem.reason(failure));
	}

	private RouteProblem unbuildable(List<RouteItem> items, String route, Throwable cause) {
		BuildFailure failure = BuildFailure.of(cause);
		String what = "route '" + route + "'";
		return RouteItem.find(items, route)
			.map((item) -> failure.problem(item, what, this::value))
			// Camel made it of a template.
			.orElseGet(() -> RouteProblem.error(items.get(0).file(), what + " cannot be built: " + failure.reason()));
	}

	private void addPolicies(RoutesBuilder builder, List<RouteItem> items, Consumer<RouteProblem> problems)
			throws Exception {
		if (!(builder instanceof RouteConfigurationBuilder configurations)) {
			return;
		}
		configurations.addRouteConfigurationsToCamelContext(this.camel);
		List<RouteConfigurationDefinition> policies = configurations.getRouteConfigurationCollection()
			.getRouteConfigurations();
		List<RouteConfigurationDefinition> added = this.camel.getRouteConfigurationDefinitions();
		for (int i = 0; i < policies.size(); i++) {
			RouteItem item = items.get(i);
			RouteConfigurationDefinition policy = policies.get(i);
			// Camel has left out those whose precondition does not hold.
			if (added.contains(policy)) {
				attempt(() -> build(policy), (cause) -> {
					// Or else it would be reported again for each route that uses it.
					added.remove(policy);
					String name = (item.id() != null) ? "routeConfiguration '" + item.id() + "'"
							: "this routeConfiguration";
					problems.accept(BuildFailure.of(cause).problem(item, name, this::value));
				});
			}
		}
	}

	/** Builds a policy in a route of its own, as it may be that no other uses it. */
	private void build(RouteConfigurationDefinition policy) throws Exception {
		RouteDefinition route = new RouteDefinition("direct:policy");
		route.stop();
		List<InterceptDefinition> intercepts = new ArrayList<>(policy.getIntercepts());
		// Here, as else they would be built only for the entrances that they are for.
		intercepts.addAll(policy.getInterceptFroms());
		RouteDefinitionHelper.prepareRoute(this.camel, route, policy.getErrorHandler(), policy.getOnExceptions(),
				intercepts, List.of(), policy.getInterceptSendTos(), policy.getOnCompletions());
		create(route);
	}

	private void build(RouteDefinition route) throws Exception {
		if (route.getPrecondition() != null && !matches(resolve(route.getPrecondition()))) {
			return;
		}
		if (!route.isPrepared()) {
			RouteDefinitionHelper.prepareRoute(this.camel, route);
		}
		create(route);
	}

	private void create(RouteDefinition route) throws Exception {
		RouteDefinitionHelper.forceAssignIds(this.camel, route);
		Route built = this.camel.getModelReifierFactory().createRoute(this.camel, route);
		DefaultErrorHandlerReifier reifier = new DefaultErrorHandlerReifier(built, new DefaultErrorHandlerDefinition());
		ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), OnExceptionDefinition.class)
			.forEach((onException) -> build(reifier.createExceptionPolicy(onException)));
	}

	/** Camel reads this only when a message fails, and then fails itself. */
	private void build(ExceptionPolicy policy) {
		try {
			policy.createRedeliveryPolicy(this.camel, new RedeliveryPolicy()).calculateRedeliveryDelay(0, 1);
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException(
					"redeliveryPolicy: " + RouteProblem.reason(ex) + " (delays are numbers of milliseconds)");
		}
	}

	private static void attempt(ThrowingRunnable<Exception> attempt, Consumer<Throwable> failed) {
		try {
			attempt.run();
		}
		// A class missing from lib/ causes an Error, not an Exception.
		catch (Exception | LinkageError | StackOverflowError ex) {
			failed.accept(ex);
		}
	}

	@Override
	public void close() {
		this.camel.stop();
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
