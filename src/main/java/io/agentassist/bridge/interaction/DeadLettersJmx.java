package io.agentassist.bridge.interaction;

import java.util.Map;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jmx.export.MBeanExporter;
import org.springframework.jmx.export.annotation.AnnotationMBeanExporter;
import org.springframework.jmx.support.RegistrationPolicy;

/** Shows the dead letters in JMX, so in Hawtio too. */
@Configuration(proxyBeanMethods = false)
class DeadLettersJmx {

	@Bean
	MBeanExporter deadLettersExporter(DeadLetters deadLetters) {
		AnnotationMBeanExporter exporter = new AnnotationMBeanExporter();
		// By name: no search through all beans at the start.
		exporter.setAutodetect(false);
		exporter.setBeans(Map.of(DeadLetters.OBJECT_NAME, deadLetters));
		exporter.setRegistrationPolicy(RegistrationPolicy.REPLACE_EXISTING);
		return exporter;
	}

}
