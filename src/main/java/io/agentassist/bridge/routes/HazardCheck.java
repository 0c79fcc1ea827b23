package io.agentassist.bridge.routes;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;

import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Warns of patterns that run but do not do what they seem to: each of them has been seen
 * to lose or repeat messages. Refuses a long wait within a transaction, which stops the
 * whole bridge. For one check; not thread safe.
 */
final class HazardCheck {

	/** Milliseconds; callers do not wait much longer for a database connection. */
	private static final BigInteger LONGEST_WAIT = BigInteger.valueOf(1000);

	private final RoutesProperties settings;

	private final RouteSurroundings surroundings;

	private final EndpointNames names;

	private final UnaryOperator<String> values;

	private final Consumer<RouteProblem> problems;

	/** Ids of policies and routes that redeliver. */
	private final Set<String> redelivering = new HashSet<>();

	/**
	 * {@code direct:} names called by a route with such a policy, with that route's id.
	 */
	private final Map<String, String> redelivered = new HashMap<>();

	/** Destinations whose events some route takes from the outbox. */
	private final Set<String> delivered = new HashSet<>();

	/**
	 * Routes by entrance, without those that were looked at as called in a transaction.
	 */
	private final Map<String, RouteItem> called = new HashMap<>();

	HazardCheck(RoutesProperties settings, RouteSurroundings surroundings, EndpointNames names,
			UnaryOperator<String> values, Consumer<RouteProblem> problems) {
		this.settings = settings;
		this.surroundings = surroundings;
		this.names = names;
		this.values = values;
		this.problems = problems;
	}

	/**
	 * Checks the items of a set.
	 * @param items all of them
	 * @param active those whose precondition holds, if they have one
	 */
	void check(List<RouteItem> items, List<RouteItem> active) {
		missing(active);
		active.forEach((item) -> YamlTree.walk("", item.node(), (step, node) -> collectDelivered(node)));
		active.forEach((item) -> YamlTree.walk("", item.node(), (step, node) -> undelivered(item, node)));
		items.forEach((item) -> YamlTree.walk("", item.node(), (step, node) -> collectPolicies(item, node)));
		items.stream()
			.filter(this::redelivers)
			.forEach((item) -> YamlTree.walk("", item.node(), (step, node) -> collectCalls(item, node)));
		items.forEach((item) -> YamlTree.walk("", item.node(), (step, node) -> check(item, step, node)));
		List<RouteItem> routes = items.stream().filter(RouteItem::isRoute).toList();
		routes.forEach((route) -> {
			String entrance = this.names.name("from", route.from());
			// Others, such as a broker's, are called in no transaction of the caller's.
			if (entrance.startsWith("direct:")) {
				this.called.putIfAbsent(entrance, route);
			}
		});
		routes.forEach((route) -> {
			Node steps = YamlTree.entry(route.from(), "steps");
			if (YamlTree.elements(steps).stream().anyMatch((step) -> YamlTree.entry(step, "transacted") != null)) {
				waits(route, "", steps, route.id());
			}
		});
	}

	/** Warns of steps that a site must not lose: without them nothing fails. */
	private void missing(List<RouteItem> active) {
		Set<String> present = new HashSet<>();
		active.forEach((item) -> collectIds(item.node(), present));
		this.settings.requiredSteps()
			.stream()
			.filter((id) -> !present.contains(id))
			.forEach((id) -> this.problems.accept(new RouteProblem(".", 1, 1, RouteProblem.Severity.WARNING,
					"no route has the step '" + id + "', which agentassist.routes.required-steps names: without it,"
							+ " interactions may get lost, doubled, not audited or not authenticated; put it back, or,"
							+ " if another step does its work, give that one its id")));
	}

	private static void collectIds(Node node, Set<String> ids) {
		// Kaoto's way to take a step out without deleting it.
		if (!"true".equals(YamlTree.text(node, "disabled"))) {
			ids.add(YamlTree.text(node, "id"));
			YamlTree.elements(node).forEach((element) -> collectIds(element, ids));
			YamlTree.entries(node).values().forEach((value) -> collectIds(value, ids));
		}
	}

	private static Matcher hop(Node node) {
		String method = YamlTree.text(node, "method");
		return RouteGraph.HOP.matcher("outbox".equals(YamlTree.text(node, "ref")) && method != null ? method : "");
	}

	private void collectDelivered(Node node) {
		Matcher hop = hop(node);
		if (hop.matches() && !"add".equals(hop.group(1))) {
			this.delivered.add(hop.group(2));
		}
	}

	private void undelivered(RouteItem item, Node node) {
		Matcher hop = hop(node);
		if (hop.matches() && "add".equals(hop.group(1)) && !this.delivered.contains(hop.group(2))) {
			this.problems
				.accept(item.warning(YamlTree.entry(node, "method"), "route '" + item.id() + "' keeps events for '"
						+ hop.group(2) + "', but no active route takes them from the outbox: they wait there"));
		}
	}

	private void collectPolicies(RouteItem item, Node node) {
		String maximum = YamlTree.text(node, "maximumRedeliveries");
		if (maximum != null) {
			if (maximum.trim().equals("-1")) {
				this.problems.accept(item.warning(YamlTree.key(node, "maximumRedeliveries"),
						"-1 retries forever and holds a thread meanwhile: set a number"));
			}
			if (!maximum.trim().equals("0") && item.id() != null) {
				this.redelivering.add(item.id());
			}
		}
	}

	private boolean redelivers(RouteItem item) {
		String policies = YamlTree.text(item.node(), "routeConfigurationId");
		return item.isRoute() && (this.redelivering.contains(item.id()) || (policies != null
				&& List.of(policies.split("\\s*,\\s*")).stream().anyMatch(this.redelivering::contains)));
	}

	private void collectCalls(RouteItem item, Node node) {
		String name = this.names.name("to", YamlTree.entry(node, "to"));
		if (name.startsWith("direct:")) {
			this.redelivered.put(name, item.id());
		}
	}

	private void check(RouteItem item, String step, Node node) {
		switch (step) {
			case "multicast" -> {
				if (!"true".equals(YamlTree.text(node, "stopOnException"))) {
					this.problems
						.accept(item.warning(node, "without 'stopOnException: true' a failing branch goes unnoticed"));
				}
			}
			case "circuitBreaker" -> {
				String open = YamlTree.text(YamlTree.entry(node, "resilience4jConfiguration"),
						"throwExceptionWhenHalfOpenOrOpenState");
				String named = YamlTree.text(node, "configuration");
				if (!"true".equals(open) && YamlTree.entry(node, "onFallback") == null
						&& (named == null || !this.surroundings.throwsWhenOpen(named))) {
					this.problems.accept(item.warning(node, "while it is open, calls are skipped and succeed: set"
							+ " 'throwExceptionWhenHalfOpenOrOpenState: true' in its settings, or add 'onFallback'"));
				}
			}
			case "removeHeaders" -> endlessRedelivery(item, node);
			default -> {
			}
		}
	}

	/**
	 * Warns of steps that wait, in a route or one that it calls, while a transaction
	 * holds a database connection: the embedded database has only one. Refuses those that
	 * are sure to wait for long: everything else was answered 503, even after the edit
	 * had been undone, since messages finish on the routes on which they began.
	 */
	private void waits(RouteItem item, String step, Node node, String transaction) {
		String name = switch (step) {
			case "enrich" -> this.names.name("to", YamlTree.constant(node));
			// Does not wait.
			case "wireTap" -> "";
			default -> this.names.name(step, node);
		};
		if (name.matches("https?:.*") || ("delay".equals(step) && node instanceof MappingNode)) {
			String message = "waits within the transaction of route '" + transaction
					+ "', and everything else may wait for its database connection: do it before or after";
			this.problems.accept(
					("delay".equals(step) && isLong(node)) ? item.error(node, message) : item.warning(node, message));
		}
		RouteItem next = this.called.remove(name);
		if (next != null) {
			waits(next, "", YamlTree.entry(next.from(), "steps"), transaction);
		}
		YamlTree.elements(node).forEach((element) -> waits(item, step, element, transaction));
		YamlTree.entries(node).forEach((key, value) -> {
			if (!YamlTree.PARAMETERS.equals(key)) {
				waits(item, key, value, transaction);
			}
		});
	}

	private boolean isLong(Node delay) {
		String time = this.values.apply(YamlTree.text(YamlTree.constant(delay)));
		return time != null && time.matches("\\d+") && new BigInteger(time).compareTo(LONGEST_WAIT) > 0;
	}

	private void endlessRedelivery(RouteItem item, Node node) {
		String entrance = this.names.name("from", item.from());
		Node handler = YamlTree.entry(item.node(), "errorHandler");
		String excluded = YamlTree.text(node, "excludePattern");
		if ("*".equals(YamlTree.text(node, "pattern")) && YamlTree.entry(handler, "noErrorHandler") != null
				&& this.redelivered.containsKey(entrance)
				&& (excluded == null || !excluded.startsWith("CamelRedeliver"))) {
			this.problems
				.accept(item.warning(node, "removes the redelivery counter of route '" + this.redelivered.get(entrance)
						+ "', which then retries forever: add 'excludePattern: CamelRedeliver*'"));
		}
	}

}
