package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads the operations of OpenAPI files that sets of routes serve. */
final class HttpContract {

	private HttpContract() {
	}

	/**
	 * Finds where a set names its contract.
	 * @return the node with the file's name, or null
	 */
	static Node specification(RouteItem item) {
		return "rest".equals(item.kind()) ? YamlTree.entry(YamlTree.entry(item.node(), "openApi"), "specification")
				: null;
	}

	/**
	 * Reads a contract.
	 * @param location as written in routes, {@code file:config/openapi.yaml}
	 * @return method and path by operation id, in the contract's order
	 * @throws IOException if it cannot be read or is not YAML
	 */
	static Map<String, String> operations(String location) throws IOException {
		Path file = Path.of(location.replaceFirst("^file:", ""));
		Map<String, String> operations = new LinkedHashMap<>();
		try {
			Node root = RouteFileParser.compose(location, Files.readString(file)).orElse(null);
			List<Node> servers = YamlTree.elements(YamlTree.entry(root, "servers"));
			String url = servers.isEmpty() ? null : YamlTree.text(servers.get(0), "url");
			String base = (url != null) ? url.replaceFirst("^https?://[^/]*", "").replaceFirst("/$", "") : "";
			YamlTree.entries(YamlTree.entry(root, "paths"))
				.forEach((path, methods) -> YamlTree.entries(methods).forEach((method, operation) -> {
					String id = YamlTree.text(operation, "operationId");
					if (id != null) {
						operations.put(id, method.toUpperCase(Locale.ROOT) + " " + base + path);
					}
				}));
		}
		catch (YamlEngineException ex) {
			throw new IOException(location + " is not valid YAML: " + ex.getMessage(), ex);
		}
		return operations;
	}

}
