package io.agentassist.bridge.desktop;

import java.time.Duration;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the event streams.
 *
 * @param watchInterval how often news are looked for, for all streams at once
 * @param keepAliveInterval silence after which a stream gets a comment
 * @param maxDuration after which a stream ends, for its caller to connect again
 * @param maxStreams most streams at once
 */
@Validated
@ConfigurationProperties("agentassist.stream")
public record StreamProperties(@NotNull @DurationMin(millis = 1) Duration watchInterval,
		@NotNull @DurationMin(millis = 1) Duration keepAliveInterval,
		@NotNull @DurationMin(millis = 1) Duration maxDuration, @Positive int maxStreams) {
}
