package io.agentassist.bridge.routes;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.support.LanguageSupport;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Queries on YAML nodes, which know their position in the text. */
final class YamlTree {

	/** Key of the entry that holds an endpoint's options. */
	static final String PARAMETERS = "parameters";

	/** Steps that may consist of just a URI. */
	private static final Set<String> SHORT = Set.of("from", "to", "toD", "wireTap");

	private YamlTree() {
	}

	/**
	 * The entries of a mapping, in order; empty if the node is not a mapping.
	 */
	static Map<String, Node> entries(Node node) {
		Map<String, Node> entries = new LinkedHashMap<>();
		if (node instanceof MappingNode mapping) {
			mapping.getValue().forEach((entry) -> entries.put(text(entry.getKeyNode()), entry.getValueNode()));
		}
		return entries;
	}

	/** The elements of a sequence; empty if the node is not a sequence. */
	static List<Node> elements(Node node) {
		return (node instanceof SequenceNode sequence) ? sequence.getValue() : List.of();
	}

	/**
	 * Visits a node and everything below it, each with the key of the entry that it, or
	 * the sequence around it, is the value of. Of an endpoint's options it visits only
	 * the values, all with the key {@link #PARAMETERS}: an option may have the name of a
	 * step, as {@code to} of a mail.
	 */
	static void walk(String key, Node node, BiConsumer<String, Node> visitor) {
		boolean options = PARAMETERS.equals(key);
		if (!options || node instanceof ScalarNode) {
			visitor.accept(key, node);
		}
		elements(node).forEach((element) -> walk(key, element, visitor));
		entries(node).forEach((name, value) -> walk(options ? key : name, value, visitor));
	}

	/** An entry of a mapping, or null. */
	static Node entry(Node node, String key) {
		return entries(node).get(key);
	}

	/** The text of an entry of a mapping, or null. */
	static String text(Node node, String key) {
		return text(entry(node, key));
	}

	/** The text of a scalar; null for anything else. */
	static String text(Node node) {
		return (node instanceof ScalarNode scalar) ? scalar.getValue() : null;
	}

	/**
	 * The node with the URI of a step, including a step that is just a URI,
	 * {@code - to: direct:next}; null if it has none.
	 */
	static Node uri(String step, Node node) {
		return (text(node) != null && SHORT.contains(step)) ? node : entry(node, "uri");
	}

	/**
	 * The node with the text that a step's expression has for every message: a constant,
	 * or a Simple expression without functions; null if it has another.
	 */
	static Node constant(Node step) {
		Node expression = (entry(step, "expression") != null) ? entry(step, "expression") : step;
		for (String language : List.of("constant", "simple")) {
			Node at = entry(expression, language);
			Node text = (text(at) != null) ? at : entry(at, "expression");
			if (text(text) != null && ("constant".equals(language) || !LanguageSupport.hasSimpleFunction(text(text)))) {
				return text;
			}
		}
		return null;
	}

	/** Where an entry begins: its key, or the node itself if there is no such entry. */
	static Node key(Node node, String key) {
		if (node instanceof MappingNode mapping) {
			for (NodeTuple entry : mapping.getValue()) {
				if (key.equals(text(entry.getKeyNode()))) {
					return entry.getKeyNode();
				}
			}
		}
		return node;
	}

	/**
	 * Converts a tree to JSON in which every scalar is a string, since Camel converts
	 * them itself.
	 */
	static JsonNode json(Node node) {
		if (node instanceof MappingNode) {
			ObjectNode object = JsonNodeFactory.instance.objectNode();
			entries(node).forEach((key, value) -> object.set(key, json(value)));
			return object;
		}
		if (node instanceof SequenceNode) {
			ArrayNode array = JsonNodeFactory.instance.arrayNode();
			elements(node).forEach((element) -> array.add(json(element)));
			return array;
		}
		return Tag.NULL.equals(node.getTag()) ? JsonNodeFactory.instance.nullNode()
				: JsonNodeFactory.instance.textNode(text(node));
	}

}
