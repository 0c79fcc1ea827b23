package io.agentassist.bridge.lifecycle;

import java.time.Duration;

import io.agentassist.bridge.settings.InvalidSettingException;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;

import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the life cycle.
 *
 * @param expireAfter how long a request waits for its callback
 * @param expiryInterval how often a route looks for requests that have waited too long
 * @param keep how long requests and idempotency keys are kept; must be longer than any
 * provider repeats a callback, and longer than {@code expireAfter}: a request purged
 * before it expires would never be recorded
 * @param keepDeadLetters how long dead letters are kept
 * @param purgeInterval how often a route looks for rows to purge
 * @param batchSize maximum number of rows that one transaction expires or purges
 */
@ConfigurationProperties("agentassist.lifecycle")
public record LifecycleProperties(@NotNull @DurationMin(millis = 1) @DurationMax(days = 36_500) Duration expireAfter,
		@NotNull @DurationMin(millis = 1) @DurationMax(hours = 1) Duration expiryInterval,
		@NotNull @DurationMax(days = 36_500) Duration keep,
		@NotNull @DurationMin @DurationMax(days = 36_500) Duration keepDeadLetters,
		@NotNull @DurationMin(millis = 1) @DurationMax(days = 36_500) Duration purgeInterval,
		@Positive @Max(10_000) int batchSize) {

	public LifecycleProperties {
		if (keep != null && expireAfter != null && keep.compareTo(expireAfter) <= 0) {
			throw new InvalidSettingException("agentassist.lifecycle.keep",
					"must be longer than agentassist.lifecycle.expire-after");
		}
	}

}
