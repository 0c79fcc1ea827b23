package io.agentassist.bridge.callback;

import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

import javax.crypto.Mac;

import org.apache.commons.codec.digest.HmacAlgorithms;
import org.apache.commons.codec.digest.HmacUtils;

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

	/** HMAC-SHA256 of the parts, concatenated, in base64. */
	static String hmac(byte[] key, byte[]... parts) {
		Mac mac = HmacUtils.getInitializedMac(HmacAlgorithms.HMAC_SHA_256, key);
		for (byte[] part : parts) {
			mac.update(part);
		}
		return Base64.getEncoder().encodeToString(mac.doFinal());
	}

	/** Compares with every accepted value, so that the time taken reveals nothing. */
	static boolean isOneOf(List<byte[]> accepted, byte[] given) {
		boolean found = false;
		for (byte[] value : accepted) {
			found |= MessageDigest.isEqual(value, given);
		}
		return found;
	}

}
