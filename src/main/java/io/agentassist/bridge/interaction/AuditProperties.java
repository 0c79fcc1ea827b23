package io.agentassist.bridge.interaction;

import java.nio.file.Path;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the audit log.
 *
 * @param directory folder of the {@code audit-*.jsonl} files
 */
@Validated
@ConfigurationProperties("agentassist.audit")
public record AuditProperties(@NotNull Path directory) {
}
