package io.agentassist.bridge.failure;

import java.time.Duration;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * The service cannot accept the request now; the answer says when to try again (503).
 */
public final class RetryLaterException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer.
	 * @param detail the reason, for the caller
	 * @param retryAfter how long to wait before trying again
	 */
	public RetryLaterException(String detail, Duration retryAfter) {
		super(HttpStatus.SERVICE_UNAVAILABLE);
		setDetail(detail);
		getHeaders().set(HttpHeaders.RETRY_AFTER, RetryAfter.of(retryAfter));
	}

}
