package io.agentassist.bridge.settings;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reports where a settings file is broken. The parser knows the line but not the file.
 */
class SettingsFileFailureAnalyzer extends AbstractFailureAnalyzer<MarkedYAMLException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, MarkedYAMLException cause) {
		return new FailureAnalysis(
				"A settings file is not valid YAML, line %d, column %d: %s".formatted(
						cause.getProblemMark().getLine() + 1, cause.getProblemMark().getColumn() + 1,
						YamlSyntax.problem(cause)),
				"It is config/application.yaml, or the application-<profile>.yaml of an active profile.", cause);
	}

}
