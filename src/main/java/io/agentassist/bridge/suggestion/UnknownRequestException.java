package io.agentassist.bridge.suggestion;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** Thrown when no suggestion request has an id (404). */
public final class UnknownRequestException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer.
	 * @param detail what is not known, as a sentence
	 */
	public UnknownRequestException(String detail) {
		super(HttpStatus.NOT_FOUND);
		setDetail(detail);
	}

}
