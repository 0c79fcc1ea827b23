package io.agentassist.bridge.genesys;

/**
 * There is no access token; the cause tells why. One of its own for each request, as the
 * cause is that of all requests that waited for the same fetch.
 */
class TokenFetchException extends Exception {

	private static final long serialVersionUID = 1L;

	TokenFetchException(Throwable cause) {
		super(cause.getMessage(), cause);
	}

}
