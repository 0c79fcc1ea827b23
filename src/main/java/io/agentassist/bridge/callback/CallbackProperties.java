package io.agentassist.bridge.callback;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

import io.agentassist.bridge.settings.InvalidSettingException;
import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.StringUtils;

/**
 * Settings of the provider's callback.
 *
 * @param auth how the provider authenticates itself
 * @param secret the secret it shares with us, at least {@value #MIN_SECRET_BYTES} bytes;
 * {@code whsec_} and base64 with {@link CallbackAuth#STANDARD_WEBHOOKS}; null or empty
 * only with {@link CallbackAuth#NONE}
 * @param previousSecret a second secret that is accepted too, while the provider changes
 * it; null or empty for none
 * @param username the provider's name with {@link CallbackAuth#BASIC}
 * @param tolerance how far a callback's time may differ from ours, either way, with
 * {@link CallbackAuth#STANDARD_WEBHOOKS}
 * @param clientCertificate whether the provider must also present a client certificate
 * @param allowedUrls prefixes allowed for a request's {@code callback_url}, besides our
 * own URL
 * @param unknownRequestWait how long a callback that overtakes its own request waits for
 * it
 */
@ConfigurationProperties("agentassist.callback")
record CallbackProperties(@NotNull CallbackAuth auth, String secret, String previousSecret, String username,
		@NotNull @DurationMin(seconds = 1) @DurationMax(days = 1) Duration tolerance, boolean clientCertificate,
		List<URI> allowedUrls, @NotNull @DurationMin @DurationMax(seconds = 60) Duration unknownRequestWait) {

	private static final int MIN_SECRET_BYTES = 16;

	private static final String ENCODED = "whsec_";

	CallbackProperties {
		// An empty entry, after a comma at the end, is null.
		allowedUrls = (allowedUrls != null) ? allowedUrls.stream().filter(Objects::nonNull).toList() : List.of();
		if (auth != null && auth != CallbackAuth.NONE) {
			check(auth, secret, "secret");
			if (StringUtils.hasLength(previousSecret)) {
				check(auth, previousSecret, "previous-secret");
			}
			if (auth == CallbackAuth.BASIC && (!StringUtils.hasText(username) || username.contains(":"))) {
				throw new InvalidSettingException("agentassist.callback.username",
						"must not be empty or contain a colon");
			}
		}
	}

	/**
	 * The keys that are valid at present.
	 * @return the bytes of the secret and, if there is one, of the previous one
	 */
	List<byte[]> keys() {
		return Stream.of(this.secret, this.previousSecret)
			.filter(StringUtils::hasLength)
			.map((text) -> bytes(this.auth, text))
			.toList();
	}

	private static void check(CallbackAuth auth, String text, String name) {
		String problem = null;
		try {
			if (text == null || bytes(auth, text).length < MIN_SECRET_BYTES) {
				problem = "must have at least " + MIN_SECRET_BYTES + " bytes";
			}
		}
		catch (IllegalArgumentException ex) {
			// Not passed on, because its message quotes the secret.
			problem = "must be " + ENCODED + " and base64";
		}
		if (problem != null) {
			throw new InvalidSettingException("agentassist.callback." + name,
					"(AGENTASSIST_CALLBACK_" + name.toUpperCase(Locale.ROOT).replace('-', '_') + ") " + problem);
		}
	}

	private static byte[] bytes(CallbackAuth auth, String text) {
		if (auth != CallbackAuth.STANDARD_WEBHOOKS) {
			return text.getBytes(StandardCharsets.UTF_8);
		}
		if (!text.startsWith(ENCODED)) {
			throw new IllegalArgumentException();
		}
		return Base64.getDecoder().decode(text.substring(ENCODED.length()));
	}

	/** Keeps the secrets out of logs. */
	@Override
	public String toString() {
		return "CallbackProperties[auth=" + this.auth + "]";
	}

}
