package io.agentassist.bridge.routes;

import java.util.List;

import io.agentassist.bridge.operations.Degraded;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * The health of {@code liveRoutes}: degraded while the files in the folder are not what
 * runs, while the running set has errors, or while files cannot be stored or looked at.
 */
@Component
class LiveRoutesHealthIndicator implements HealthIndicator {

	private final LiveRoutes routes;

	LiveRoutesHealthIndicator(LiveRoutes routes) {
		this.routes = routes;
	}

	@Override
	public Health health() {
		List<String> pending = this.routes.getPendingEdit();
		List<String> problems = this.routes.getProblems();
		Health.Builder health = (pending.isEmpty() && problems.isEmpty()) ? Health.up()
				: Health.status(Degraded.DEGRADED);
		if (!pending.isEmpty()) {
			health.withDetail("problem", "running revision " + this.routes.getRevision() + ", pending edit rejected")
				.withDetail("pending edit", pending);
		}
		if (!problems.isEmpty()) {
			health.withDetail("problems", problems);
		}
		return health.withDetail("revision", this.routes.getRevision()).build();
	}

}
