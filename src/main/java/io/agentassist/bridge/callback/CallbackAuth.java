package io.agentassist.bridge.callback;

/** How the provider authenticates a callback. */
enum CallbackAuth {

	/**
	 * Header {@code X-Hub-Signature-256: sha256=<base64>}, HMAC-SHA256 over the raw body,
	 * the way Genesys Cloud Open Messaging signs.
	 */
	HMAC,

	/**
	 * Headers {@code webhook-id}, {@code webhook-timestamp} and
	 * {@code webhook-signature}, as defined by the Standard Webhooks specification.
	 */
	STANDARD_WEBHOOKS,

	/** The header {@code X-API-Key} holds the secret. */
	API_KEY,

	/** HTTP Basic; the secret is the password. */
	BASIC,

	/**
	 * No authentication: for tests, and for networks that authenticate in front of the
	 * bridge.
	 */
	NONE

}
