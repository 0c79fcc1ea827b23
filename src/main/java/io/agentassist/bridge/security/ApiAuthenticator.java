package io.agentassist.bridge.security;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.web.ErrorResponseException;

/** A way of identifying callers of the API. Thread safe. */
interface ApiAuthenticator {

	/**
	 * Identifies the caller.
	 * @param request the request; only its headers are looked at
	 * @return the caller
	 * @throws ErrorResponseException 401 if the request does not identify a known caller
	 */
	Caller authenticate(HttpServletRequest request);

}
