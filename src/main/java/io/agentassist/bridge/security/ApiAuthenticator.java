package io.agentassist.bridge.security;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.web.ErrorResponseException;

/** One way to tell who calls the API. Thread safe. */
interface ApiAuthenticator {

	/**
	 * Finds out who calls.
	 * @param request the request; only its headers are looked at
	 * @return the caller
	 * @throws ErrorResponseException 401 when nobody is known by it
	 */
	Caller authenticate(HttpServletRequest request);

}
