package io.agentassist.bridge.interaction;

import java.time.Duration;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;

import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the delivery to analytics. Its routes name most of them; here for their
 * bounds.
 *
 * @param endpoint URL that events are posted to; empty for none
 * @param hop endpoint URI between the outbox and the POST
 * @param pollInterval how often due events are looked for while there are none
 * @param concurrency events posted at once
 * @param deadline longest time that one POST may take, until its answer has come
 */
@Validated
@ConfigurationProperties("agentassist.analytics")
record AnalyticsProperties(String endpoint, @NotBlank String hop,
		@NotNull @DurationMin(millis = 1) Duration pollInterval, @Positive int concurrency,
		@NotNull @DurationMin(millis = 1) Duration deadline) {
}
