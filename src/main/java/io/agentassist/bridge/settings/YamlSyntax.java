package io.agentassist.bridge.settings;

import java.nio.charset.CharacterCodingException;

import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

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
	public static String problem(YAMLException failure) {
		if (failure instanceof MarkedYAMLException marked) {
			return marked.getProblem().replaceFirst("(?s)\\b(alias|tag) .*", "$1");
		}
		if (failure.getCause() instanceof CharacterCodingException) {
			return "it has a byte that is not UTF-8";
		}
		return failure.getMessage().replaceAll("\\s+", " ");
	}

}
