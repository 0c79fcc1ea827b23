package io.agentassist.bridge.security;

/** How desktops authenticate themselves to the API. */
enum ApiAuth {

	/** The header {@code X-API-Key} holds one of the keys. */
	API_KEY,

	/**
	 * {@code Authorization: Bearer} with a signed token (JWT) from an identity provider.
	 */
	JWT,

	/**
	 * No authentication: for tests, and for networks that authenticate in front of the
	 * bridge.
	 */
	NONE

}
