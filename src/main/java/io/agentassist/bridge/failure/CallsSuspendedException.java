package io.agentassist.bridge.failure;

import java.time.Duration;

/**
 * The provider is not called, as its circuit breaker is open (503). The log has told that
 * it opened, and why.
 */
public final class CallsSuspendedException extends RetryLaterException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer.
	 * @param retryAfter how long the breaker stays open
	 */
	public CallsSuspendedException(Duration retryAfter) {
		super("The provider keeps failing; calls to it are suspended.", retryAfter);
	}

}
