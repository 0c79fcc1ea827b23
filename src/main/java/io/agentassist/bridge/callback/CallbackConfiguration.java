package io.agentassist.bridge.callback;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.http.AnswerCounts;

import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The filter in front of the callback's route. */
@Configuration(proxyBeanMethods = false)
class CallbackConfiguration {

	@Bean
	FilterRegistrationBean<ClientCertificateFilter> clientCertificateFilter(CallbackProperties properties,
			ProblemTranslator problems, AnswerCounts counts) {
		FilterRegistrationBean<ClientCertificateFilter> registration = new FilterRegistrationBean<>(
				new ClientCertificateFilter(problems, counts));
		registration.addUrlPatterns("/agentassist/callback");
		registration.setEnabled(properties.clientCertificate());
		return registration;
	}

}
