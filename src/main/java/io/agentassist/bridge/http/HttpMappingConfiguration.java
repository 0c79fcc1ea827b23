package io.agentassist.bridge.http;

import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;

/** {@link AtomicHttpMapping} in the place of the mapping that Camel's starter makes. */
@Configuration(proxyBeanMethods = false)
class HttpMappingConfiguration {

	@Bean
	@DependsOn("configurePlatformHttpComponent")
	AtomicHttpMapping httpMapping(PlatformHttpEngine engine, CamelContext camel) {
		return new AtomicHttpMapping(camel.getComponent("platform-http", PlatformHttpComponent.class), engine);
	}

}
