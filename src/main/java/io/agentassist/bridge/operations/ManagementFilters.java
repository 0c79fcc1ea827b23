package io.agentassist.bridge.operations;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.http.MediaTypeGuard;
import jakarta.servlet.Filter;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.security.SecurityProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * Puts the filter chain of {@link ManagementSecurity} in front of everything else on the
 * management port, where Boot would put it behind Hawtio's own filters, and the
 * {@link MediaTypeGuard} and the {@link PathGuard} in front of it. Not a
 * {@code @Configuration}, so that no scan finds it: it is listed in the file of Boot's
 * management context configurations in {@code META-INF/spring}.
 */
class ManagementFilters {

	@Bean
	FilterRegistrationBean<Filter> managementSecurityFilterRegistration(
			@Qualifier("springSecurityFilterChain") Filter securityFilter) {
		FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(securityFilter);
		registration.setName("managementSecurity");
		registration.setOrder(SecurityProperties.DEFAULT_FILTER_ORDER);
		return registration;
	}

	@Bean
	FilterRegistrationBean<MediaTypeGuard> managementMediaTypeGuard(ProblemTranslator problems) {
		FilterRegistrationBean<MediaTypeGuard> registration = new FilterRegistrationBean<>(
				new MediaTypeGuard(problems));
		registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
		return registration;
	}

	@Bean
	FilterRegistrationBean<PathGuard> managementPathGuard(ProblemTranslator problems) {
		FilterRegistrationBean<PathGuard> registration = new FilterRegistrationBean<>(new PathGuard(problems));
		registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
		return registration;
	}

}
