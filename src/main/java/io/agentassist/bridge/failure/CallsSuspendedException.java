package io.agentassist.bridge.failure;

import java.time.Duration;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * The provider is not called, as its circuit breaker is open (503). The log has told that
 * it opened, and why.
 */
public final class CallsSuspendedException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer.
	 * @param retryAfter how long the breaker stays open
	 */
	public CallsSuspendedException(Duration retryAfter) {
		super(HttpStatus.SERVICE_UNAVAILABLE);
		setDetail("The provider keeps failing; calls to it are suspended.");
		getHeaders().set(HttpHeaders.RETRY_AFTER, RetryAfter.of(retryAfter));
	}

}
