package io.agentassist.bridge.outbox;

import java.time.Duration;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;

import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the delivery to analytics. Most are used only in the routes; they are
 * declared here to be validated.
 *
 * @param endpoint URL to which events are posted; empty for none
 * @param hop endpoint URI between the outbox and the POST
 * @param pollInterval how often to look for due events while idle
 * @param concurrency events posted at once
 * @param deadline longest time for one POST, until its answer has arrived
 */
@ConfigurationProperties("agentassist.analytics")
record AnalyticsProperties(String endpoint, @NotBlank String hop,
		@NotNull @DurationMin(millis = 1) @DurationMax(hours = 1) Duration pollInterval,
		@Positive @Max(1000) int concurrency,
		@NotNull @DurationMin(millis = 1) @DurationMax(hours = 1) Duration deadline) {
}
