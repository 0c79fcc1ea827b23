package io.agentassist.bridge;

import io.agentassist.bridge.genesys.GenesysProperties;
import io.agentassist.bridge.lifecycle.LifecycleProperties;
import io.agentassist.bridge.outbox.OutboxProperties;
import io.agentassist.bridge.ranking.RankingProperties;
import io.agentassist.bridge.settings.LiveSettings;
import io.agentassist.bridge.suggestion.SuggestionsProperties;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The settings that can change while the bridge runs: see docs/live-editing.md. */
@Configuration(proxyBeanMethods = false)
class LiveSettingsConfiguration {

	@Bean
	LiveSettings<RankingProperties> rankingSettings(RankingProperties atStart) {
		return new LiveSettings<>(atStart);
	}

	@Bean
	LiveSettings<SuggestionsProperties> suggestionsSettings(SuggestionsProperties atStart) {
		return new LiveSettings<>(atStart);
	}

	@Bean
	LiveSettings<GenesysProperties> genesysSettings(GenesysProperties atStart) {
		return new LiveSettings<>(atStart);
	}

	@Bean
	LiveSettings<OutboxProperties> outboxSettings(OutboxProperties atStart) {
		return new LiveSettings<>(atStart);
	}

	@Bean
	LiveSettings<LifecycleProperties> lifecycleSettings(LifecycleProperties atStart) {
		return new LiveSettings<>(atStart);
	}

}
