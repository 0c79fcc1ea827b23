package io.agentassist.bridge.genesys;

import java.time.Duration;

/**
 * There is no access token; the cause says why. Each request gets its own instance, since
 * all requests that waited for the same fetch share the cause.
 */
class TokenFetchException extends Exception {

	private static final long serialVersionUID = 1L;

	private final Duration pause;

	/**
	 * Creates the failure.
	 * @param cause the failure of the fetch
	 * @param pause how long no other fetch will be made
	 */
	TokenFetchException(Throwable cause, Duration pause) {
		super(cause.getMessage(), cause);
		this.pause = pause;
	}

	/**
	 * How long no other fetch will be made.
	 * @return zero or less if one may be made now
	 */
	Duration pause() {
		return this.pause;
	}

}
