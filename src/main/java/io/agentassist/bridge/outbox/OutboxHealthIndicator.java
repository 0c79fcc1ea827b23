package io.agentassist.bridge.outbox;

import java.util.Map;
import java.util.function.Supplier;

import io.agentassist.bridge.operations.Degraded;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * The health of {@code outbox}: degraded while a destination does not accept its events,
 * or the outbox cannot be read. Never down, since a destination's outage is no reason to
 * refuse requests.
 */
@Component
class OutboxHealthIndicator implements HealthIndicator {

	private final BacklogMonitor monitor;

	private final Supplier<OutboxProperties> settings;

	OutboxHealthIndicator(BacklogMonitor monitor, Supplier<OutboxProperties> settings) {
		this.monitor = monitor;
		this.settings = settings;
	}

	@Override
	public Health health() {
		Map<String, Backlog> backlogs = this.monitor.latest();
		if (backlogs == null) {
			return Health.status(Degraded.DEGRADED).withDetail("problem", "the database cannot be read").build();
		}
		Health.Builder health = Health.up();
		backlogs.forEach((destination, backlog) -> {
			health.withDetail(destination, backlog.text());
			if (backlog.age().compareTo(this.settings.get().overdueAfter()) > 0) {
				health.status(Degraded.DEGRADED);
			}
		});
		return health.build();
	}

}
