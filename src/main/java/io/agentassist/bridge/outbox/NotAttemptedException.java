package io.agentassist.bridge.outbox;

/**
 * An event was claimed, but no attempt to deliver it was made. A type of its own, since a
 * site's hop may have a circuit breaker, whose refusals are failures.
 */
class NotAttemptedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	NotAttemptedException(String message) {
		super(message);
	}

}
