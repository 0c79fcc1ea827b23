package io.agentassist.bridge.operations;

import java.io.File;
import java.util.Map;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.actuate.health.CompositeHealthContributor;
import org.springframework.boot.actuate.health.HealthContributor;
import org.springframework.boot.actuate.system.DiskSpaceHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

/**
 * The health {@code diskSpace}: of the embedded database's disk and of the audit log's,
 * where Spring Boot would look at one. On a full disk, reading still succeeds, and so
 * does a delivery that has nothing to do, so that all else may look healthy.
 */
@Configuration(proxyBeanMethods = false)
class DiskSpaceHealth {

	private static final DataSize THRESHOLD = DataSize.ofMegabytes(10);

	/** Named so as to replace Spring Boot's. */
	@Bean
	HealthContributor diskSpaceHealthIndicator(@Value("${agentassist.audit.directory}") File audit) {
		return CompositeHealthContributor.fromMap(Map.of("data", disk(new File("data")), "audit", disk(audit)));
	}

	/** A folder that does not exist yet will be on its parent's disk. */
	private static HealthContributor disk(File folder) {
		File existing = folder.getAbsoluteFile();
		while (!existing.exists()) {
			existing = existing.getParentFile();
		}
		return new DiskSpaceHealthIndicator(existing, THRESHOLD);
	}

}
