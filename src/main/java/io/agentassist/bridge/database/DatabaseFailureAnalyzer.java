package io.agentassist.bridge.database;

import java.io.EOFException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;

import org.h2.api.ErrorCode;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.NestedExceptionUtils;

/** Explains in one sentence why the database does not open. */
class DatabaseFailureAnalyzer extends AbstractFailureAnalyzer<SQLException> {

	/**
	 * SQLSTATE prefixes: no connection, login refused, no such database and, for
	 * PostgreSQL, out of connections and not up yet.
	 */
	private static final List<String> NOT_OPEN = List.of("08", "28", "3D", "53300", "57P");

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, SQLException cause) {
		if (cause.getErrorCode() == ErrorCode.DATABASE_ALREADY_OPEN_1) {
			return new FailureAnalysis(
					"Another process, probably another instance of the bridge, uses the embedded database of this folder.",
					"Stop it, or start this one in its own folder. Several instances need PostgreSQL: docs/scaling.md.",
					cause);
		}
		Throwable root = NestedExceptionUtils.getRootCause(cause);
		boolean cutOff = cause.getErrorCode() == ErrorCode.IO_EXCEPTION_1 && root instanceof EOFException;
		if (cause.getErrorCode() == ErrorCode.FILE_CORRUPTED_1 || cutOff) {
			return new FailureAnalysis("The file of the embedded database is damaged: " + cause.getMessage(),
					"Move it away and restore a backup: docs/operations.md.", cause);
		}
		String state = String.valueOf(cause.getSQLState());
		if (NOT_OPEN.stream().anyMatch(state::startsWith)) {
			return new FailureAnalysis("The database cannot be opened: " + cause.getMessage(),
					"Is it running, and are spring.datasource.url, username and password correct?", cause);
		}
		return (root instanceof IOException failure) ? new FailureAnalysis(
				"The file of the embedded database cannot be read or written: " + failure.getMessage(),
				"Does it belong to the bridge's user? Is its disk full, or read-only? docs/operations.md, BridgeDiskAlmostFull.",
				cause) : null;
	}

}
