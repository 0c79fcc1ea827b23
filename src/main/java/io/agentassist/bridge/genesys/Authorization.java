package io.agentassist.bridge.genesys;

/**
 * What a call has to show. It is no header of the message, where a log step or a trace
 * would show it: {@link ProviderHttp} puts it on the wire.
 *
 * @param value of the header {@code Authorization}
 */
record Authorization(String value) {

	/** Property of an exchange that calls the provider. */
	static final String PROPERTY = "authorization";

	/** Keeps it out of logs. */
	@Override
	public String toString() {
		return "Authorization";
	}

}
