package io.agentassist.bridge.http;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * Thrown when a request's body does not arrive in time (408); its connection is closed.
 */
class SlowRequestException extends ErrorResponseException {

	/** Detail for a body of which nothing more arrives. */
	static final String STALLED = "The body stopped arriving.";

	private static final long serialVersionUID = 1L;

	SlowRequestException(String detail) {
		super(HttpStatus.REQUEST_TIMEOUT);
		setDetail(detail);
		getHeaders().set(HttpHeaders.CONNECTION, "close");
	}

}
