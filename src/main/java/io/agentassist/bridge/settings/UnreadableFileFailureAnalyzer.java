package io.agentassist.bridge.settings;

import java.io.FileNotFoundException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Names a file, mostly one of settings, that may not be read. */
class UnreadableFileFailureAnalyzer extends AbstractFailureAnalyzer<FileNotFoundException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, FileNotFoundException cause) {
		return new FailureAnalysis("A file cannot be read: " + cause.getMessage(),
				"Let the user that runs the bridge read it.", cause);
	}

}
