package io.agentassist.bridge.routes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Takes files of routes apart. */
final class RouteFileParser {

	private RouteFileParser() {
	}

	/**
	 * Parses every file of routes of a set.
	 * @param problems told of what is no YAML, or no list of items
	 * @return the items of the files that could be parsed
	 */
	static List<RouteItem> parse(RouteSet set, Consumer<RouteProblem> problems) {
		List<RouteItem> items = new ArrayList<>();
		for (String file : set.routes()) {
			try {
				items.addAll(items(file, compose(file, set.files().get(file)), problems));
			}
			catch (MarkedYamlEngineException ex) {
				Optional<Mark> mark = ex.getProblemMark();
				problems.accept(new RouteProblem(file, mark.map(Mark::getLine).orElse(0) + 1,
						mark.map(Mark::getColumn).orElse(0) + 1, RouteProblem.Severity.ERROR,
						"no YAML: " + ex.getProblem()));
			}
			catch (YamlEngineException ex) {
				problems.accept(RouteProblem.error(file, "no YAML: " + ex.getMessage()));
			}
		}
		return items;
	}

	/**
	 * Reads one document.
	 * @throws YamlEngineException when the text is no YAML
	 */
	static Optional<Node> compose(String label, String text) {
		return new Compose(LoadSettings.builder().setLabel(label).build()).composeString(text);
	}

	private static List<RouteItem> items(String file, Optional<Node> root, Consumer<RouteProblem> problems) {
		List<RouteItem> items = new ArrayList<>();
		if (root.isPresent() && !(root.get() instanceof SequenceNode)) {
			problems.accept(new RouteItem(file, "", root.get()).error(root.get(),
					"a file of routes is a list: each element starts with '- route:' or the like"));
			return items;
		}
		for (Node element : root.map(YamlTree::elements).orElse(List.of())) {
			Map<String, Node> entries = YamlTree.entries(element);
			if (entries.size() != 1) {
				problems.accept(new RouteItem(file, "", element).error(element,
						"an element has one name, such as 'route:', with the rest below it"));
			}
			entries.forEach((kind, node) -> items.add(new RouteItem(file, kind, node)));
		}
		return items;
	}

}
