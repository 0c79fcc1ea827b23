package io.agentassist.bridge.failure;

import java.time.Duration;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * The service cannot accept the request now; the answer says when to try again.
 */
public class RetryLaterException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer 503.
	 * @param detail the reason, for the caller
	 * @param retryAfter how long to wait before trying again
	 */
	public RetryLaterException(String detail, Duration retryAfter) {
		this(HttpStatus.SERVICE_UNAVAILABLE, detail, retryAfter);
	}

	/**
	 * Creates the answer.
	 * @param status 503, or 429 if a limit was reached
	 * @param detail the reason, for the caller
	 * @param retryAfter how long to wait before trying again
	 */
	public RetryLaterException(HttpStatus status, String detail, Duration retryAfter) {
		super(status);
		setDetail(detail);
		getHeaders().set(HttpHeaders.RETRY_AFTER, RetryAfter.of(retryAfter));
	}

}
