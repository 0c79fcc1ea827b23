package io.agentassist.bridge.callback;

/**
 * Thrown for a callback that cannot be parsed (400 with the body that the contract
 * defines).
 */
public class InvalidCallbackException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param reason what is wrong, for the log: nothing of the callback's contents
	 */
	InvalidCallbackException(String reason) {
		super(reason);
	}

}
