package io.agentassist.bridge.desktop;

import java.time.Duration;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the event streams.
 *
 * @param watchInterval how often new decisions are looked for, for all streams at once
 * @param keepAliveInterval silence after which a comment is sent on a stream
 * @param maxDuration time after which a stream ends so that its caller reconnects; up to
 * a fifth less, so that not all do so at once
 * @param maxStreams maximum number of open streams
 */
@ConfigurationProperties("agentassist.stream")
record StreamProperties(@NotNull @DurationMin(millis = 1) @DurationMax(seconds = 5) Duration watchInterval,
		@NotNull @DurationMin(millis = 1) @DurationMax(seconds = 30) Duration keepAliveInterval,
		@NotNull @DurationMin(seconds = 1) @DurationMax(minutes = 15) Duration maxDuration, @Positive int maxStreams) {
}
