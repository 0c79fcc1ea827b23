package io.agentassist.bridge.http;

import java.time.Duration;
import java.util.List;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * What a request may bring.
 *
 * @param maxBodySize largest body
 * @param bodyTimeout how long a body may take to come
 * @param requestHeaders names of the headers that routes see
 * @param queryParameters names of the query parameters that routes see, as headers
 */
@Validated
@ConfigurationProperties("agentassist.http")
record HttpProperties(@NotNull DataSize maxBodySize, @NotNull Duration bodyTimeout, List<String> requestHeaders,
		List<String> queryParameters) {

	HttpProperties {
		requestHeaders = (requestHeaders != null) ? List.copyOf(requestHeaders) : List.of();
		queryParameters = (queryParameters != null) ? List.copyOf(queryParameters) : List.of();
	}

}
