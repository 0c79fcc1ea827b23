package io.agentassist.bridge;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;
import org.springframework.boot.diagnostics.LoggingFailureAnalysisReporter;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.logging.LoggingSystemProperty;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Prints why a start failed to standard error, replacing Spring Boot's reporter, which
 * writes to the log, where line breaks are lost.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class FailureReport implements FailureAnalysisReporter {

	@Override
	public void report(FailureAnalysis analysis) {
		if (System.getProperty(LoggingSystemProperty.CONSOLE_STRUCTURED_FORMAT.getEnvironmentVariableName()) != null) {
			// JSON keeps the line breaks, and its collectors expect nothing but JSON.
			return;
		}
		LoggingSystem.get(getClass().getClassLoader())
			.setLogLevel(LoggingFailureAnalysisReporter.class.getName(), LogLevel.OFF);
		System.err.printf("%nThe bridge does not start. %s%n%n", analysis.getDescription());
		if (analysis.getAction() != null) {
			System.err.printf("%s%n%n", analysis.getAction());
		}
	}

}
