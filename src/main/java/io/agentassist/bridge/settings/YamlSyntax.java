package io.agentassist.bridge.settings;

import org.yaml.snakeyaml.error.MarkedYAMLException;

/** What is wrong with a file of settings that is no YAML. */
public final class YamlSyntax {

	private YamlSyntax() {
	}

	/**
	 * Words it without the line, an alias or a tag, which may be a secret that was not
	 * put in quotes.
	 * @param failure the parser's
	 * @return what is wrong
	 */
	public static String problem(MarkedYAMLException failure) {
		return failure.getProblem().replaceFirst("(?s)\\b(alias|tag) .*", "$1");
	}

}
