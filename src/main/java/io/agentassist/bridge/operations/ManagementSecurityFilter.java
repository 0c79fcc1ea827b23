package io.agentassist.bridge.operations;

import jakarta.servlet.Filter;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.security.SecurityProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;

/**
 * Puts the filter chain of {@link ManagementSecurity} in front of everything else on the
 * management port; by default Boot puts it behind Hawtio's own filters. Not a
 * {@code @Configuration}, so that no scan finds it: it is listed in the file of Boot's
 * management context configurations in {@code META-INF/spring}.
 */
class ManagementSecurityFilter {

	@Bean
	FilterRegistrationBean<Filter> managementSecurityFilterRegistration(
			@Qualifier("springSecurityFilterChain") Filter securityFilter) {
		FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(securityFilter);
		registration.setName("managementSecurity");
		registration.setOrder(SecurityProperties.DEFAULT_FILTER_ORDER);
		return registration;
	}

}
