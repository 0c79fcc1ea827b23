package io.agentassist.bridge.security;

import java.time.Duration;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;

/** Creates the limiter of one caller: a number of requests a second, without waiting. */
final class RateLimits {

	/** The period over which requests are counted, and the Retry-After of a 429. */
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
