package io.agentassist.bridge.sandbox;

/**
 * A trouble that the simulated provider makes.
 *
 * @param kind such as {@code 429} or {@code slow}; empty for none
 * @param seconds its number of seconds, 0 where the kind has none
 */
public record SimulatedFault(String kind, int seconds) {

	/** No trouble. */
	static final SimulatedFault NONE = new SimulatedFault("", 0);

	/** One that the simulated provider cannot make. */
	static final SimulatedFault UNKNOWN = new SimulatedFault("unknown", 0);

}
