package io.agentassist.bridge.routes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Finds routes to which every message returns: such a message never ends, and uses memory
 * until none is left. A route that calls itself only sometimes is allowed. For one check;
 * not thread safe.
 */
final class EndlessCallCheck {

	/** Steps whose nested steps every message passes. */
	private static final Set<String> PASSED = Set.of("pipeline", "multicast", "step", "circuitBreaker", "doTry", "saga",
			"transacted", "policy");

	/**
	 * Steps that end a message, so that not every message reaches the steps after them.
	 */
	private static final Set<String> LAST = Set.of("stop", "throwException", "rollback");

	private final EndpointNames names;

	private final Consumer<RouteProblem> problems;

	private final Map<String, List<Call>> calls = new HashMap<>();

	/**
	 * Creates the check of one set.
	 * @param names of the endpoints
	 * @param problems receives each problem
	 */
	EndlessCallCheck(EndpointNames names, Consumer<RouteProblem> problems) {
		this.names = names;
		this.problems = problems;
	}

	void check(List<RouteItem> routes) {
		for (RouteItem route : routes) {
			List<Call> made = new ArrayList<>();
			collect(route, YamlTree.entry(route.from(), "steps"), made);
			this.calls.put(this.names.name("from", route.from()), made);
		}
		this.calls.forEach((entrance, made) -> made.forEach((call) -> {
			if (comesBack(call.target(), entrance, new HashSet<>())) {
				this.problems.accept(call.route()
					.error(call.at(), "sends every message back to '" + entrance
							+ "', where it came from, endlessly: put a condition before it"));
			}
		}));
	}

	/**
	 * Collects the calls that every message makes in a list of steps.
	 * @return whether every message reaches the end of the list
	 */
	private boolean collect(RouteItem route, Node steps, List<Call> made) {
		for (Node element : YamlTree.elements(steps)) {
			for (Map.Entry<String, Node> step : YamlTree.entries(element).entrySet()) {
				Node content = step.getValue();
				boolean passed = PASSED.contains(step.getKey());
				if (passed ? !collect(route, YamlTree.entry(content, "steps"), made) : mayEnd(step.getKey(), content)) {
					return false;
				}
				if ("to".equals(step.getKey()) || "wireTap".equals(step.getKey())) {
					made.add(new Call(route, YamlTree.uri(step.getKey(), content),
							this.names.name(step.getKey(), content)));
				}
			}
		}
		return true;
	}

	private static boolean mayEnd(String step, Node node) {
		return LAST.contains(step) || YamlTree.elements(node).stream().anyMatch((element) -> mayEnd(step, element))
				|| YamlTree.entries(node)
					.entrySet()
					.stream()
					.anyMatch((entry) -> mayEnd(entry.getKey(), entry.getValue()));
	}

	private boolean comesBack(String from, String entrance, Set<String> seen) {
		return from.equals(entrance) || (seen.add(from) && this.calls.getOrDefault(from, List.of())
			.stream()
			.anyMatch((call) -> comesBack(call.target(), entrance, seen)));
	}

	private record Call(RouteItem route, Node at, String target) {
	}

}
