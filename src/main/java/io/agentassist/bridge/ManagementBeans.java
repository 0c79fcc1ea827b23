package io.agentassist.bridge;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.management.ObjectName;

import io.agentassist.bridge.audit.AuditManagement;
import io.agentassist.bridge.genesys.Providers;
import io.agentassist.bridge.operations.FlowManagement;
import io.agentassist.bridge.outbox.OutboxManagement;
import io.agentassist.bridge.routes.LiveRoutes;
import io.agentassist.bridge.suggestion.SuggestionsManagement;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jmx.export.MBeanExporter;
import org.springframework.jmx.export.annotation.AnnotationMBeanExporter;
import org.springframework.jmx.support.RegistrationPolicy;

/**
 * Exposes the bridge in JMX, and so in Hawtio, in the domain
 * {@code io.agentassist.bridge}.
 */
@Configuration(proxyBeanMethods = false)
class ManagementBeans {

	private static final String PROVIDER = "io.agentassist.bridge:type=Provider,name=";

	private static final Pattern PLAIN = Pattern.compile("[^,=:\"*?\\n]+");

	@Bean
	MBeanExporter managementBeansExporter(SuggestionsManagement suggestions, OutboxManagement outbox,
			AuditManagement audit, FlowManagement flow, LiveRoutes routes, Providers providers) {
		Map<String, Object> beans = new HashMap<>();
		Stream.of(suggestions, outbox, audit, flow, routes)
			.forEach((bean) -> beans.put(bean.getClass().getName(), bean));
		providers.all().forEach((provider) -> beans.put(PROVIDER + quoted(provider.getName()), provider));
		AnnotationMBeanExporter exporter = new AnnotationMBeanExporter();
		// Listed one by one, to avoid a search through all beans at the start. Their
		// annotations hold their names; only those without one are named here.
		exporter.setAutodetect(false);
		exporter.setBeans(beans);
		exporter.setRegistrationPolicy(RegistrationPolicy.REPLACE_EXISTING);
		return exporter;
	}

	/** In quotes, which all look-ups have to repeat, only if need be. */
	private static String quoted(String name) {
		return PLAIN.matcher(name).matches() ? name : ObjectName.quote(name);
	}

}
