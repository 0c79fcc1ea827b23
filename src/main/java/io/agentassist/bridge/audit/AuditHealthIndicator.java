package io.agentassist.bridge.audit;

import java.nio.file.Files;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/** Health {@code audit}: down while interactions are not recorded. */
@Component
class AuditHealthIndicator implements HealthIndicator {

	private final AuditLog log;

	AuditHealthIndicator(AuditLog log) {
		this.log = log;
	}

	@Override
	public Health health() {
		Health.Builder health = Health.up().withDetail("chain", this.log.chain()).withDetail("seq", this.log.lastSeq());
		if (!Files.isWritable(this.log.directory())) {
			health.down().withDetail("problem", this.log.directory() + " is not writable");
		}
		this.log.problem().ifPresent((problem) -> health.down().withDetail("problem", problem));
		return health.build();
	}

}
