package io.agentassist.bridge.routes;

/** Files of which Camel makes no routes. */
class UnreadableRoutesException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	UnreadableRoutesException(Exception cause) {
		super(cause);
	}

}
