package io.agentassist.bridge.settings;

import java.net.URI;

import org.springframework.util.StringUtils;

/** A configured URL that paths are appended to. */
public final class BaseUrl {

	private BaseUrl() {
	}

	/**
	 * Removes slashes from the end.
	 * @param url the URL, may be null
	 * @return the URL without them; one without a host as it is, for
	 * {@link SettingsRules} to refuse
	 */
	public static URI of(URI url) {
		return (url != null && url.getHost() != null)
				? URI.create(StringUtils.trimTrailingCharacter(url.toString(), '/')) : url;
	}

}
