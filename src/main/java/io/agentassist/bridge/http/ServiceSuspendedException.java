package io.agentassist.bridge.http;

import java.time.Duration;

/** The route that serves a path is paused (503). */
class ServiceSuspendedException extends RetryLaterException {

	private static final long serialVersionUID = 1L;

	ServiceSuspendedException() {
		super("This operation is paused.", Duration.ofSeconds(5));
	}

}
