package io.agentassist.bridge.outbox;

import java.time.Duration;
import java.util.Map;

import io.agentassist.bridge.settings.ReadAtStart;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;

import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the outbox.
 *
 * @param batchSize maximum number of events claimed at once
 * @param claimTime how long a claim lasts without being renewed; an instance renews its
 * own claims while it lives
 * @param baseDelay wait after the first failed attempt; doubles with each further one
 * @param maxDelay longest wait between two attempts
 * @param maxProbeDelay longest wait between two probes of a failing destination
 * @param timeToLive how long delivery is tried before an event becomes a dead letter
 * @param timeToLiveOf the same for individual destinations
 * @param watchInterval how often the backlog is read for health and metrics; less often
 * while it is large
 * @param overdueAfter age of a waiting event above which the health is degraded
 */
@ConfigurationProperties("agentassist.outbox")
public record OutboxProperties(@ReadAtStart @Positive @Max(10_000) int batchSize,
		@ReadAtStart @NotNull @DurationMin(millis = 100) @DurationMax(hours = 1) Duration claimTime,
		@NotNull @DurationMin(millis = 1) @DurationMax(days = 1) Duration baseDelay,
		@NotNull @DurationMin(millis = 1) @DurationMax(days = 1) Duration maxDelay,
		@NotNull @DurationMin(millis = 1) @DurationMax(days = 1) Duration maxProbeDelay,
		@NotNull @DurationMin(seconds = 1) @DurationMax(days = 36_500) Duration timeToLive,
		@DefaultValue Map<String, @NotNull @DurationMin(seconds = 1) @DurationMax(days = 36_500) Duration> timeToLiveOf,
		@ReadAtStart @NotNull @DurationMin(millis = 1) @DurationMax(hours = 1) Duration watchInterval,
		@NotNull @DurationMin(millis = 1) @DurationMax(days = 36_500) Duration overdueAfter) {

	Duration timeToLive(String destination) {
		return this.timeToLiveOf.getOrDefault(destination, this.timeToLive);
	}

}
