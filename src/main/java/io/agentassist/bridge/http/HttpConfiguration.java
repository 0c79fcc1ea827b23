package io.agentassist.bridge.http;

import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts {@link NonBlockingHttpConsumer} behind every {@code platform-http} endpoint. */
@Configuration(proxyBeanMethods = false)
class HttpConfiguration {

	@Bean("platform-http-engine")
	PlatformHttpEngine platformHttpEngine(ProblemTranslator problems, AnswerCounts counts, HttpProperties properties,
			@Value("${server.port:8080}") int port) {
		return new NonBlockingHttpEngine(port, new BoundedBodyHttpBinding(properties), problems, counts);
	}

}
