package io.agentassist.bridge.http;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * Thrown when a request's body is compressed (415); {@code Accept-Encoding} says what is
 * accepted (RFC 9110, section 15.5.16).
 */
class ContentEncodingException extends ErrorResponseException {

	/** The content coding of a body that is not compressed. */
	static final String ACCEPTED = "identity";

	private static final long serialVersionUID = 1L;

	ContentEncodingException() {
		super(HttpStatus.UNSUPPORTED_MEDIA_TYPE);
		setDetail("The body must be sent without a Content-Encoding.");
		getHeaders().set(HttpHeaders.ACCEPT_ENCODING, ACCEPTED);
	}

}
