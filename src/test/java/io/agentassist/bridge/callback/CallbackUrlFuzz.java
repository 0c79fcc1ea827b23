package io.agentassist.bridge.callback;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import io.agentassist.bridge.settings.BridgeProperties;

/**
 * Fuzzed: the {@code callback_url} of a request. Whatever the text, the URL that goes to
 * the provider is one under an allowed prefix, however a provider reads it.
 */
public final class CallbackUrlFuzz {

	private static final CallbackUrls URLS = new CallbackUrls(
			new BridgeProperties(URI.create("https://bridge.example"), List.of()),
			new CallbackProperties(CallbackAuth.NONE, null, null, null, Duration.ofMinutes(5), false,
					List.of(URI.create("https://partner.example:8443/hooks")), Duration.ofSeconds(1)));

	private CallbackUrlFuzz() {
	}

	/**
	 * Takes one input.
	 * @param input a URL
	 */
	public static void fuzzerTestOneInput(byte[] input) {
		Optional<URI> allowed = URLS.check(new String(input, StandardCharsets.UTF_8));
		if (allowed.isEmpty()) {
			return;
		}
		String url = allowed.get().toString();
		// Plainly written, so that there is only one way to read it.
		if (!url.matches("https://(bridge\\.example|partner\\.example:8443/hooks)/[^\\\\#]*")
				|| allowed.get().getPath().contains("..") || !url.equals(URI.create(url).normalize().toString())) {
			throw new AssertionError("Allowed: " + url);
		}
	}

}
