package io.agentassist.bridge.sandbox;

/**
 * A fault made by the simulated provider.
 *
 * @param kind for example {@code 429} or {@code slow}; empty for none
 * @param seconds its number of seconds; 0 if the kind has none
 */
public record SimulatedFault(String kind, int seconds) {

	/** No fault. */
	static final SimulatedFault NONE = new SimulatedFault("", 0);

	/** A fault that the simulated provider does not know. */
	static final SimulatedFault UNKNOWN = new SimulatedFault("unknown", 0);

}
