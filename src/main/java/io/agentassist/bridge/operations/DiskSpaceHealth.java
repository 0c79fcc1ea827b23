package io.agentassist.bridge.operations;

import java.io.File;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;

import io.agentassist.bridge.security.DataFolders;

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

	/** Named so as to replace Spring Boot's. The folders exist: see DataFolders. */
	@Bean
	HealthContributor diskSpaceHealthIndicator(@Value("${agentassist.audit.directory}") File audit,
			@Value("${spring.datasource.url}") String database) {
		Map<String, HealthContributor> disks = new TreeMap<>();
		disks.put("audit", new DiskSpaceHealthIndicator(audit, THRESHOLD));
		Matcher file = DataFolders.H2_FILE.matcher(database);
		if (file.matches()) {
			disks.put("database",
					new DiskSpaceHealthIndicator(new File(file.group(1)).getAbsoluteFile().getParentFile(), THRESHOLD));
		}
		return CompositeHealthContributor.fromMap(disks);
	}

}
