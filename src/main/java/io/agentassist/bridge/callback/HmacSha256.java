package io.agentassist.bridge.callback;

import java.security.GeneralSecurityException;
import java.util.Base64;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256 with a fixed key, in base64. Thread safe. */
class HmacSha256 {

	private static final String ALGORITHM = "HmacSHA256";

	private final SecretKeySpec key;

	HmacSha256(byte[] key) {
		this.key = new SecretKeySpec(key, ALGORITHM);
	}

	/**
	 * Signs bytes.
	 * @param parts what to sign, concatenated
	 * @return the signature, base64
	 */
	String sign(byte[]... parts) {
		try {
			Mac mac = Mac.getInstance(ALGORITHM);
			mac.init(this.key);
			for (byte[] part : parts) {
				mac.update(part);
			}
			return Base64.getEncoder().encodeToString(mac.doFinal());
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has " + ALGORITHM, ex);
		}
	}

}
