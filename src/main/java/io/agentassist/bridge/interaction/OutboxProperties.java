package io.agentassist.bridge.interaction;

import java.time.Duration;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the outbox.
 *
 * @param batchSize most events taken at once
 * @param claimTime how long a replica has for the events that it took; after that,
 * another may take them
 * @param baseDelay wait after the first failed attempt; doubles with each further one
 * @param maxDelay longest wait between two attempts
 */
@Validated
@ConfigurationProperties("agentassist.outbox")
public record OutboxProperties(@Positive int batchSize, @NotNull Duration claimTime, @NotNull Duration baseDelay,
		@NotNull Duration maxDelay) {
}
