package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import io.agentassist.bridge.settings.DataSizeRange;
import io.agentassist.bridge.settings.NamesFiles;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;

import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/**
 * Settings of the audit log.
 *
 * @param directory folder of the {@code audit-*.jsonl} files
 * @param instanceId names this instance's chain; must stay the same across restarts and
 * differ for each instance on the same database or in the same folder; empty: generated
 * once and kept in the folder
 * @param maxFileSize once a file has this size or more, the next one is begun
 * @param checkpointInterval time between two signed checkpoints, while there are new
 * lines
 * @param signingKey file of the Ed25519 key that signs them (PKCS#8, PEM); generated if
 * missing
 * @param pollInterval how often a route looks for new events while idle
 */
@ConfigurationProperties("agentassist.audit")
record AuditProperties(@NotNull Path directory,
		@Pattern(regexp = "(" + ChainFile.CHAIN + ")?",
				message = "letters, digits, '.', '_' and '-' only, at most 64") String instanceId,
		@NotNull @DataSizeRange(min = "1KB", max = "1TB") DataSize maxFileSize,
		@NotNull @DurationMin(millis = 1) @DurationMax(days = 36_500) Duration checkpointInterval,
		@NotNull Path signingKey,
		@NotNull @DurationMin(millis = 1) @DurationMax(hours = 1) Duration pollInterval) implements NamesFiles {

	@Override
	public void checkFiles() {
		try {
			if (Files.exists(this.signingKey)) {
				SigningKey.read(this.signingKey);
			}
		}
		catch (IOException ex) {
			// The audit log reports this, and carries on without the key.
		}
	}

}
