package io.agentassist.bridge.callback;

/** How the provider proves itself on a callback. */
public enum CallbackAuth {

	/**
	 * Header {@code X-Hub-Signature-256: sha256=<base64>}, HMAC-SHA256 over the raw body.
	 */
	HMAC,

	/** Not at all: for tests and networks that authenticate in front of the bridge. */
	NONE

}
