package io.agentassist.bridge.failure;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.stereotype.Component;

/**
 * Logs failures that nobody has foreseen, each in one line. A stack trace follows, but
 * the same one only once a minute: a step that always fails, in a route that is repeated
 * until it succeeds, would fill the disk. Thread safe.
 */
@Component
public class UnexpectedFailures {

	private static final Logger log = LoggerFactory.getLogger(UnexpectedFailures.class);

	private static final Duration PAUSE = Duration.ofMinutes(1);

	/** A limit, although there are not that many places that can fail. */
	private static final int MOST = 1000;

	/** When each trace was logged last, by what tells it from others; nanoseconds. */
	private final Map<String, Long> traced = new ConcurrentHashMap<>();

	/**
	 * Logs a failure.
	 * @param what what failed: the route with the ids of the request, or the operation
	 * @param step the step that failed; null if unknown
	 * @param answer what its caller was told, to be read after a comma; may be empty
	 * @param failure what went wrong
	 */
	void log(String what, String step, String answer, Throwable failure) {
		String root = RedactedException.rootOf(failure);
		String text = what + " failed unexpectedly" + at(step) + answer + ": " + root;
		if (isNews(root + at(step), failure)) {
			log.error(text, new RedactedException(failure));
		}
		else {
			log.error("{} (stack trace: above, less than a minute ago)", text);
		}
	}

	/** Names a step, if it is known, to be read after what failed. */
	static String at(String step) {
		return (step != null) ? " at " + step : "";
	}

	private boolean isNews(String summary, Throwable failure) {
		if (this.traced.size() > MOST) {
			this.traced.clear();
		}
		long now = System.nanoTime();
		// Without frames of reflection, which the JVM replaces while it runs.
		int place = Arrays.stream(NestedExceptionUtils.getMostSpecificCause(failure).getStackTrace())
			.filter((frame) -> !frame.getClassName().contains("reflect."))
			.toList()
			.hashCode();
		return this.traced.merge(summary + place, now,
				(last, current) -> (current - last > PAUSE.toNanos()) ? current : last) == now;
	}

}
