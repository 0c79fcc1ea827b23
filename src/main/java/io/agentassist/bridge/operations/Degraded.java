package io.agentassist.bridge.operations;

import org.springframework.boot.actuate.health.Status;

/**
 * The health status between up and down: something needs an operator, and the instance
 * still serves, so that its readiness stays 200.
 */
public final class Degraded {

	/** As in {@code management.endpoint.health.status.order}. */
	public static final Status DEGRADED = new Status("DEGRADED");

	private Degraded() {
	}

}
