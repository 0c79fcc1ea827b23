package io.agentassist.bridge.routes;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.camel.Exchange;
import org.apache.camel.catalog.EndpointValidationResult;
import org.apache.camel.component.platform.http.spi.Method;
import org.apache.camel.util.TimeUtils;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

import org.springframework.util.AntPathMatcher;

/**
 * Checks that everything a set of routes refers to exists: settings, beans and their
 * methods, policies, components and their options, and routes by their {@code direct:}
 * names; that ids are unique; and that nothing is used that the site does not allow. For
 * one check; not thread safe.
 */
final class ReferenceCheck {

	private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([^{}]+)\\}\\}");

	/** Steps whose URI may be a pattern, of endpoints that need not be there. */
	private static final Set<String> PATTERNS = Set.of("interceptFrom", "interceptSendToEndpoint");

	private static final Pattern PATTERN = Pattern.compile("[*(\\[|]");

	/** Steps whose URI may depend on the message. */
	private static final Set<String> DYNAMIC = Set.of("toD", "wireTap", "enrich", "pollEnrich");

	/** Steps whose endpoints are an expression. */
	private static final Set<String> COMPUTED = Set.of("enrich", "pollEnrich", "recipientList", "routingSlip");

	/** Steps whose expression is a number. */
	private static final Set<String> COUNTING = Set.of("loop", "delay", "throttle");

	/** Of a constant loop: what takes longer holds a thread, and often a caller. */
	private static final BigInteger MOST_LOOPS = BigInteger.valueOf(10_000);

	private static final String HTTP = "platform-http:";

	/** Paths that the bridge answers itself, unless a route takes them. */
	private static final List<String> OWN_PATHS = List.of("/error", "/", "/panel/panel.js", "/panel/panel.css");

	private static final String NEEDS_ID = "a route needs an id: edits and metrics refer to it";

	private static final String OURS = "io.agentassist.bridge.";

	private final RoutesProperties settings;

	private final RouteSurroundings surroundings;

	private final ScratchContext scratch;

	private final EndpointNames names;

	private final Consumer<RouteProblem> problems;

	private final Map<String, String> ids = new HashMap<>();

	/** What the contract's operations are served at, and the operations. */
	private final Map<String, String> contract = new HashMap<>();

	/** Where the contract is named; null if it has not been found yet. */
	private String contractPlace;

	/** What is wrong if no route has this entrance. */
	private final Map<String, RouteProblem> unserved = new HashMap<>();

	private final Map<String, String> entrances = new HashMap<>();

	private final Set<String> policies = new HashSet<>();

	/** Beans that the set itself declares. */
	private final Set<String> declared = new HashSet<>();

	ReferenceCheck(RoutesProperties settings, RouteSurroundings surroundings, ScratchContext scratch,
			EndpointNames names, Consumer<RouteProblem> problems) {
		this.settings = settings;
		this.surroundings = surroundings;
		this.scratch = scratch;
		this.names = names;
		this.problems = problems;
	}

	/**
	 * Checks the items of a set.
	 * @return the {@code direct:} names that have a route
	 */
	Set<String> check(List<RouteItem> items) {
		items.stream().filter(RouteItem::isPolicy).forEach((item) -> this.policies.add(item.id()));
		items.stream()
			.filter((item) -> "beans".equals(item.kind()))
			.flatMap((item) -> YamlTree.elements(item.node()).stream())
			.forEach((bean) -> this.declared.add(YamlTree.text(bean, "name")));
		List<RouteItem> routes = items.stream().filter(RouteItem::isRoute).filter(this::isActive).toList();
		items.forEach(this::collectContract);
		routes.forEach(this::collectEntrance);
		this.unserved.forEach((name, problem) -> {
			if (!this.entrances.containsKey(name)) {
				this.problems.accept(problem);
			}
		});
		uniqueStartupOrders(routes);
		routes.forEach(this::startsItself);
		for (RouteItem item : items) {
			if (item.isRoute() && item.id() == null) {
				this.problems.accept(item.error(item.node(), NEEDS_ID));
			}
			if ("from".equals(item.kind())) {
				this.problems
					.accept(item.error(item.key(), NEEDS_ID + "; write '- route:', and below it 'id' and 'from'"));
			}
			uniqueIds(item, item.node());
			// A template's placeholders are its parameters; the routes it makes are
			// checked by the trial load.
			if (!"routeTemplate".equals(item.kind()) && isActive(item)) {
				policiesOf(item);
				YamlTree.walk(item.kind(), item.node(), (name, node) -> check(item, name, node));
			}
		}
		new EndlessCallCheck(this.names, this.problems).check(routes);
		return this.entrances.keySet();
	}

	/** Whether a route's precondition holds, if it has one. */
	boolean isActive(RouteItem item) {
		String precondition = YamlTree.text(item.node(), "precondition");
		try {
			return precondition == null || this.scratch.matches(this.scratch.resolve(precondition));
		}
		catch (RuntimeException ex) {
			// Reported when the route is built.
			return true;
		}
	}

	private void collectContract(RouteItem item) {
		if (!"rest".equals(item.kind())) {
			return;
		}
		Node specification = HttpContract.specification(item);
		// A start would serve its paths instead of the contract's, or refuse it.
		if (specification == null || this.contractPlace != null) {
			this.problems.accept(item.error(item.key(),
					((specification != null) ? "the contract is already served, at " + this.contractPlace
							: "'rest' is for the contract only")
							+ ": add your operation to config/openapi.yaml, or write a route from '" + HTTP
							+ "/<path>'"));
			return;
		}
		this.contractPlace = place(item, item.key());
		try {
			HttpContract.operations(YamlTree.text(specification)).forEach((id, operation) -> {
				String[] verbAndPath = operation.split(" ", 2);
				this.contract.put(shape(HTTP + verbAndPath[1] + " " + verbAndPath[0]), operation);
				this.unserved.put("direct:" + id, item.error(specification, "no route starts with 'direct:" + id
						+ "', which has to serve " + operation + " of the contract"));
			});
		}
		catch (IOException ex) {
			this.problems.accept(item.error(specification, "the contract cannot be read: " + ex.getMessage()));
		}
	}

	private void collectEntrance(RouteItem item) {
		Node at = YamlTree.key(item.from(), "uri");
		for (String name : entrances(item)) {
			String served = served(name);
			if (served != null) {
				this.problems.accept(item.error(at, "'" + name + "' serves " + served + ": take another path"));
				return;
			}
			String other = this.entrances.putIfAbsent(shape(name), item.id());
			if (other != null) {
				// A copied route is told by its id.
				if (!other.equals(item.id())) {
					this.problems.accept(item.error(at,
							"'" + name + "' is already the entrance of route '" + other + "': remove one of them"));
				}
				return;
			}
		}
	}

	/** What of the bridge's own a route with this entrance would take, or null. */
	private String served(String name) {
		String operation = this.contract.get(shape(name));
		if (operation != null) {
			return operation + " of the contract";
		}
		String path = name.startsWith(HTTP) ? shape(name).substring(HTTP.length()).replaceFirst(" .*", "") : "";
		return OWN_PATHS.stream()
			.filter((own) -> new AntPathMatcher().match(path, own))
			.findFirst()
			.map((own) -> own + " of the bridge itself")
			.orElse(null);
	}

	/** Paths that differ only in the names of their parameters are one. */
	private static String shape(String name) {
		return name.replaceAll("\\{.*?}+", "*");
	}

	/**
	 * The names that two consumers must not share: a path has one for each verb that it
	 * takes, since removing one of two routes would take the verb away from the other.
	 */
	private List<String> entrances(RouteItem item) {
		String name = this.names.name("from", item.from());
		if (!name.startsWith(HTTP)) {
			return name.isEmpty() ? List.of() : List.of(name);
		}
		String path = HTTP + "/" + name.substring(HTTP.length()).replaceFirst("^/", "");
		Matcher inQuery = Pattern.compile("[?&]httpMethodRestrict=([^&]*)")
			.matcher(this.scratch.value(YamlTree.text(item.entrance())));
		String verbs = inQuery.find() ? inQuery.group(1) : this.scratch
			.value(YamlTree.text(YamlTree.entry(item.from(), YamlTree.PARAMETERS), "httpMethodRestrict"));
		Stream<String> taken = (verbs != null) ? Stream.of(verbs.toUpperCase(Locale.ROOT).split(",")).map(String::trim)
				: Method.getAll().stream().map(Method::name);
		return taken.distinct().map((verb) -> path + " " + verb).toList();
	}

	private void uniqueStartupOrders(List<RouteItem> routes) {
		Map<String, RouteItem> orders = new HashMap<>();
		for (RouteItem item : routes) {
			String order = YamlTree.text(item.node(), "startupOrder");
			RouteItem other = (order != null) ? orders.putIfAbsent(order, item) : null;
			// A copied route is told by its id.
			if (other != null && !Objects.equals(other.id(), item.id())) {
				this.problems.accept(item.error(YamlTree.key(item.node(), "startupOrder"), "the startupOrder " + order
						+ " is already that of route '" + other.id() + "': a start would refuse it"));
			}
		}
	}

	/** A route that waits to be started by hand is a pause that an edit cannot end. */
	private void startsItself(RouteItem item) {
		Node at = YamlTree.entry(item.node(), "autoStartup");
		if ("false".equalsIgnoreCase(this.scratch.value(YamlTree.text(at)))) {
			this.problems.accept(item.error(YamlTree.key(item.node(), "autoStartup"), "'autoStartup: false' leaves the"
					+ " entrance of the route unserved: give it a precondition, or pause the running route"));
		}
	}

	private void uniqueIds(RouteItem item, Node node) {
		YamlTree.elements(node).forEach((element) -> uniqueIds(item, element));
		Node id = YamlTree.entry(node, "id");
		// What is below a copy is a copy, too: one problem for all of it.
		if (YamlTree.text(id) == null || isUnique(item, id)) {
			YamlTree.entries(node).forEach((key, value) -> {
				if (!YamlTree.PARAMETERS.equals(key)) {
					uniqueIds(item, value);
				}
			});
		}
	}

	private boolean isUnique(RouteItem item, Node id) {
		String place = place(item, id);
		String other = this.ids.putIfAbsent(YamlTree.text(id), place);
		if (other != null) {
			this.problems.accept(item.error(id, "the id '" + YamlTree.text(id) + "' is already used, at " + other));
		}
		return other == null;
	}

	private static String place(RouteItem item, Node at) {
		return item.error(at, "").toString().replaceAll(": error.*", "");
	}

	private void policiesOf(RouteItem item) {
		Node names = YamlTree.entry(item.node(), "routeConfigurationId");
		if (YamlTree.text(names) != null) {
			for (String name : YamlTree.text(names).split(",", -1)) {
				if (!name.contains("*") && !this.policies.contains(name.trim())) {
					this.problems.accept(item.error(names, "there is no routeConfiguration '" + name.trim() + "'"));
				}
			}
		}
	}

	private void check(RouteItem item, String name, Node node) {
		String scalar = YamlTree.text(node);
		if (scalar != null) {
			placeholders(item, node, scalar);
		}
		Node uri = YamlTree.uri(name, node);
		if (YamlTree.text(uri) != null && !(PATTERNS.contains(name) && PATTERN.matcher(YamlTree.text(uri)).find())) {
			endpoint(item, name, node, uri);
		}
		if (node instanceof MappingNode) {
			if (YamlTree.text(node, "ref") != null && Set.of("bean", "method").contains(name)) {
				beanMethod(item, YamlTree.entry(node, "ref"), YamlTree.text(node, "ref"),
						YamlTree.text(node, "method"));
			}
			references(item, name, node);
			if (COMPUTED.contains(name)) {
				computed(item, name, node);
			}
			if ("setHeader".equals(name) && Exchange.HTTP_URI.equals(YamlTree.text(node, "name"))) {
				url(item, node);
			}
			boolean conditional = "loop".equals(name)
					&& "true".equals(this.scratch.value(YamlTree.text(node, "doWhile")));
			if (COUNTING.contains(name) && !conditional) {
				wholeNumber(item, name, node);
			}
			if (conditional || "dynamicRouter".equals(name)) {
				endless(item, name, node);
			}
		}
	}

	private void placeholders(RouteItem item, Node node, String text) {
		Matcher matcher = PLACEHOLDER.matcher(text);
		while (matcher.find()) {
			String key = matcher.group(1);
			if (key.startsWith("bean:")) {
				String[] call = key.substring("bean:".length()).split("[.?]", 2);
				beanMethod(item, node, call[0], (call.length > 1) ? call[1] : null);
			}
			// What is optional, {{?key}}, may be missing.
			else if (!key.startsWith("?") && this.scratch.value(matcher.group()) == null) {
				this.problems.accept(item.error(node,
						"the setting '" + key + "' is not defined: add it to config/application.yaml"));
			}
		}
	}

	/** Checks endpoints that an expression has for every message. */
	private void computed(RouteItem item, String step, Node node) {
		Node constant = YamlTree.constant(node);
		String uris = this.scratch.value(YamlTree.text(constant));
		if (uris == null) {
			return;
		}
		String delimiter = Stream.of("delimiter", "uriDelimiter")
			.map((option) -> YamlTree.text(node, option))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(",");
		for (String uri : step.endsWith("nrich") ? List.of(uris) : List.of(uris.split(Pattern.quote(delimiter)))) {
			Node to = new ScalarNode(Tag.STR, true, uri.trim(), ScalarStyle.PLAIN, constant.getStartMark(),
					constant.getEndMark());
			endpoint(item, "to", to, to);
		}
	}

	private void url(RouteItem item, Node node) {
		Node constant = YamlTree.constant(node);
		String url = this.scratch.value(YamlTree.text(constant));
		if (url != null && !url.matches("https?://.+")) {
			this.problems.accept(item.error(constant, YamlTree.text(constant) + " is no http:// or https:// URL"));
		}
	}

	private void wholeNumber(RouteItem item, String step, Node node) {
		Node constant = YamlTree.constant(node);
		String number = this.scratch.value(YamlTree.text(constant));
		if (number != null && !number.matches("-?\\d+")) {
			this.problems.accept(item.error(constant, "'" + step + "' needs a whole number, not '" + number + "'"));
		}
		else if (number != null && "loop".equals(step) && new BigInteger(number).compareTo(MOST_LOOPS) > 0) {
			this.problems.accept(item.error(constant, "'loop' repeats its steps at most " + MOST_LOOPS + " times, not "
					+ number + ": let a scheduler do a part at a time"));
		}
	}

	/**
	 * Refuses a step that repeats itself until its expression says otherwise, if that is
	 * the same each time: it used memory until the process died.
	 */
	private void endless(RouteItem item, String step, Node node) {
		Node constant = YamlTree.constant(node);
		boolean isOff = "loop".equals(step) && "false".equals(this.scratch.value(YamlTree.text(constant)));
		if (constant != null && !isOff) {
			this.problems.accept(item.error(constant, "'" + step + "' never ends: its expression must "
					+ ("loop".equals(step) ? "be false" : "give null") + " at last, it has to depend on the message"));
		}
	}

	private void endpoint(RouteItem item, String step, Node node, Node at) {
		String uri = this.scratch.value(YamlTree.text(at));
		if (uri == null && !YamlTree.text(at).startsWith("{{?")) {
			return;
		}
		if (uri == null || uri.isBlank()) {
			this.problems.accept(item.error(at, (YamlTree.text(at).isBlank() ? "the uri" : YamlTree.text(at))
					+ " has no value: set it, or give the route a precondition that leaves it out"));
			return;
		}
		String name = this.names.name(step, node);
		String scheme = uri.replaceAll("[:?].*", "");
		if (scheme.contains("${")) {
			this.problems.accept(item.warning(at, "the component depends on the message, and cannot be checked"));
		}
		else if (!this.settings.components().contains(scheme)) {
			this.problems.accept(item.error(at, "the component '" + scheme
					+ "' is not allowed: use another, or add it to agentassist.routes.components and restart the bridge"));
		}
		else if (!this.scratch.hasComponent(scheme)) {
			this.problems
				.accept(item.error(at, "there is no component '" + scheme + "': its library is not in the bridge"));
		}
		else if (!(DYNAMIC.contains(step) && uri.contains("${"))) {
			options(item, step, node, at, name);
		}
		if (scheme.equals("direct") && !step.equals("from") && !(DYNAMIC.contains(step) && name.contains("${"))
				&& !this.entrances.containsKey(name)) {
			this.problems.accept(item.error(at, "no route starts with '" + name + "'"));
		}
	}

	private void options(RouteItem item, String step, Node node, Node at, String name) {
		Node parameters = YamlTree.entry(node, YamlTree.PARAMETERS);
		EndpointValidationResult result;
		try {
			result = this.scratch.validate(this.names.uri(step, node));
		}
		catch (RuntimeException ex) {
			this.problems.accept(item.error(at, "not a valid endpoint: " + ex.getMessage()));
			return;
		}
		if (result.isSuccess()) {
			return;
		}
		if (result.getSyntaxError() != null) {
			this.problems.accept(item.error(at, "not a valid endpoint: " + result.getSyntaxError()));
		}
		none(result.getUnknown()).forEach((option) -> this.problems
			.accept(item.error(place(at, parameters, option), "'" + option + "' is not an option of " + name)));
		none(result.getRequired()).forEach((option) -> this.problems
			.accept(item.error(at, "the option '" + option + "' of " + name + " is missing")));
		Stream
			.of(result.getInvalidBoolean(), result.getInvalidInteger(), result.getInvalidNumber(),
					result.getInvalidDuration(), result.getInvalidEnum())
			.map((wrong) -> (wrong != null) ? wrong : Map.<String, String>of())
			.forEach((wrong) -> wrong.forEach((option, value) -> {
				if (!isDuration(value)) {
					this.problems.accept(item.error(place(at, parameters, option),
							"the option '" + option + "' cannot be '" + value + "'"));
				}
			}));
	}

	/**
	 * The catalogue declares some times as numbers that may also be written as durations.
	 */
	private static boolean isDuration(String value) {
		try {
			return value.matches("\\d.*") && TimeUtils.toMilliSeconds(value) >= 0;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private static Node place(Node uri, Node parameters, String option) {
		return (YamlTree.entry(parameters, option) != null) ? YamlTree.key(parameters, option) : uri;
	}

	private static Set<String> none(Set<String> names) {
		return (names != null) ? names : Set.of();
	}

	private void beanMethod(RouteItem item, Node at, String name, String call) {
		Class<?> type = this.surroundings.beanType(name);
		if (type == null && !this.declared.contains(name)) {
			this.problems.accept(item.error(at, "there is no bean '" + name + "'"));
		}
		else if ((type == null || !type.getName().startsWith(OURS)) && !this.settings.beans().contains(name)) {
			this.problems.accept(item.error(at, "the bean '" + name
					+ "' is not allowed in routes: use another, or add it to agentassist.routes.beans and restart the bridge"));
		}
		// The methods of a bean that the set declares are known to Camel only.
		else if (call != null && type != null) {
			String method = call.replaceAll("[(?].*", "").trim();
			if (Arrays.stream(type.getMethods())
				.noneMatch((candidate) -> candidate.getName().equals(method)
						&& !Modifier.isStatic(candidate.getModifiers()))) {
				String methods = Arrays.stream(type.getMethods())
					.filter((candidate) -> candidate.getDeclaringClass() != Object.class)
					.map((candidate) -> candidate.getName())
					.distinct()
					.sorted()
					.collect(Collectors.joining(", "));
				this.problems
					.accept(item.error(at, "the bean '" + name + "' has no method '" + method + "', only " + methods));
			}
		}
	}

	/** Checks the options by which steps refer to beans and settings. */
	private void references(RouteItem item, String step, Node node) {
		for (String option : List.of("idempotentRepository", "onExceptionOccurredRef", "onRedeliveryRef",
				"aggregationRepository")) {
			Optional.ofNullable(YamlTree.entry(node, option))
				.filter((at) -> YamlTree.text(at) != null && !YamlTree.text(at).startsWith("#"))
				.ifPresent((at) -> beanMethod(item, at, YamlTree.text(at), null));
		}
		Node breaker = step.equals("circuitBreaker") ? YamlTree.entry(node, "configuration") : null;
		if (breaker != null && !this.surroundings.breakers().contains(YamlTree.text(breaker))) {
			this.problems.accept(item.error(breaker, "there are no settings 'camel.resilience4j.configurations."
					+ YamlTree.text(breaker) + "' in config/application.yaml"));
		}
		Node pool = YamlTree.entry(node, "executorService");
		if (pool != null && !this.surroundings.pools().contains(YamlTree.text(pool))) {
			this.problems.accept(item.error(pool, "there is no thread pool 'camel.threadpool.config."
					+ YamlTree.text(pool) + "' in config/application.yaml"));
		}
	}

}
