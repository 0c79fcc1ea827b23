package io.agentassist.bridge.operations;

import java.util.ArrayList;
import java.util.List;

import io.agentassist.bridge.http.Intakes;
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

	private final Intakes intakes;

	RoutesHealthIndicator(CamelContext camel, Intakes intakes) {
		this.camel = camel;
		this.intakes = intakes;
	}

	@Override
	public Health health() {
		if (!this.camel.isStarted()) {
			return Health.down().withDetail("camel", this.camel.getStatus()).build();
		}
		List<String> idle = new ArrayList<>();
		for (Route route : this.camel.getRoutes()) {
			if (this.camel.getRouteController().getRouteStatus(route.getRouteId()) != ServiceStatus.Started) {
				idle.add(route.getRouteId());
			}
		}
		this.intakes.paused().forEach((name, paused) -> {
			if (paused) {
				idle.add(name);
			}
		});
		return idle.isEmpty() ? Health.up().withDetail("running", this.camel.getRoutesSize()).build()
				: Health.status(Degraded.DEGRADED).withDetail("not running", idle).build();
	}

}
