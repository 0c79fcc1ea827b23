package io.agentassist.bridge.callback;

import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** One way to tell whether a callback is the provider's. Thread safe. */
interface CallbackAuthenticator {

	/**
	 * Looks for what is wrong.
	 * @param body the bytes that came
	 * @param header gives a header's value by its name; null where it is missing or came
	 * more than once
	 * @return what is wrong, for the log; empty when the callback is the provider's
	 */
	Optional<String> refusal(byte[] body, UnaryOperator<String> header);

	/** Looks at every one of the accepted values, so that the time tells nothing. */
	static boolean isOneOf(List<byte[]> accepted, byte[] given) {
		boolean found = false;
		for (byte[] value : accepted) {
			found |= MessageDigest.isEqual(value, given);
		}
		return found;
	}

}
