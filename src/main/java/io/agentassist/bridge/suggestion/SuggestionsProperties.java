package io.agentassist.bridge.suggestion;

import java.time.Duration;

import io.agentassist.bridge.settings.ReadAtStart;
import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of suggestion requests.
 *
 * @param maxConstructionLatency longest time from a request's arrival until its query is
 * ready
 * @param maxWait longest wait of a look-up
 * @param slowAfter response time above which a warning is logged
 * @param watchInterval how often to look for answers to waiting callers
 */
@ConfigurationProperties("agentassist.suggestions")
public record SuggestionsProperties(
		@NotNull @DurationMin(millis = 10) @DurationMax(seconds = 60) Duration maxConstructionLatency,
		@NotNull @DurationMin @DurationMax(seconds = 60) Duration maxWait,
		@NotNull @DurationMin(millis = 1) @DurationMax(days = 36_500) Duration slowAfter,
		@ReadAtStart @NotNull @DurationMin(millis = 1) @DurationMax(seconds = 5) Duration watchInterval) {
}
