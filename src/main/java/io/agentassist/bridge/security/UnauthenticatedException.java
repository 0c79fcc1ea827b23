package io.agentassist.bridge.security;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** Thrown when a request does not identify a known caller (401). */
class UnauthenticatedException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer.
	 * @param detail what is wrong, as a sentence
	 * @param challenge value of {@code WWW-Authenticate}
	 */
	UnauthenticatedException(String detail, String challenge) {
		super(HttpStatus.UNAUTHORIZED);
		setDetail(detail);
		getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, challenge);
	}

}
