package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Checks items against the schema of Camel's YAML DSL. The schema is made as lenient as
 * Camel is: a number or boolean may be a string, as a placeholder is. Thread safe.
 */
class SchemaCheck {

	/** Several alternatives fit where only one may. */
	private static final String SEVERAL = "several";

	/** The most informative rules first, if several are broken in one place. */
	private static final List<String> TELLING = List.of("additionalProperties", SEVERAL, "required", "enum",
			"maxProperties", "type");

	/** Length of the path to an item: its number in the document, and its kind. */
	private static final int ITEM_DEPTH = 2;

	private final JsonSchema schema;

	SchemaCheck() {
		try (InputStream stream = SchemaCheck.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
			JsonNode camel = new ObjectMapper().readTree(stream);
			((ObjectNode) camel.at("/items/definitions/org.apache.camel.model.CircuitBreakerDefinition/properties"))
				.putObject("inheritErrorHandler");
			relax(camel);
			// Preloading, which resolves every reference within every other one, would
			// take 200 MB.
			this.schema = JsonSchemaFactory.getInstance(VersionFlag.V4)
				.getSchema(camel, SchemaValidatorsConfig.builder().preloadJsonSchema(false).build());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void relax(JsonNode node) {
		node.forEach(SchemaCheck::relax);
		if (node instanceof ObjectNode object) {
			if (object.path("deprecated").isBoolean()) {
				// Not a keyword of JSON Schema.
				object.remove("deprecated");
			}
			if (List.of("number", "integer", "boolean").contains(object.path("type").asText())) {
				object.put("type", "string");
			}
			if (object.path("enum").isArray()) {
				ObjectNode placeholder = object.objectNode().put("pattern", "\\{\\{");
				ObjectNode listed = object.objectNode();
				listed.set("enum", object.remove("enum"));
				object.set("anyOf", object.arrayNode().add(listed).add(placeholder));
			}
		}
	}

	/**
	 * Checks an item.
	 * @return whether it fits the schema
	 */
	boolean fits(RouteItem item, Consumer<RouteProblem> problems) {
		ObjectNode element = JsonNodeFactory.instance.objectNode();
		element.set(item.kind(), YamlTree.json(item.node()));
		ArrayNode document = element.arrayNode().add(element);
		List<ValidationMessage> told = new ArrayList<>();
		this.schema.validate(document)
			.stream()
			.sorted(Comparator
				.comparingInt((ValidationMessage message) -> -message.getInstanceLocation().getNameCount())
				.thenComparingInt(SchemaCheck::rank))
			.filter((message) -> told.stream()
				.noneMatch((other) -> other.getInstanceLocation().startsWith(message.getInstanceLocation())))
			.forEach(told::add);
		told.forEach((message) -> problems.accept(problem(item, message)));
		return told.isEmpty();
	}

	private static int rank(ValidationMessage message) {
		int rank = TELLING.indexOf(type(message));
		return (rank >= 0) ? rank : TELLING.size();
	}

	/** The rule that is broken. The first argument of "oneOf" is how many fit. */
	private static String type(ValidationMessage message) {
		return ("oneOf".equals(message.getType()) && !"0".equals(message.getArguments()[0])) ? SEVERAL
				: message.getType();
	}

	private static RouteProblem problem(RouteItem item, ValidationMessage message) {
		Node at = item.node();
		String name = item.kind();
		JsonNodePath path = message.getInstanceLocation();
		if (path.getNameCount() < ITEM_DEPTH) {
			return item.error(item.key(), "'" + name + "' is not allowed at the top of a route file");
		}
		for (int i = ITEM_DEPTH; i < path.getNameCount() && at != null; i++) {
			Object step = path.getElement(i);
			if (step instanceof Integer index) {
				at = YamlTree.elements(at).get(index);
			}
			else {
				name = step.toString();
				at = YamlTree.entry(at, name);
			}
		}
		if (at == null) {
			return item.error(item.node(), message.getMessage());
		}
		return switch (type(message)) {
			case SEVERAL -> item.error(at,
					"'" + name + "' has several of which it takes only one, such as two expressions: remove one");
			case "additionalProperties" -> item.error(YamlTree.key(at, message.getProperty()),
					"'" + message.getProperty() + "' is not allowed in '" + name + "'");
			case "required" -> item.error(at, "'" + message.getProperty() + "' is missing in '" + name + "'");
			case "maxProperties" -> item.error(at, "a step has one name; indent what belongs to it");
			default -> item.error(at,
					"'" + name + "' does not match Camel's schema: " + message.getError().replaceAll("\\s+", " "));
		};
	}

}
