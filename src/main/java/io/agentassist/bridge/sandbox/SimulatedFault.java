package io.agentassist.bridge.sandbox;

import java.time.Duration;

/**
 * A trouble that the simulated provider makes.
 *
 * @param kind such as {@code 429} or {@code slow}; empty for none
 * @param delay what it names, zero where the kind has none
 */
public record SimulatedFault(String kind, Duration delay) {

	/** No trouble. */
	static final SimulatedFault NONE = new SimulatedFault("", Duration.ZERO);

	/** One that the simulated provider cannot make. */
	static final SimulatedFault UNKNOWN = new SimulatedFault("unknown", Duration.ZERO);

}
