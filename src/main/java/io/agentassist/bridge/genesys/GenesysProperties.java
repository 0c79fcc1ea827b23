package io.agentassist.bridge.genesys;

import java.net.URI;
import java.time.Duration;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the provider.
 *
 * @param clientId OAuth client
 * @param clientSecret its secret
 * @param apiUrl base URL of the API
 * @param loginUrl base URL of the token endpoint
 * @param deadline longest time from a request's arrival to the provider's answer, retries
 * included
 * @param responseTimeout longest wait for one answer
 * @param baseDelay wait before the first retry where the provider names none
 */
@Validated
@ConfigurationProperties("agentassist.genesys")
public record GenesysProperties(String clientId, String clientSecret, @NotNull URI apiUrl, @NotNull URI loginUrl,
		@NotNull Duration deadline, @NotNull Duration responseTimeout, @NotNull Duration baseDelay) {

	/** Keeps the secret out of logs. */
	@Override
	public String toString() {
		return "GenesysProperties[apiUrl=" + this.apiUrl + "]";
	}

}
