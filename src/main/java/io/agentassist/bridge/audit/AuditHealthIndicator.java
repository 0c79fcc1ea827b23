package io.agentassist.bridge.audit;

import java.nio.file.Files;

import io.agentassist.bridge.operations.Degraded;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * The health of {@code audit}: down while interactions are not being recorded, degraded
 * while they are not being signed.
 */
@Component
class AuditHealthIndicator implements HealthIndicator {

	private final AuditLog log;

	private final AuditProperties properties;

	AuditHealthIndicator(AuditLog log, AuditProperties properties) {
		this.log = log;
		this.properties = properties;
	}

	@Override
	public Health health() {
		Health.Builder health = Health.up().withDetail("chain", this.log.chain()).withDetail("seq", this.log.lastSeq());
		if (!this.log.isSigning()) {
			health.status(Degraded.DEGRADED)
				.withDetail("checkpoints",
						"none: the key " + this.properties.signingKey() + " could not be read or created at the start");
		}
		if (!Files.isWritable(this.properties.directory())) {
			health.down().withDetail("problem", this.properties.directory() + " is not writable");
		}
		this.log.problem().ifPresent((problem) -> health.down().withDetail("problem", problem));
		return health.build();
	}

}
