package io.agentassist.bridge.callback;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import io.agentassist.bridge.settings.BridgeProperties;

import org.springframework.stereotype.Component;

/**
 * The URLs a provider may be asked to call: ours, and those under
 * {@code agentassist.callback.allowed-urls}. Anything else would let a desktop use the
 * provider to reach hosts that it cannot reach itself (server-side request forgery).
 */
@Component
public class CallbackUrls {

	private static final String CALLBACK_PATH = "/agentassist/callback";

	/**
	 * Parts of a path that some parsers read as part of a name and others as a step up or
	 * down.
	 */
	private static final List<String> AMBIGUOUS = List.of("..", "%2e", "%2f", "%5c", "%25", "%00", ";", "//");

	private final URI ours;

	private final List<URI> allowed;

	CallbackUrls(BridgeProperties bridge, CallbackProperties callback) {
		this.ours = URI.create(bridge.publicUrl() + CALLBACK_PATH);
		this.allowed = new ArrayList<>(callback.allowedUrls());
		this.allowed.add(bridge.publicUrl());
	}

	/**
	 * Our own callback URL.
	 * @return the URL
	 */
	public URI ours() {
		return this.ours;
	}

	/**
	 * Checks a URL that a desktop sent.
	 * @param url the URL, may be null
	 * @return the URL, normalised, with the host and port of the allowed prefix; empty if
	 * it is not allowed
	 */
	public Optional<URI> check(String url) {
		if (url == null) {
			return Optional.empty();
		}
		try {
			URI given = new URI(url).normalize();
			return this.allowed.stream()
				.filter((prefix) -> isUnder(prefix, given))
				.findFirst()
				.map((prefix) -> URI.create(prefix.getScheme() + "://" + prefix.getRawAuthority() + given.getRawPath()
						+ ((given.getRawQuery() != null) ? "?" + given.getRawQuery() : "")));
		}
		catch (URISyntaxException ex) {
			return Optional.empty();
		}
	}

	private static boolean isUnder(URI prefix, URI url) {
		String path = url.getRawPath();
		if (path == null || url.getHost() == null || url.getRawUserInfo() != null || url.getRawFragment() != null) {
			return false;
		}
		String lowerCase = path.toLowerCase(Locale.ROOT);
		String folder = prefix.getRawPath().endsWith("/") ? prefix.getRawPath() : prefix.getRawPath() + "/";
		return prefix.getScheme().equalsIgnoreCase(url.getScheme()) && prefix.getHost().equalsIgnoreCase(url.getHost())
				&& port(prefix) == port(url) && path.startsWith(folder)
				// Answered 404, by any bridge.
				&& !path.endsWith(CALLBACK_PATH + "/") && AMBIGUOUS.stream().noneMatch(lowerCase::contains);
	}

	private static int port(URI url) {
		if (url.getPort() >= 0) {
			return url.getPort();
		}
		return "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
	}

}
