package io.agentassist.bridge.lifecycle;

import java.time.Duration;

import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the life cycle.
 *
 * @param expireAfter how long a request waits for its callback
 * @param keep how long requests and idempotency keys are kept; longer than any provider
 * repeats a callback
 * @param batchSize most rows that one transaction expires or purges
 */
@Validated
@ConfigurationProperties("agentassist.lifecycle")
public record LifecycleProperties(@NotNull Duration expireAfter, @NotNull Duration keep, @Positive int batchSize) {

	/**
	 * A request that is purged before it expires would never be recorded.
	 * @return whether the times fit each other
	 */
	@AssertTrue(message = "keep has to be longer than expire-after, and expire-after longer than 0")
	public boolean isConsistent() {
		return this.keep == null || this.expireAfter == null
				|| (this.expireAfter.compareTo(Duration.ZERO) > 0 && this.keep.compareTo(this.expireAfter) > 0);
	}

}
