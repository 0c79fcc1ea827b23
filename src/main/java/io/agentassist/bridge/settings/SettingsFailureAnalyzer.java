package io.agentassist.bridge.settings;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows missing and wrong settings as a message instead of a stack trace. */
class SettingsFailureAnalyzer extends AbstractFailureAnalyzer<SettingsException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, SettingsException cause) {
		return new FailureAnalysis(cause.getMessage(),
				"Set the environment variables, or the keys in config/application.yaml (not secrets). "
						+ "To try the bridge without a provider, start it with --spring.profiles.active=sandbox.",
				cause);
	}

}
