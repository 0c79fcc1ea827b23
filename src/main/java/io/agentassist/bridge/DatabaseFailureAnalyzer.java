package io.agentassist.bridge;

import java.sql.SQLException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Tells in a sentence why the database cannot be used. */
class DatabaseFailureAnalyzer extends AbstractFailureAnalyzer<SQLException> {

	/** Of H2: DATABASE_ALREADY_OPEN_1. */
	private static final int ALREADY_OPEN = 90020;

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, SQLException cause) {
		if (cause.getErrorCode() == ALREADY_OPEN) {
			return new FailureAnalysis(
					"Another process, probably another instance of the bridge, uses the embedded database of this folder.",
					"Stop it, or start this one in a folder of its own. Instances share a PostgreSQL: docs/scaling.md.",
					cause);
		}
		return new FailureAnalysis("The database cannot be used: " + cause.getMessage(),
				"Is it up, and are spring.datasource.url, username and password right? A database that is damaged is"
						+ " replaced by its backup: docs/operations.md.",
				cause);
	}

}
