package io.agentassist.bridge;

import io.agentassist.bridge.callback.CallbackUrls;
import io.agentassist.bridge.settings.Overlays;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriComponentsBuilder;

/** Logs one line after the start with what an operator wants to know first. */
@Component
class StartReport {

	private static final Logger log = LoggerFactory.getLogger(StartReport.class);

	private final ConfigurableEnvironment environment;

	private final CallbackUrls callbacks;

	StartReport(ConfigurableEnvironment environment, CallbackUrls callbacks) {
		this.environment = environment;
		this.callbacks = callbacks;
	}

	@EventListener(ApplicationReadyEvent.class)
	void report() {
		log.info("Ready on port {}: provider {}, callbacks {}, analytics {}, audit log {}",
				this.environment.getProperty("local.server.port"), host("agentassist.genesys.api-url"),
				this.callbacks.ours(), host("agentassist.analytics.endpoint"),
				this.environment.getProperty("agentassist.audit.directory"));
		Overlays.warnings(this.environment).forEach(log::warn);
	}

	/** The URL without user and query, which may hold secrets. */
	private String host(String key) {
		String url = this.environment.getProperty(key, "");
		return url.isEmpty() ? "OFF"
				: UriComponentsBuilder.fromUriString(url).userInfo(null).replaceQuery(null).build().toUriString();
	}

}
