package io.agentassist.bridge.audit;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains in one sentence why the audit log cannot be opened at the start. */
class AuditFailureAnalyzer extends AbstractFailureAnalyzer<AuditLogException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, AuditLogException cause) {
		return new FailureAnalysis("The audit log cannot be opened: " + cause.getMessage() + ".",
				"docs/audit-log.md describes its files.", cause);
	}

}
