package io.agentassist.bridge.audit;

import java.nio.file.Path;
import java.time.Duration;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the audit log.
 *
 * @param directory folder of the {@code audit-*.jsonl} files
 * @param instanceId names this instance's chain; the same after a restart, another for
 * each instance on the same database or in the same folder; empty: made once and kept in
 * the folder
 * @param maxFileSize a file of this size or more is followed by the next one
 * @param checkpointInterval time between two signed checkpoints, while there are new
 * lines
 * @param signingKey file of the Ed25519 key that signs them (PKCS#8, PEM); made where
 * there is none
 */
@Validated
@ConfigurationProperties("agentassist.audit")
record AuditProperties(@NotNull Path directory,
		@Pattern(regexp = "(" + ChainFile.CHAIN + ")?",
				message = "letters, digits, '.', '_' and '-' only, at most 64") String instanceId,
		@NotNull DataSize maxFileSize, @NotNull Duration checkpointInterval, @NotNull Path signingKey) {
}
