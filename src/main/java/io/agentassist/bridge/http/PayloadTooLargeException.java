package io.agentassist.bridge.http;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** Thrown when a request's body is over the limit (413). */
class PayloadTooLargeException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	PayloadTooLargeException(int maxBytes) {
		super(HttpStatus.PAYLOAD_TOO_LARGE);
		setDetail("The body is over the limit of " + maxBytes + " bytes.");
	}

}
