package io.agentassist.bridge.http;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.micrometer.core.instrument.MeterRegistry;

import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpEngine;
import org.apache.camel.component.rest.openapi.RestOpenApiComponent;
import org.apache.camel.spi.ComponentCustomizer;
import org.apache.catalina.core.StandardHost;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.core.Ordered;

/**
 * Puts a {@link NonBlockingHttpConsumer} behind every {@code platform-http} endpoint, and
 * our handling of refusals into Tomcat.
 */
@Configuration(proxyBeanMethods = false)
class HttpConfiguration {

	@Bean("platform-http-engine")
	PlatformHttpEngine platformHttpEngine(ProblemTranslator problems, AnswerCounts counts, Intakes intakes,
			HttpProperties properties, @Value("${server.port:8080}") int port) {
		BoundedBodyHttpBinding binding = new BoundedBodyHttpBinding(properties);
		return new SpringBootPlatformHttpEngine(port) {
			@Override
			public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
				return new NonBlockingHttpConsumer(endpoint, processor, binding, problems, counts, intakes);
			}
		};
	}

	@Bean
	ComponentCustomizer deferredOperations() {
		return ComponentCustomizer.forType(RestOpenApiComponent.class, (component) -> {
			DeferredOperations operations = new DeferredOperations();
			operations.setCamelContext(component.getCamelContext());
			component.setRestOpenapiProcessorStrategy(operations);
		});
	}

	/** Replaces the mapping made by Camel's starter. */
	@Bean
	@DependsOn("configurePlatformHttpComponent")
	AtomicHttpMapping httpMapping(PlatformHttpEngine engine, CamelContext camel) {
		return new AtomicHttpMapping(camel.getComponent("platform-http", PlatformHttpComponent.class), engine);
	}

	@Bean
	@FilterRegistration(order = Ordered.HIGHEST_PRECEDENCE + 1)
	MediaTypeGuard mediaTypeGuard(ProblemTranslator problems) {
		return new MediaTypeGuard(problems);
	}

	@Bean
	WebServerFactoryCustomizer<TomcatServletWebServerFactory> guardedTomcat(MeterRegistry meters,
			HttpProperties properties) {
		return (factory) -> {
			factory.addEngineValves(new Rejections(meters), new UnreadBodyValve(properties.bodyTimeout()));
			factory.addConnectorCustomizers((connector) -> {
				// TRACE has to reach ResponseGuard, which refuses it with a problem.
				connector.setAllowTrace(true);
				// Nobody should send a body that is refused by its headers.
				connector.setProperty("continueResponseTiming", "onRead");
				// Tomcat parses these within one read, for which no time limit holds:
				// some 5 s for each byte (server.tomcat.connection-timeout).
				connector.setProperty("maxExtensionSize", "16");
				connector.setProperty("maxTrailerSize", "16");
			});
			factory.addContextCustomizers((context) -> ((StandardHost) context.getParent())
				.setErrorReportValveClass(ProblemReportValve.class.getName()));
		};
	}

}
