package io.agentassist.bridge.http;

import java.time.Duration;
import java.util.List;

import io.agentassist.bridge.settings.InvalidSettingException;
import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMax;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings for what a request may contain.
 *
 * @param maxBodySize largest body
 * @param bodyTimeout how long a body may take to arrive
 * @param requestHeaders names of the headers that routes see
 * @param queryParameters names of the query parameters that routes see, as headers
 */
@Validated
@ConfigurationProperties("agentassist.http")
record HttpProperties(@NotNull DataSize maxBodySize, @NotNull @DurationMax(seconds = 60) Duration bodyTimeout,
		@DefaultValue List<String> requestHeaders, @DefaultValue List<String> queryParameters) {

	HttpProperties {
		if (maxBodySize != null && maxBodySize.toBytes() >= Integer.MAX_VALUE) {
			throw new InvalidSettingException("agentassist.http.max-body-size", "must be less than 2GB");
		}
	}

}
