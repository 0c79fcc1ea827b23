package io.agentassist.bridge.callback;

/** A callback that cannot be read (400 with the body that the contract has for it). */
public class InvalidCallbackException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	InvalidCallbackException(Throwable cause) {
		super("Invalid JSON payload", cause);
	}

}
