package io.agentassist.bridge.http;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.DispatcherType;

import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.catalina.core.StandardHost;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.core.Ordered;

/**
 * Puts a {@link NonBlockingHttpConsumer} behind every {@code platform-http} endpoint, and
 * the guards for all answers in front.
 */
@Configuration(proxyBeanMethods = false)
class HttpConfiguration {

	@Bean("platform-http-engine")
	PlatformHttpEngine platformHttpEngine(ProblemTranslator problems, AnswerCounts counts, Intakes intakes,
			HttpProperties properties, @Value("${server.port:8080}") int port) {
		return new NonBlockingHttpEngine(port, new BoundedBodyHttpBinding(properties), problems, counts, intakes);
	}

	/** Replaces the mapping made by Camel's starter. */
	@Bean
	@DependsOn("configurePlatformHttpComponent")
	AtomicHttpMapping httpMapping(PlatformHttpEngine engine, CamelContext camel) {
		return new AtomicHttpMapping(camel.getComponent("platform-http", PlatformHttpComponent.class), engine);
	}

	@Bean
	FilterRegistrationBean<ResponseGuard> responseGuard(ProblemTranslator problems) {
		FilterRegistrationBean<ResponseGuard> registration = new FilterRegistrationBean<>(new ResponseGuard(problems));
		registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
		registration.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ERROR);
		return registration;
	}

	@Bean
	WebServerFactoryCustomizer<TomcatServletWebServerFactory> guardedTomcat(MeterRegistry meters) {
		return (factory) -> {
			factory.addEngineValves(new Rejections(meters));
			factory.addConnectorCustomizers((connector) -> {
				// TRACE has to reach ResponseGuard, which refuses it with a problem.
				connector.setAllowTrace(true);
				// Nobody should send a body that is refused by its headers.
				connector.setProperty("continueResponseTiming", "onRead");
			});
			factory.addContextCustomizers((context) -> ((StandardHost) context.getParent())
				.setErrorReportValveClass(ProblemReportValve.class.getName()));
		};
	}

}
