package io.agentassist.bridge.routes;

import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.apache.camel.CamelContext;
import org.apache.camel.dsl.yaml.common.YamlSupport;
import org.apache.camel.util.URISupport;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Knows what the endpoints in a set of routes are called, whether the name stands in the
 * URI, {@code direct:next}, or among the parameters, as Kaoto writes it: {@code {uri:
 * direct, parameters: {name: next}}}. As thread safe as its context.
 */
final class EndpointNames {

	private final CamelContext camel;

	private final UnaryOperator<String> values;

	/**
	 * Creates the names.
	 * @param camel knows the components; built, not necessarily started
	 * @param values replaces the placeholders in a text, which may be null; returns null
	 * if one has no value
	 */
	EndpointNames(CamelContext camel, UnaryOperator<String> values) {
		this.camel = camel;
		this.values = values;
	}

	/**
	 * Puts the URI of a step together from its {@code uri} and {@code parameters}.
	 * @param step the step's kind, {@code from} included
	 * @param node its content
	 * @return null if it has no URI, or one without a value
	 * @throws RuntimeException if Camel does not accept them, for example because a part
	 * of the name is missing
	 */
	String uri(String step, Node node) {
		Node at = YamlTree.uri(step, node);
		String uri = this.values.apply(YamlTree.text(at));
		if (uri == null) {
			return null;
		}
		Map<String, Object> parameters = new LinkedHashMap<>();
		int query = uri.indexOf('?');
		if (query >= 0 && !YamlTree.text(at).contains("?")) {
			// Of the value of a setting, which Camel adds the parameters to.
			parameters.putAll(query(uri));
			uri = uri.substring(0, query);
		}
		YamlTree.entries(YamlTree.entry(node, YamlTree.PARAMETERS)).forEach((key, value) -> {
			String text = this.values.apply(YamlTree.text(value));
			if (text != null) {
				parameters.put(key, text);
			}
		});
		return YamlSupport.createEndpointUri(this.camel, at, uri, parameters);
	}

	private static Map<String, Object> query(String uri) {
		try {
			return URISupport.parseQuery(URISupport.extractQuery(uri), false, true);
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException(ex.getMessage(), ex);
		}
	}

	/**
	 * The name of a step's endpoint: its URI without options, in the shorter of the two
	 * forms {@code direct:next} and {@code direct://next}.
	 * @param step the step's kind, {@code from} included
	 * @param node its content
	 * @return empty if it has no URI, or one without a value
	 */
	String name(String step, Node node) {
		String uri;
		try {
			uri = uri(step, node);
		}
		catch (RuntimeException ex) {
			// Reported where the options are checked.
			uri = this.values.apply(YamlTree.text(YamlTree.uri(step, node)));
		}
		// An address, unlike a name, keeps its slashes, as people have to recognise it.
		return (uri != null) ? uri.replaceAll("\\?.*", "").replaceFirst("^(?!https?:)([^:/]+)://", "$1:") : "";
	}

}
