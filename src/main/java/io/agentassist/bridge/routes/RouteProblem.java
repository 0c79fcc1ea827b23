package io.agentassist.bridge.routes;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

import org.springframework.core.NestedExceptionUtils;

/**
 * Something wrong with a set of routes, at a place in a file.
 *
 * @param file the file's path: of a route, relative to the folder of the routes; of
 * settings, to the working directory
 * @param line counted from 1
 * @param column counted from 1
 * @param severity whether the set may run all the same
 * @param message what is wrong, and what to do
 */
record RouteProblem(String file, int line, int column, Severity severity,
		String message) implements Comparable<RouteProblem> {

	private static final Comparator<RouteProblem> ORDER = Comparator.comparing(RouteProblem::severity)
		.thenComparing(RouteProblem::file)
		.thenComparingInt(RouteProblem::line)
		.thenComparingInt(RouteProblem::column)
		.thenComparing(RouteProblem::message);

	/** How bad a problem is. */
	public enum Severity {

		/** The set does not run. */
		ERROR,
		/** The set runs, but may behave unexpectedly. */
		WARNING

	}

	static RouteProblem error(String file, String message) {
		return new RouteProblem(file, 1, 1, Severity.ERROR, message);
	}

	/**
	 * Describes in one line why something failed. If the failure's message is empty or
	 * just a name, the exception's class and place are given.
	 */
	static String reason(Throwable failure) {
		Throwable root = NestedExceptionUtils.getMostSpecificCause(failure);
		String kind = root.getClass().getSimpleName();
		String message = (root.getMessage() != null) ? root.getMessage().replaceAll("\\s+", " ").trim() : "";
		if (message.contains(" ")) {
			return message;
		}
		StackTraceElement[] trace = root.getStackTrace();
		String place = (trace.length > 0)
				? " in " + trace[0].getClassName().replaceAll(".*\\.", "") + "." + trace[0].getMethodName() : "";
		return kind + (message.isEmpty() ? place : ": " + message);
	}

	/** The same problem with secrets masked, since Camel's messages quote them. */
	RouteProblem without(List<String> secrets) {
		String masked = this.message;
		for (String secret : secrets) {
			masked = masked.replace(secret, "***");
		}
		return new RouteProblem(this.file, this.line, this.column, this.severity, masked);
	}

	boolean isError() {
		return this.severity == Severity.ERROR;
	}

	static boolean anyError(Collection<RouteProblem> problems) {
		return problems.stream().anyMatch(RouteProblem::isError);
	}

	@Override
	public int compareTo(RouteProblem other) {
		return ORDER.compare(this, other);
	}

	/**
	 * For a list of errors only: {@code file:line:column: message}, or just the message
	 * if no file is known.
	 */
	String placeAndMessage() {
		return ConfigSnapshot.NOWHERE.equals(this.file) ? this.message
				: this.file + ":" + this.line + ":" + this.column + ": " + this.message;
	}

	/** In the format of compilers: {@code file:line:column: error: message}. */
	@Override
	public String toString() {
		return this.file + ":" + this.line + ":" + this.column + ": " + this.severity.name().toLowerCase(Locale.ROOT)
				+ ": " + this.message;
	}

}
