package io.agentassist.bridge.security;

/** How desktops prove themselves on the API. */
public enum ApiAuth {

	/** Header {@code X-API-Key} with one of the configured keys. */
	API_KEY,

	/** Not at all: for tests and networks that authenticate in front of the bridge. */
	NONE

}
