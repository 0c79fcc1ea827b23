package io.agentassist.bridge;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

import com.sun.management.UnixOperatingSystemMXBean;
import io.agentassist.bridge.callback.CallbackUrls;
import io.agentassist.bridge.settings.Overlays;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * Logs one line after the start with what an operator wants to know first, and warns of
 * surroundings that do not fit the settings.
 */
@Component
class StartReport {

	private static final Logger log = LoggerFactory.getLogger(StartReport.class);

	/** By the default URL, and where {@code bin/backup} looks. */
	private static final Path EMBEDDED_DATABASE = Path.of("data/agent-assist-bridge.mv.db");

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
		warnOfFewFiles();
		warnOfEmbeddedDatabase();
	}

	private void warnOfFewFiles() {
		int connections = this.environment.getProperty("server.tomcat.max-connections", Integer.class, 0);
		if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
				&& system.getMaxFileDescriptorCount() < connections) {
			log.warn(
					"This process may have {} files open (ulimit -n), not enough for server.tomcat.max-connections, {}",
					system.getMaxFileDescriptorCount(), connections);
		}
	}

	private void warnOfEmbeddedDatabase() {
		if (!this.environment.getProperty("spring.datasource.url", "").startsWith("jdbc:h2:")
				&& Files.exists(EMBEDDED_DATABASE)) {
			log.warn("{} is not used: its requests and waiting events stay there (docs/operations.md, "
					+ "\"From H2 to PostgreSQL\")", EMBEDDED_DATABASE);
		}
	}

	/** The URL without user, path and query, which may hold secrets. */
	private String host(String key) {
		String url = this.environment.getProperty(key, "");
		return url.isEmpty() ? "OFF"
				: UriComponentsBuilder.fromUriString(url)
					.userInfo(null)
					.replacePath(null)
					.replaceQuery(null)
					.build()
					.toUriString();
	}

}
