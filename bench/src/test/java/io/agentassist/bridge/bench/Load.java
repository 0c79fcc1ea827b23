package io.agentassist.bridge.bench;

import java.time.Duration;

/**
 * How much load for how long.
 *
 * @param users cycles in flight at once
 * @param warmup time before anything counts, for the JIT compiler and the pools
 * @param measured time that counts
 */
record Load(int users, Duration warmup, Duration measured) {

	/**
	 * Reads {@code -Dusers}, {@code -Dwarmup} and {@code -Dseconds}.
	 * @return what was asked for
	 */
	static Load fromSystemProperties() {
		return new Load(Integer.getInteger("users", 32), Duration.ofSeconds(Integer.getInteger("warmup", 10)),
				Duration.ofSeconds(Integer.getInteger("seconds", 20)));
	}

}
