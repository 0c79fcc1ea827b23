package io.agentassist.bridge.routes;

import java.util.List;
import java.util.Optional;

import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * An element of a route file: a route, a policy or something else.
 *
 * @param file the file's name
 * @param kind its name in YAML: {@code route}, {@code routeConfiguration}, …
 * @param key where the kind stands
 * @param node the content below the kind
 */
record RouteItem(String file, String kind, Node key, Node node) {

	/**
	 * Creates a problem with a route, at its place in the file.
	 * @param items the items of its set, at least one
	 * @param route its id
	 * @param message what is wrong with it
	 */
	static RouteProblem problem(List<RouteItem> items, String route, String message) {
		String text = "route '" + route + "' " + message;
		return find(items, route).map((item) -> item.error(YamlTree.key(item.node(), "id"), text))
			.orElseGet(() -> RouteProblem.error(items.get(0).file(), text));
	}

	/** The route or policy with an id. */
	static Optional<RouteItem> find(List<RouteItem> items, String id) {
		return items.stream().filter((item) -> id.equals(item.id())).findFirst();
	}

	boolean isRoute() {
		return "route".equals(this.kind);
	}

	boolean isPolicy() {
		return "routeConfiguration".equals(this.kind);
	}

	/** The id, or null. */
	String id() {
		return YamlTree.text(this.node, "id");
	}

	/** The content of its {@code from}; null if it has none. */
	Node from() {
		return YamlTree.entry(this.node, "from");
	}

	/** The node with the URI of its {@code from}; null if it has none. */
	Node entrance() {
		return YamlTree.uri("from", from());
	}

	RouteProblem error(Node at, String message) {
		return problem(at, RouteProblem.Severity.ERROR, message);
	}

	RouteProblem warning(Node at, String message) {
		return problem(at, RouteProblem.Severity.WARNING, message);
	}

	private RouteProblem problem(Node at, RouteProblem.Severity severity, String message) {
		Mark mark = at.getStartMark().orElseThrow();
		return new RouteProblem(this.file, mark.getLine() + 1, mark.getColumn() + 1, severity, message);
	}

	/** The content of the item, without comments and layout. */
	String content() {
		return this.kind + YamlTree.json(this.node);
	}

}
