package io.agentassist.bridge.routes;

import java.util.List;

import org.snakeyaml.engine.v2.nodes.Node;

/**
 * An element of a file of routes: a route, a policy, or another.
 *
 * @param file the file's name
 * @param kind as YAML calls it: {@code route}, {@code routeConfiguration}, …
 * @param node what stands below the kind
 */
record RouteItem(String file, String kind, Node node) {

	/**
	 * Tells of a route, at its place.
	 * @param items the items of its set, one at least
	 * @param route its id
	 * @param message what is wrong with it
	 */
	static RouteProblem problem(List<RouteItem> items, String route, String message) {
		String text = "route '" + route + "' " + message;
		return items.stream()
			.filter((item) -> route.equals(item.id()))
			.findFirst()
			.map((item) -> item.error(YamlTree.key(item.node(), "id"), text))
			.orElseGet(() -> RouteProblem.error(items.get(0).file(), text));
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

	/** Where the URI of its {@code from} stands; null where it has none. */
	Node entrance() {
		return YamlTree.uri("from", YamlTree.entry(this.node, "from"));
	}

	RouteProblem error(Node at, String message) {
		return problem(at, RouteProblem.Severity.ERROR, message);
	}

	RouteProblem warning(Node at, String message) {
		return problem(at, RouteProblem.Severity.WARNING, message);
	}

	private RouteProblem problem(Node at, RouteProblem.Severity severity, String message) {
		return at.getStartMark()
			.map((mark) -> new RouteProblem(this.file, mark.getLine() + 1, mark.getColumn() + 1, severity, message))
			.orElseGet(() -> new RouteProblem(this.file, 1, 1, severity, message));
	}

	/** What the item says, without its comments and its layout. */
	String content() {
		return this.kind + YamlTree.json(this.node);
	}

}
