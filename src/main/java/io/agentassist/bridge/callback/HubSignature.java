package io.agentassist.bridge.callback;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * {@link CallbackAuth#HMAC}. It includes no time; a replay is recognised by the request's
 * id.
 */
class HubSignature implements CallbackAuthenticator {

	private static final String HEADER = "X-Hub-Signature-256";

	private static final String PREFIX = "sha256=";

	private final List<byte[]> keys;

	HubSignature(List<byte[]> keys) {
		this.keys = keys;
	}

	@Override
	public Optional<String> refusal(byte[] body, UnaryOperator<String> header) {
		String given = header.apply(HEADER);
		if (given == null) {
			return Optional.of(HEADER + " is missing");
		}
		List<byte[]> accepted = this.keys.stream()
			.map((key) -> (PREFIX + CallbackAuthenticator.hmac(key, body)).getBytes(StandardCharsets.US_ASCII))
			.toList();
		return CallbackAuthenticator.isOneOf(accepted, given.getBytes(StandardCharsets.UTF_8)) ? Optional.empty()
				: Optional.of(HEADER + " does not match the body");
	}

	/** Signs like the provider, with the newest key. */
	String sign(byte[] body) {
		return PREFIX + CallbackAuthenticator.hmac(this.keys.get(0), body);
	}

}
