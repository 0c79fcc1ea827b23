package io.agentassist.bridge.callback;

/** How the provider proves itself on a callback. */
public enum CallbackAuth {

	/**
	 * Header {@code X-Hub-Signature-256: sha256=<base64>}, HMAC-SHA256 over the raw body,
	 * as Genesys Cloud Open Messaging signs.
	 */
	HMAC,

	/**
	 * Headers {@code webhook-id}, {@code webhook-timestamp} and
	 * {@code webhook-signature}, as the Standard Webhooks specification has them.
	 */
	STANDARD_WEBHOOKS,

	/** Header {@code X-API-Key} with the secret. */
	API_KEY,

	/** HTTP Basic; the secret is the password. */
	BASIC,

	/** Not at all: for tests and networks that authenticate in front of the bridge. */
	NONE

}
