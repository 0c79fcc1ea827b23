package io.agentassist.bridge.security;

import java.util.List;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the API's authentication.
 *
 * @param auth how desktops prove themselves
 * @param keys the keys of {@link ApiAuth#API_KEY}
 */
@Validated
@ConfigurationProperties("agentassist.api")
public record ApiProperties(@NotNull ApiAuth auth, List<String> keys) {

	public ApiProperties {
		keys = (keys != null) ? keys.stream().map(String::strip).filter((key) -> !key.isEmpty()).toList() : List.of();
	}

	/** Keeps the keys out of logs. */
	@Override
	public String toString() {
		return "ApiProperties[auth=" + this.auth + "]";
	}

}
