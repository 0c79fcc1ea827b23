package io.agentassist.bridge.http;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** Thrown when a request's body is compressed (415). */
class ContentEncodingException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	ContentEncodingException() {
		super(HttpStatus.UNSUPPORTED_MEDIA_TYPE);
		setDetail("The body must be sent without a Content-Encoding.");
	}

}
