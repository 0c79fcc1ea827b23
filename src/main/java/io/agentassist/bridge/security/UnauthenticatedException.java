package io.agentassist.bridge.security;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.util.StringUtils;
import org.springframework.web.ErrorResponseException;

/** Thrown when a request does not identify a known caller (401). */
class UnauthenticatedException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	private static final int MAX_REASON_LENGTH = 200;

	private final String reason;

	/**
	 * Creates the answer.
	 * @param detail what is wrong, as a sentence
	 * @param challenge value of {@code WWW-Authenticate}
	 */
	UnauthenticatedException(String detail, String challenge) {
		this(detail, challenge, null);
	}

	/**
	 * Creates the answer.
	 * @param detail what is wrong, as a sentence
	 * @param challenge value of {@code WWW-Authenticate}
	 * @param reason what exactly is wrong, for the log only
	 */
	UnauthenticatedException(String detail, String challenge, String reason) {
		super(HttpStatus.UNAUTHORIZED);
		this.reason = reason;
		setDetail(detail);
		getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, challenge);
	}

	/**
	 * What exactly is wrong, in brackets after a blank; empty if the detail says
	 * everything. Truncated, as it may quote the credentials' text.
	 */
	String getReason() {
		return (this.reason != null) ? " (" + StringUtils.truncate(this.reason, MAX_REASON_LENGTH) + ")" : "";
	}

}
