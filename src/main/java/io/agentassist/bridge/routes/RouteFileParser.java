package io.agentassist.bridge.routes;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.exceptions.DuplicateKeyException;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Splits route files into their items. */
final class RouteFileParser {

	/**
	 * Far above any route; deeper nesting could overflow the stack of the recursive
	 * parsers.
	 */
	private static final int MAX_DEPTH = 100;

	private RouteFileParser() {
	}

	/**
	 * Parses every route file of a set.
	 * @param problems receives each file that is not YAML or not a list of items
	 * @return the items of the files that could be parsed
	 */
	static List<RouteItem> parse(RouteSet set, Consumer<RouteProblem> problems) {
		List<RouteItem> items = new ArrayList<>();
		for (String file : set.routes()) {
			try {
				String text = set.files().get(file);
				refuseAliases(text);
				Optional<Node> root = compose(file, text);
				root.ifPresent(RouteFileParser::refuseDuplicateKeys);
				items.addAll(items(file, root, problems));
			}
			catch (MarkedYamlEngineException ex) {
				Optional<Mark> mark = ex.getProblemMark();
				problems.accept(new RouteProblem(file, mark.map(Mark::getLine).orElse(0) + 1,
						mark.map(Mark::getColumn).orElse(0) + 1, RouteProblem.Severity.ERROR,
						"not valid YAML: " + ex.getProblem()));
			}
			catch (YamlEngineException ex) {
				problems.accept(RouteProblem.error(file, "not valid YAML: " + ex.getMessage()));
			}
		}
		return items;
	}

	/**
	 * Parses one document.
	 * @throws YamlEngineException if the text is not YAML, or is nested too deeply
	 */
	static Optional<Node> compose(String label, String text) {
		LoadSettings settings = LoadSettings.builder().setLabel(label).build();
		int depth = 0;
		Event previous = null;
		for (Event event : new Parse(settings).parseString(text)) {
			if (event instanceof MappingStartEvent && previous instanceof MappingStartEvent) {
				throw new ParserException("a {{placeholder}} needs quotes around it", previous.getStartMark());
			}
			previous = event;
			if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
				throw new ParserException("nested more than " + MAX_DEPTH + " deep", event.getStartMark());
			}
			else if (event instanceof CollectionEndEvent) {
				depth--;
			}
		}
		return new Compose(settings).composeString(text);
	}

	/**
	 * Refuses aliases, as a few lines of them can make a tree that is endless or fills
	 * the memory.
	 */
	private static void refuseAliases(String text) {
		for (Event event : new Parse(LoadSettings.builder().build()).parseString(text)) {
			if (event instanceof AliasEvent alias) {
				throw new ParserException(
						"the alias *" + alias.getAlias() + " is not allowed in routes; write out what it stands for",
						event.getStartMark());
			}
		}
	}

	/**
	 * Refuses a key that occurs twice, as a merge of two edits may leave it. Camel's
	 * reader heeds one of them.
	 */
	private static void refuseDuplicateKeys(Node node) {
		if (node instanceof MappingNode mapping) {
			Set<String> keys = new HashSet<>();
			for (NodeTuple entry : mapping.getValue()) {
				String key = YamlTree.text(entry.getKeyNode());
				if (!keys.add(key)) {
					throw new DuplicateKeyException(mapping.getStartMark(), key, entry.getKeyNode().getStartMark());
				}
				refuseDuplicateKeys(entry.getValueNode());
			}
		}
		YamlTree.elements(node).forEach(RouteFileParser::refuseDuplicateKeys);
	}

	private static List<RouteItem> items(String file, Optional<Node> root, Consumer<RouteProblem> problems) {
		List<RouteItem> items = new ArrayList<>();
		if (root.isPresent() && !(root.get() instanceof SequenceNode)) {
			problems.accept(new RouteItem(file, "", root.get(), root.get()).error(root.get(),
					"a route file is a list: each element starts with '- route:' or the like"));
			return items;
		}
		for (Node element : root.map(YamlTree::elements).orElse(List.of())) {
			Map<String, Node> entries = YamlTree.entries(element);
			if (entries.size() != 1) {
				problems.accept(new RouteItem(file, "", element, element).error(element,
						"an element has one name, such as 'route:', with the rest below it"));
			}
			entries.forEach((kind, node) -> items.add(new RouteItem(file, kind, YamlTree.key(element, kind), node)));
		}
		return items;
	}

}
