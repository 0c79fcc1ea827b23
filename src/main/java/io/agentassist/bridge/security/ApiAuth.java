package io.agentassist.bridge.security;

/** How desktops prove themselves on the API. */
public enum ApiAuth {

	/** Header {@code X-API-Key} with one of the keys. */
	API_KEY,

	/**
	 * {@code Authorization: Bearer} with a signed token (JWT) of an identity provider.
	 */
	JWT,

	/** Not at all: for tests and networks that authenticate in front of the bridge. */
	NONE

}
