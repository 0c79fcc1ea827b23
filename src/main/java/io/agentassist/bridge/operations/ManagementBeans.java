package io.agentassist.bridge.operations;

import java.util.stream.Stream;

import io.agentassist.bridge.audit.AuditManagement;
import io.agentassist.bridge.interaction.OutboxManagement;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.jmx.export.annotation.AnnotationMBeanExporter;
import org.springframework.jmx.export.annotation.ManagedResource;
import org.springframework.jmx.support.RegistrationPolicy;

import static java.util.stream.Collectors.toMap;

/**
 * Shows the bridge in JMX, so in Hawtio too, in the domain {@code io.agentassist.bridge}.
 */
@Configuration(proxyBeanMethods = false)
class ManagementBeans {

	@Bean
	AnnotationMBeanExporter managementBeansExporter(SuggestionsManagement suggestions, OutboxManagement outbox,
			AuditManagement audit, FlowManagement flow) {
		AnnotationMBeanExporter exporter = new AnnotationMBeanExporter();
		// By name: no search through all beans at the start.
		exporter.setAutodetect(false);
		exporter.setBeans(Stream.of(suggestions, outbox, audit, flow)
			.collect(toMap((bean) -> AnnotatedElementUtils.findMergedAnnotation(bean.getClass(), ManagedResource.class)
				.objectName(), (bean) -> bean)));
		exporter.setRegistrationPolicy(RegistrationPolicy.REPLACE_EXISTING);
		return exporter;
	}

}
