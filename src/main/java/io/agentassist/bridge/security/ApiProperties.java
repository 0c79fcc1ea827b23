package io.agentassist.bridge.security;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

import io.agentassist.bridge.settings.InvalidSettingException;
import io.agentassist.bridge.settings.NamesFiles;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.StringUtils;

/**
 * Settings of the API's authentication.
 *
 * @param auth how desktops authenticate themselves
 * @param keys keys of {@link ApiAuth#API_KEY} that may do everything
 * @param keysFile file of further keys; null for none
 * @param jwt the tokens of {@link ApiAuth#JWT}
 * @param requestsPerSecond rate limit of each caller, unless its key says otherwise
 * @param corsOrigins origins whose pages may call the API
 */
@ConfigurationProperties("agentassist.api")
public record ApiProperties(@NotNull ApiAuth auth, List<String> keys, Path keysFile, @NotNull Jwt jwt,
		@Min(1) int requestsPerSecond, List<String> corsOrigins) implements NamesFiles {

	public ApiProperties {
		keys = (keys != null) ? keys.stream().map(String::strip).filter((key) -> !key.isEmpty()).toList() : List.of();
		keysFile = (keysFile != null && !keysFile.toString().isEmpty()) ? keysFile : null;
		corsOrigins = (corsOrigins != null) ? List.copyOf(corsOrigins) : List.of();
		if (corsOrigins.stream().anyMatch((origin) -> !origin.matches("https?://[^/*?#@]+"))) {
			throw new InvalidSettingException("agentassist.api.cors-origins",
					"have to be origins such as https://desk.example.com, one by one");
		}
	}

	@Override
	public void checkFiles() {
		if (this.auth == ApiAuth.API_KEY && this.keysFile != null) {
			try {
				ApiKeyEntry.read(this.keysFile);
			}
			catch (IOException ex) {
				throw new InvalidSettingException("agentassist.api.keys-file",
						"(AGENTASSIST_API_KEYS_FILE) names a file that cannot be read: "
								+ ex.getMessage().replaceAll("\\s+", " "));
			}
		}
	}

	/** Keeps the keys out of logs. */
	@Override
	public String toString() {
		return "ApiProperties[auth=" + this.auth + "]";
	}

	/**
	 * Which tokens are accepted.
	 *
	 * @param issuer required issuer; null or empty to accept any token signed with a key
	 * of the JWK set
	 * @param jwkSetUri location of the issuer's keys; null to ask the issuer
	 * @param audience required audience
	 * @param tenantClaim the claim with the tenant; null or empty if the site has only
	 * one
	 * @param organisationsClaim the claim that lists the organisations at the provider
	 * that a caller may use; null or empty if only the tenant decides
	 */
	public record Jwt(String issuer, URI jwkSetUri, String audience, String tenantClaim, String organisationsClaim) {

		public Jwt {
			jwkSetUri = (jwkSetUri != null && StringUtils.hasText(jwkSetUri.toString())) ? jwkSetUri : null;
		}

	}

}
