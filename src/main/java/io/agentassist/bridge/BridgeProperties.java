package io.agentassist.bridge;

import java.net.URI;
import java.util.List;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the bridge as a whole.
 *
 * @param publicUrl URL at which the provider reaches us, without a path
 */
@Validated
@ConfigurationProperties("agentassist")
public record BridgeProperties(@NotNull URI publicUrl) {

	public BridgeProperties {
		if (publicUrl != null
				&& (publicUrl.getHost() == null || !List.of("http", "https").contains(publicUrl.getScheme()))) {
			throw new IllegalArgumentException(
					"agentassist.public-url has to start with http:// or https:// and a host");
		}
		publicUrl = (publicUrl != null) ? URI.create(publicUrl.toString().replaceAll("/+$", "")) : null;
	}

}
