package io.agentassist.bridge.settings;

import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Describes what is wrong with a settings file that is not YAML. */
public final class YamlSyntax {

	private YamlSyntax() {
	}

	/**
	 * Describes the problem without quoting the line, an alias or a tag, which may be an
	 * unquoted secret.
	 * @param failure the parser's exception
	 * @return what is wrong
	 */
	public static String problem(MarkedYAMLException failure) {
		return failure.getProblem().replaceFirst("(?s)\\b(alias|tag) .*", "$1");
	}

}
