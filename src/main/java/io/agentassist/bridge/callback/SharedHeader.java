package io.agentassist.bridge.callback;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

import org.springframework.http.HttpHeaders;
import org.springframework.util.StringUtils;

/**
 * {@link CallbackAuth#API_KEY} and {@link CallbackAuth#BASIC}: the same header on every
 * callback. It does not protect the body, so it needs TLS.
 */
class SharedHeader implements CallbackAuthenticator {

	private static final String BASIC = "Basic ";

	private final String name;

	private final String scheme;

	private final List<byte[]> accepted;

	private SharedHeader(String name, String scheme, List<byte[]> accepted) {
		this.name = name;
		this.scheme = scheme;
		this.accepted = accepted;
	}

	static SharedHeader apiKey(List<byte[]> keys) {
		return new SharedHeader("X-API-Key", "", keys);
	}

	static SharedHeader basic(String username, List<byte[]> keys) {
		return new SharedHeader(HttpHeaders.AUTHORIZATION, BASIC,
				keys.stream()
					.map((key) -> HttpHeaders
						.encodeBasicAuth(username, new String(key, StandardCharsets.UTF_8), StandardCharsets.UTF_8)
						.getBytes(StandardCharsets.US_ASCII))
					.toList());
	}

	@Override
	public Optional<String> refusal(byte[] body, UnaryOperator<String> header) {
		String given = header.apply(this.name);
		if (given == null || !StringUtils.startsWithIgnoreCase(given, this.scheme)) {
			return Optional.of(this.name + " is missing");
		}
		byte[] credentials = given.substring(this.scheme.length()).getBytes(StandardCharsets.UTF_8);
		return CallbackAuthenticator.isOneOf(this.accepted, credentials) ? Optional.empty()
				: Optional.of(this.name + " is not the provider's");
	}

}
