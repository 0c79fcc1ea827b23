package io.agentassist.bridge.http;

import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

/** Puts {@link NonBlockingHttpConsumer} behind every {@code platform-http} endpoint. */
@Configuration(proxyBeanMethods = false)
class HttpConfiguration {

	@Bean("platform-http-engine")
	PlatformHttpEngine platformHttpEngine(ProblemTranslator problems, @Value("${server.port:8080}") int port,
			@Value("${agentassist.http.max-body-size}") DataSize maxBodySize) {
		return new NonBlockingHttpEngine(port, new BoundedBodyHttpBinding(maxBodySize), problems);
	}

}
