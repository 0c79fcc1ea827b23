package io.agentassist.bridge.operations;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

import io.agentassist.bridge.failure.ScheduledFailures;
import io.agentassist.bridge.http.Intakes;

import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * The health of {@code routes}: down while Camel is not running, degraded while a route
 * or an intake is paused or stopped, or a scheduled route fails.
 */
@Component
class RoutesHealthIndicator implements HealthIndicator {

	private final CamelContext camel;

	private final Intakes intakes;

	private final ScheduledFailures scheduled;

	RoutesHealthIndicator(CamelContext camel, Intakes intakes, ScheduledFailures scheduled) {
		this.camel = camel;
		this.intakes = intakes;
		this.scheduled = scheduled;
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
		SortedSet<String> failing = this.scheduled.failing();
		if (idle.isEmpty() && failing.isEmpty()) {
			return Health.up().withDetail("running", this.camel.getRoutesSize()).build();
		}
		Health.Builder degraded = Health.status(Degraded.DEGRADED);
		if (!idle.isEmpty()) {
			degraded.withDetail("not running", idle);
		}
		if (!failing.isEmpty()) {
			degraded.withDetail("failing", failing);
		}
		return degraded.build();
	}

}
