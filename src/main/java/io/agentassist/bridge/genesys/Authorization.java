package io.agentassist.bridge.genesys;

/**
 * The credentials of a call. They are not a header of the message, where a log step or a
 * trace would show them: {@link ProviderHttp} adds them to the HTTP request.
 *
 * @param value the value of the header {@code Authorization}
 */
record Authorization(String value) {

	/** Property of an exchange that calls the provider. */
	static final String PROPERTY = "authorization";

	/** Keeps the value out of logs. */
	@Override
	public String toString() {
		return "Authorization";
	}

}
