package io.agentassist.bridge.suggestion;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** No suggestion request has this id (404). */
public class UnknownRequestException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the answer.
	 * @param detail what is not known, a sentence
	 */
	public UnknownRequestException(String detail) {
		super(HttpStatus.NOT_FOUND);
		setDetail(detail);
	}

}
