package io.agentassist.bridge.operations;

import java.util.List;

import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Health {@code routes}: down while Camel does not run, degraded while a route is paused
 * or stopped.
 */
@Component
class RoutesHealthIndicator implements HealthIndicator {

	private final CamelContext camel;

	RoutesHealthIndicator(CamelContext camel) {
		this.camel = camel;
	}

	@Override
	public Health health() {
		if (!this.camel.isStarted()) {
			return Health.down().withDetail("camel", this.camel.getStatus()).build();
		}
		List<String> idle = this.camel.getRoutes()
			.stream()
			.map(Route::getRouteId)
			.filter((id) -> this.camel.getRouteController().getRouteStatus(id) != ServiceStatus.Started)
			.sorted()
			.toList();
		return idle.isEmpty() ? Health.up().withDetail("running", this.camel.getRoutesSize()).build()
				: Health.status(Degraded.DEGRADED).withDetail("not running", idle).build();
	}

}
