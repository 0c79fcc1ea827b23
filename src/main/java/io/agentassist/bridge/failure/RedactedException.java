package io.agentassist.bridge.failure;

import java.util.Set;

import org.apache.camel.NoTypeConversionAvailableException;
import org.apache.camel.component.bean.MethodNotFoundException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.convert.ConverterNotFoundException;

/**
 * A failure for the log, with its classes and stack traces but without its messages.
 * Messages of Camel and of many libraries quote what a step failed on, which may be a
 * transcript.
 */
final class RedactedException extends Exception {

	private static final long serialVersionUID = 1L;

	/** Their messages contain only names of types and fields. */
	private static final Set<Class<?>> HARMLESS = Set.of(NullPointerException.class, ClassCastException.class,
			NoTypeConversionAvailableException.class, ConverterNotFoundException.class);

	RedactedException(Throwable failure) {
		super(summary(failure), (failure.getCause() != null) ? new RedactedException(failure.getCause()) : null);
		setStackTrace(failure.getStackTrace());
	}

	/**
	 * Names the root cause, without quoting any data.
	 * @param failure what went wrong
	 * @return the class name of its root cause, and what may be said about it
	 */
	static String rootOf(Throwable failure) {
		return summary(NestedExceptionUtils.getMostSpecificCause(failure));
	}

	private static String summary(Throwable failure) {
		String name = failure.getClass().getSimpleName();
		if (failure instanceof MethodNotFoundException missing) {
			// The parentheses may already contain text from a message.
			return name + ": no method '" + missing.getMethodName().replaceFirst("(?s)\\(.*", "") + "' that fits";
		}
		return HARMLESS.contains(failure.getClass()) ? name + ": " + failure.getMessage() : name;
	}

}
