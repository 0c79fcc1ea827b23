package io.agentassist.bridge.callback;

import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A way of checking that a callback comes from the provider. Thread safe. */
interface CallbackAuthenticator {

	/**
	 * Checks a callback.
	 * @param body the bytes as received
	 * @param header returns a header's value by name; null if it is missing or was sent
	 * more than once
	 * @return what is wrong, for the log; empty if the callback is the provider's
	 */
	Optional<String> refusal(byte[] body, UnaryOperator<String> header);

	/** Compares with every accepted value, so that the time taken reveals nothing. */
	static boolean isOneOf(List<byte[]> accepted, byte[] given) {
		boolean found = false;
		for (byte[] value : accepted) {
			found |= MessageDigest.isEqual(value, given);
		}
		return found;
	}

}
