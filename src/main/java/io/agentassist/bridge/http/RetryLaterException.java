package io.agentassist.bridge.http;

import java.time.Duration;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * The service cannot take the request now; the caller is told when to try again (503).
 */
public class RetryLaterException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer.
	 * @param detail what stands in the way, for the caller
	 * @param retryAfter when to try again, in whole seconds
	 */
	public RetryLaterException(String detail, Duration retryAfter) {
		super(HttpStatus.SERVICE_UNAVAILABLE);
		setDetail(detail);
		getHeaders().set(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, retryAfter.toSeconds())));
	}

}
