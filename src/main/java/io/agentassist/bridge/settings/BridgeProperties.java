package io.agentassist.bridge.settings;

import java.net.URI;
import java.util.List;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the bridge as a whole.
 *
 * @param publicUrl URL at which the provider reaches us, to which the callback's path is
 * appended
 * @param plainHttpHosts hosts to which URLs may be plain HTTP; checked by
 * {@link SettingsRules}
 */
@ConfigurationProperties("agentassist")
public record BridgeProperties(@NotNull URI publicUrl, List<String> plainHttpHosts) {

	public BridgeProperties {
		publicUrl = BaseUrl.of(publicUrl);
	}

}
