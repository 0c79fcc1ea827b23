package io.agentassist.bridge.genesys;

import java.time.Duration;

import io.agentassist.bridge.failure.RetryAfter;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * The provider has said that it accepts no call before the request's deadline (429); it
 * was not called.
 */
class RateLimitedException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	RateLimitedException(Duration wait) {
		super(HttpStatus.TOO_MANY_REQUESTS);
		setDetail("The provider limits our requests.");
		getHeaders().set(HttpHeaders.RETRY_AFTER, RetryAfter.of(wait));
	}

}
