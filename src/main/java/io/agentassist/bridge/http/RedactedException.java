package io.agentassist.bridge.http;

import java.util.Set;

import org.apache.camel.NoTypeConversionAvailableException;
import org.apache.camel.component.bean.MethodNotFoundException;
import org.springframework.core.NestedExceptionUtils;

/**
 * A failure for the log: its classes and its trace, without its words. Those of Camel and
 * of many a library quote what a step failed on, which may be a transcript.
 */
final class RedactedException extends Exception {

	private static final long serialVersionUID = 1L;

	/** Their words are names of types and of fields. */
	private static final Set<Class<?>> HARMLESS = Set.of(NullPointerException.class, ClassCastException.class,
			NoTypeConversionAvailableException.class);

	RedactedException(Throwable failure) {
		super(summary(failure), (failure.getCause() != null) ? new RedactedException(failure.getCause()) : null);
		setStackTrace(failure.getStackTrace());
	}

	/**
	 * Says what failed first, as far as that quotes nothing.
	 * @param failure what went wrong
	 * @return the name of its cause's class, and what may be told of it
	 */
	static String rootOf(Throwable failure) {
		return summary(NestedExceptionUtils.getMostSpecificCause(failure));
	}

	private static String summary(Throwable failure) {
		String name = failure.getClass().getSimpleName();
		if (failure instanceof MethodNotFoundException missing) {
			// What stands in its parentheses may be a text already.
			return name + ": no method '" + missing.getMethodName().replaceFirst("(?s)\\(.*", "") + "' that fits";
		}
		return HARMLESS.contains(failure.getClass()) ? name + ": " + failure.getMessage() : name;
	}

}
