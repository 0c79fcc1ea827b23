package io.agentassist.bridge.sandbox;

import java.time.Duration;

/**
 * A fault made by the simulated provider.
 *
 * @param kind for example {@code 429} or {@code slow}; empty for none
 * @param delay its number of seconds; zero if the kind has none
 */
public record SimulatedFault(String kind, Duration delay) {

	/** No fault. */
	static final SimulatedFault NONE = new SimulatedFault("", Duration.ZERO);

	/** A fault that the simulated provider does not know. */
	static final SimulatedFault UNKNOWN = new SimulatedFault("unknown", Duration.ZERO);

}
