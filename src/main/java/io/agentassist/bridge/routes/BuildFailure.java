package io.agentassist.bridge.routes;

import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import org.apache.camel.ExpressionIllegalSyntaxException;
import org.apache.camel.NoSuchLanguageException;
import org.apache.camel.NoTypeConversionAvailableException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Why Camel cannot build a route or a policy. Camel tells at most which step of the top
 * level is concerned; what its exceptions quote is therefore looked for in the file.
 *
 * @param quoted the expression, language or class; null if it is something else
 * @param reason what is wrong with it
 */
record BuildFailure(String quoted, String reason) {

	/** Entries that Camel does not parse, and that may hold the same text. */
	private static final Set<String> NAMES = Set.of("id", "name", "description", "constant");

	static BuildFailure of(Throwable failure) {
		return Stream.iterate(failure, (cause) -> cause != null, Throwable::getCause)
			.flatMap((cause) -> known(cause).stream())
			.findFirst()
			.orElseGet(() -> new BuildFailure(null, RouteProblem.reason(failure)));
	}

	private static Optional<BuildFailure> known(Throwable cause) {
		if (cause instanceof ExpressionIllegalSyntaxException syntax) {
			return Optional.of(new BuildFailure(syntax.getExpression(), RouteProblem.reason(syntax)));
		}
		if (cause instanceof NoSuchLanguageException missing) {
			return Optional.of(new BuildFailure(missing.getLanguage(),
					"there is no language '" + missing.getLanguage() + "': its library is not in the bridge"));
		}
		if (cause instanceof NoTypeConversionAvailableException conversion && conversion.getToType() == Class.class) {
			return Optional.of(noClass(String.valueOf(conversion.getValue())));
		}
		return (cause instanceof ClassNotFoundException) ? Optional.of(noClass(cause.getMessage())) : Optional.empty();
	}

	private static BuildFailure noClass(String name) {
		return new BuildFailure(name, "there is no class '" + name + "'");
	}

	/**
	 * The problem with a route or a policy, at the place of the mistake if it is found,
	 * or else at its id.
	 * @param values replaces the placeholders in a text
	 */
	RouteProblem problem(RouteItem item, String what, UnaryOperator<String> values) {
		Node at = place(item.node(), values).orElseGet(() -> YamlTree.key(item.node(), "id"));
		return item.error(at, what + " cannot be built: " + this.reason);
	}

	private Optional<Node> place(Node node, UnaryOperator<String> values) {
		String text = YamlTree.text(node);
		if (text != null) {
			return Optional.of(node).filter((scalar) -> isQuoted(text) || isQuoted(values.apply(text)));
		}
		Stream<Optional<Node>> elements = YamlTree.elements(node).stream().map((element) -> place(element, values));
		Stream<Optional<Node>> entries = YamlTree.entries(node)
			.entrySet()
			.stream()
			.filter((entry) -> entry.getKey() == null || !NAMES.contains(entry.getKey()))
			.map((entry) -> isQuoted(entry.getKey()) ? Optional.of(YamlTree.key(node, entry.getKey()))
					: place(entry.getValue(), values));
		return Stream.concat(elements, entries).flatMap(Optional::stream).findFirst();
	}

	private boolean isQuoted(String text) {
		return this.quoted != null && text != null && text.trim().equals(this.quoted.trim());
	}

}
