package io.agentassist.bridge.callback;

import java.net.URI;
import java.time.Duration;
import java.util.List;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the provider's callback.
 *
 * @param auth how the provider proves itself
 * @param secret shared secret of the signature; null or empty only with
 * {@link CallbackAuth#NONE}
 * @param allowedUrls prefixes, besides our own URL, that a request's {@code callback_url}
 * may have
 * @param unknownRequestWait how long a callback that overtook its own request waits for
 * it
 */
@Validated
@ConfigurationProperties("agentassist.callback")
public record CallbackProperties(@NotNull CallbackAuth auth, String secret, List<URI> allowedUrls,
		@NotNull Duration unknownRequestWait) {

	public CallbackProperties {
		allowedUrls = (allowedUrls != null) ? allowedUrls : List.of();
		if (allowedUrls.stream().anyMatch((url) -> url.getScheme() == null || url.getHost() == null)) {
			throw new IllegalArgumentException("agentassist.callback.allowed-urls have to be absolute URLs");
		}
	}

	/** Keeps the secret out of logs. */
	@Override
	public String toString() {
		return "CallbackProperties[auth=" + this.auth + "]";
	}

}
