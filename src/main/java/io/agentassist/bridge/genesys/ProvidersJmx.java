package io.agentassist.bridge.genesys;

import java.util.Map;
import java.util.stream.Collectors;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jmx.export.MBeanExporter;
import org.springframework.jmx.export.annotation.AnnotationMBeanExporter;
import org.springframework.jmx.support.RegistrationPolicy;

/** Shows each organisation in JMX, so in Hawtio too. */
@Configuration(proxyBeanMethods = false)
class ProvidersJmx {

	@Bean
	MBeanExporter providersExporter(Providers providers) {
		Map<String, Object> beans = providers.all()
			.stream()
			.collect(Collectors.toMap((provider) -> "io.agentassist.bridge:type=Provider,name=" + provider.getName(),
					(provider) -> provider));
		AnnotationMBeanExporter exporter = new AnnotationMBeanExporter();
		// By name: no search through all beans at the start.
		exporter.setAutodetect(false);
		exporter.setBeans(beans);
		exporter.setRegistrationPolicy(RegistrationPolicy.REPLACE_EXISTING);
		return exporter;
	}

}
