package io.agentassist.bridge.routes;

import java.util.Objects;
import java.util.stream.Stream;

import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/**
 * Explains in one sentence which route stops a start, and which command shows its line.
 * This happens at the first start, or if routes pass the check but still do not start.
 */
class RoutesFailureAnalyzer implements FailureAnalyzer {

	@Override
	public FailureAnalysis analyze(Throwable failure) {
		return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
			.map(RoutesFailureAnalyzer::culprit)
			.filter(Objects::nonNull)
			.findFirst()
			.map((culprit) -> new FailureAnalysis(culprit + ": " + RouteProblem.reason(failure),
					"To list each problem with its file and line: java -jar agent-assist-bridge.jar routes check",
					failure))
			.orElse(null);
	}

	private static String culprit(Throwable failure) {
		if (failure instanceof UnreadableRoutesException) {
			return (failure.getCause() != null) ? "A route file cannot be read" : "The routes cannot be read";
		}
		if (failure instanceof FailedToCreateRouteException creation) {
			return "Route '" + creation.getRouteId() + "' is wrong";
		}
		if (failure instanceof FailedToStartRouteException start) {
			return "Route '" + start.getRouteId() + "' does not start";
		}
		return null;
	}

}
