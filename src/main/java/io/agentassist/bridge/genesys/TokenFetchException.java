package io.agentassist.bridge.genesys;

import java.time.Duration;

/**
 * There is no access token; the cause tells why. One of its own for each request, as the
 * cause is that of all requests that waited for the same fetch.
 */
class TokenFetchException extends Exception {

	private static final long serialVersionUID = 1L;

	private final Duration pause;

	/**
	 * Creates the failure.
	 * @param cause what the fetch failed with
	 * @param pause how long none will be made
	 */
	TokenFetchException(Throwable cause, Duration pause) {
		super(cause.getMessage(), cause);
		this.pause = pause;
	}

	/**
	 * How long no other fetch will be made.
	 * @return zero or less when one may be made now
	 */
	Duration pause() {
		return this.pause;
	}

}
