package io.agentassist.bridge;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Says after the start, in one line, what an operator wants to know first. */
@Component
class StartReport {

	private static final Logger log = LoggerFactory.getLogger(StartReport.class);

	private final Environment environment;

	StartReport(Environment environment) {
		this.environment = environment;
	}

	@EventListener(ApplicationReadyEvent.class)
	void report() {
		String analytics = this.environment.getProperty("agentassist.analytics.endpoint", "");
		log.info("Ready on port {}: provider {}, callbacks {}/agentassist/callback, analytics {}, audit log {}",
				this.environment.getProperty("server.port"),
				this.environment.getProperty("agentassist.genesys.api-url"),
				this.environment.getProperty("agentassist.public-url"), analytics.isEmpty() ? "OFF" : analytics,
				this.environment.getProperty("agentassist.audit.directory"));
	}

}
