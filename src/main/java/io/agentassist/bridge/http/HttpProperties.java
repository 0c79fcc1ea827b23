package io.agentassist.bridge.http;

import java.time.Duration;
import java.util.List;

import io.agentassist.bridge.settings.DataSizeRange;
import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings for what a request may contain.
 *
 * @param maxBodySize largest body
 * @param bodyTimeout how long a body may take to arrive
 * @param requestHeaders names of the headers that routes see
 * @param queryParameters names of the query parameters that routes see, as headers
 */
@ConfigurationProperties("agentassist.http")
record HttpProperties(@NotNull @DataSizeRange(min = "1KB", max = "1GB") DataSize maxBodySize,
		@NotNull @DurationMin(millis = 100) @DurationMax(seconds = 60) Duration bodyTimeout,
		@DefaultValue List<String> requestHeaders, @DefaultValue List<String> queryParameters) {
}
