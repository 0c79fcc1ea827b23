package io.agentassist.bridge.genesys;

import java.util.LinkedHashMap;
import java.util.Map;

import io.agentassist.bridge.operations.Degraded;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * The health of {@code providers}: shows which organisations are in trouble. Never down:
 * another instance would fare no better, and look-ups, callbacks and feedback do not need
 * the provider.
 */
@Component
class ProvidersHealthIndicator implements HealthIndicator {

	private final Providers providers;

	ProvidersHealthIndicator(Providers providers) {
		this.providers = providers;
	}

	@Override
	public Health health() {
		boolean ok = this.providers.all().stream().allMatch(ProvidersHealthIndicator::isOk);
		Health.Builder health = ok ? Health.up() : Health.status(Degraded.DEGRADED);
		for (Provider provider : this.providers.all()) {
			Map<String, Object> details = new LinkedHashMap<>();
			details.put("breaker", provider.getBreakerState());
			if (!isOk(provider)) {
				details.put("last failure", provider.getLastFailure());
			}
			details.put("concurrent", provider.getConcurrentQueries());
			details.put("token expires in", provider.getTokenExpiresInSeconds());
			if (!Double.isNaN(provider.getRateRemaining())) {
				details.put("rate remaining", provider.getRateRemaining());
			}
			health.withDetail(provider.getName(), details);
		}
		return health.build();
	}

	private static boolean isOk(Provider provider) {
		return "CLOSED".equals(provider.getBreakerState());
	}

}
