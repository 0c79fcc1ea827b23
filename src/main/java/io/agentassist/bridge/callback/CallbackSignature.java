package io.agentassist.bridge.callback;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.apache.camel.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponseException;

/**
 * The signature of a callback: {@code sha256=} and the base64 of the HMAC-SHA256 of the
 * raw body, as Genesys Cloud Open Messaging signs its webhooks. Thread safe.
 */
@Component
public class CallbackSignature {

	private static final Logger log = LoggerFactory.getLogger(CallbackSignature.class);

	private static final String ALGORITHM = "HmacSHA256";

	private static final String PREFIX = "sha256=";

	private final SecretKeySpec key;

	CallbackSignature(CallbackProperties properties) {
		if (properties.auth() == CallbackAuth.NONE) {
			log.warn("Callbacks are NOT authenticated (agentassist.callback.auth=none): anyone can post suggestions");
			this.key = null;
		}
		else {
			this.key = new SecretKeySpec(properties.secret().getBytes(StandardCharsets.UTF_8), ALGORITHM);
		}
	}

	/**
	 * Lets a callback pass or not.
	 * @param body the bytes that came
	 * @param signature what came in the header, null if none
	 * @throws ErrorResponseException 401 without any detail, when the signature is not
	 * the body's
	 */
	public void verify(byte[] body, @Header("X-Hub-Signature-256") String signature) {
		if (this.key == null) {
			return;
		}
		byte[] expected = sign(body).getBytes(StandardCharsets.US_ASCII);
		byte[] actual = (signature != null) ? signature.getBytes(StandardCharsets.UTF_8) : new byte[0];
		if (!MessageDigest.isEqual(expected, actual)) {
			log.warn(
					"Callback refused: its X-Hub-Signature-256 is {} (AGENTASSIST_CALLBACK_SECRET has to be the provider's)",
					(signature != null) ? "not the body's" : "missing");
			throw new ErrorResponseException(HttpStatus.UNAUTHORIZED);
		}
	}

	/**
	 * Signs as the provider does.
	 * @param body the bytes to sign
	 * @return the header's value
	 */
	public String sign(byte[] body) {
		try {
			Mac mac = Mac.getInstance(ALGORITHM);
			mac.init(this.key);
			return PREFIX + Base64.getEncoder().encodeToString(mac.doFinal(body));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has " + ALGORITHM, ex);
		}
	}

}
