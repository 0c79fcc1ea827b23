package io.agentassist.bridge.routes;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.camel.impl.DefaultCamelContext;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * The routes of a set, where their messages come from, and where each route sends them.
 * Not thread safe.
 */
final class RouteGraph {

	/** Calls of the outbox: what they do, and for which destination. */
	static final Pattern HOP = Pattern.compile("(add|claim|lock|buryOverdue)\\('([^']+)'.*");

	/**
	 * Leaves placeholders as they are, since a setting says more than its value. The
	 * context is never started, so there is nothing to close.
	 */
	private final EndpointNames names = new EndpointNames(new DefaultCamelContext(), UnaryOperator.identity());

	private final Map<String, String> operations = new LinkedHashMap<>();

	private final Map<String, String> calledRoutes;

	private final List<RouteItem> routes;

	RouteGraph(List<RouteItem> items, Map<String, String> calledRoutes) throws IOException {
		this.calledRoutes = calledRoutes;
		this.routes = items.stream().filter(RouteItem::isRoute).toList();
		for (RouteItem item : items) {
			Node specification = HttpContract.specification(item);
			if (specification != null) {
				HttpContract.operations(YamlTree.text(specification))
					.forEach((id, operation) -> this.operations.put("direct:" + id, operation));
			}
		}
	}

	/** One row for each route: file, id, source, targets. */
	List<List<String>> table() {
		List<List<String>> rows = new ArrayList<>();
		rows.add(List.of("FILE", "ROUTE", "FROM", "TO"));
		for (RouteItem route : this.routes) {
			String from = from(route);
			rows.add(List.of(route.file(), id(route), this.operations.getOrDefault(from, from),
					String.join(", ", targets(route))));
		}
		return rows;
	}

	/** The flow as a Mermaid flowchart. */
	String mermaid() {
		Map<String, String> byEntrance = new LinkedHashMap<>();
		this.routes.forEach((route) -> byEntrance.putIfAbsent(from(route), id(route)));
		Set<String> lines = new LinkedHashSet<>();
		Set<String> nodes = new LinkedHashSet<>();
		for (RouteItem route : this.routes) {
			String from = from(route);
			String operation = this.operations.get(from);
			if (operation != null) {
				lines.add(node(nodes, "http", "([HTTP client])") + edge(operation) + id(route));
			}
			else if (from.startsWith("platform-http:")) {
				lines.add(node(nodes, "http", "([HTTP client])") + edge(from.replaceFirst("platform-http:", ""))
						+ id(route));
			}
			else if (!from.startsWith("direct:") && !from.contains("{{")) {
				lines.add(node(nodes, "clock", "([clock])") + edge(from) + id(route));
			}
			for (String target : targets(route)) {
				String id = byEntrance.get(target);
				if (id != null && !id.equals(id(route))) {
					lines.add(id(route) + " --> " + id);
				}
				else if (id == null && target.startsWith("outbox ")) {
					lines.add(id(route) + " --> " + node(nodes, target.replace(' ', '-'), "[(" + target + ")]"));
				}
				else if (id == null) {
					lines.add(id(route) + " --> "
							+ node(nodes, "to-" + target.replaceAll("\\W+", "-").replaceAll("^-|-$", ""),
									"([" + target.replaceAll("\\{\\{agentassist\\.|\\}\\}", "") + "])"));
				}
			}
			for (String source : sources(route)) {
				lines.add(node(nodes, source.replace(' ', '-'), "[(" + source + ")]") + " --> " + id(route));
			}
		}
		StringBuilder text = new StringBuilder("flowchart TB\n");
		nodes.forEach((node) -> text.append("  ").append(node).append('\n'));
		lines.forEach((line) -> text.append("  ").append(line).append('\n'));
		return text.toString();
	}

	private static String edge(String label) {
		return " -->|\"" + label + "\"| ";
	}

	private static String node(Set<String> nodes, String id, String shape) {
		nodes.add(id + shape.replace("([", "([\"").replace("])", "\"])").replace("[(", "[(\"").replace(")]", "\")]"));
		return id;
	}

	private String from(RouteItem route) {
		return this.names.name("from", route.from());
	}

	/** A route's id; "routes check" reports a missing one. */
	private static String id(RouteItem route) {
		return Objects.requireNonNullElse(route.id(), "without-id");
	}

	private Set<String> targets(RouteItem route) {
		Set<String> targets = new LinkedHashSet<>();
		YamlTree.walk("", YamlTree.entry(route.from(), "steps"), (step, node) -> collect(node, step, targets, "add"));
		return targets;
	}

	private Set<String> sources(RouteItem route) {
		Set<String> sources = new LinkedHashSet<>();
		YamlTree.walk("", YamlTree.entry(route.from(), "steps"),
				(step, node) -> collect(node, step, sources, "claim|lock"));
		sources.removeIf((source) -> !source.startsWith("outbox "));
		return sources;
	}

	private void collect(Node node, String step, Set<String> targets, String hop) {
		String name = this.names.name(step, node);
		if (!name.isEmpty() && !name.startsWith("bean-validator:")) {
			targets.add(name);
		}
		String ref = YamlTree.text(node, "ref");
		String method = YamlTree.text(node, "method");
		if (ref != null && this.calledRoutes.containsKey(ref)) {
			targets.add(this.calledRoutes.get(ref));
		}
		Matcher matcher = HOP.matcher((method != null) ? method : "");
		if ("outbox".equals(ref) && matcher.matches() && matcher.group(1).matches(hop)) {
			targets.add("outbox " + matcher.group(2));
		}
	}

}
