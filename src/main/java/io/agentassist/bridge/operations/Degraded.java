package io.agentassist.bridge.operations;

import org.springframework.boot.actuate.health.Status;

/**
 * The health status between up and down: something needs an operator, but the instance
 * still serves, so its readiness stays 200.
 */
public final class Degraded {

	/** Same name as in {@code management.endpoint.health.status.order}. */
	public static final Status DEGRADED = new Status("DEGRADED");

	private Degraded() {
	}

}
