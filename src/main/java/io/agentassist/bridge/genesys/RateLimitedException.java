package io.agentassist.bridge.genesys;

import java.time.Duration;

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
		// Rounded up, since retrying earlier would be useless.
		getHeaders().set(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, wait.plusMillis(999).toSeconds())));
	}

}
