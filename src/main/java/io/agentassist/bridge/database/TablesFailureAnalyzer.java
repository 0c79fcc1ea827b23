package io.agentassist.bridge.database;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains in one sentence why a database's tables do not fit. */
class TablesFailureAnalyzer extends AbstractFailureAnalyzer<TablesException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, TablesException cause) {
		return new FailureAnalysis(cause.getMessage(), cause.action(), cause);
	}

}
