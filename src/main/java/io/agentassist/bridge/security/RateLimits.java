package io.agentassist.bridge.security;

import java.time.Duration;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;

/** Makes the limit of one caller: so many requests a second, none waits. */
final class RateLimits {

	/** The span that is counted, and the Retry-After of a 429. */
	static final Duration PERIOD = Duration.ofSeconds(1);

	private RateLimits() {
	}

	static RateLimiter perSecond(String name, int requests) {
		return RateLimiter.of(name,
				RateLimiterConfig.custom()
					.limitForPeriod(requests)
					.limitRefreshPeriod(PERIOD)
					.timeoutDuration(Duration.ZERO)
					.build());
	}

}
