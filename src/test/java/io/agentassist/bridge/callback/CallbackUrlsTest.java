package io.agentassist.bridge.callback;

import java.net.URI;
import java.util.List;
import java.util.Map;

import io.agentassist.bridge.settings.BridgeProperties;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what the list of allowed callback URLs may look like. */
class CallbackUrlsTest {

	/** Each request that named a callback URL got 500. */
	@Test
	void shouldPassOverAnEmptyEntry() {
		CallbackProperties properties = new Binder(new MapConfigurationPropertySource(
				Map.of("callback.auth", "none", "callback.tolerance", "5m", "callback.unknown-request-wait", "1s",
						"callback.allowed-urls", "https://partner.example/hooks,")))
			.bind("callback", CallbackProperties.class)
			.get();
		CallbackUrls urls = new CallbackUrls(new BridgeProperties(URI.create("https://bridge.example/"), List.of()),
				properties);

		assertThat(urls.check("https://partner.example/hooks/a")).isPresent();
		assertThat(urls.check("https://bridge.example/agentassist/callback")).isPresent();
		assertThat(urls.check("https://elsewhere.example/hooks/a")).isEmpty();
	}

}
