package io.agentassist.bridge.security;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.http.AnswerCounts;
import io.agentassist.bridge.settings.SettingsRules;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.DefaultCorsProcessor;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;
import org.springframework.web.filter.CorsFilter;
import org.springframework.web.server.ResponseStatusException;

/** The filters in front of the API: which origins may call it, and who. */
@Configuration(proxyBeanMethods = false)
class ApiConfiguration {

	private static final Logger log = LoggerFactory.getLogger(ApiConfiguration.class);

	private static final String API_PATHS = "/agentassist/*";

	private static final int CORS_ORDER = 0;

	@Bean
	FilterRegistrationBean<ApiFilter> apiFilter(ApiProperties properties, ProblemTranslator problems,
			AnswerCounts counts, ObjectMapper json, Environment environment) {
		ApiAuthenticator authenticator = switch (properties.auth()) {
			case API_KEY -> new ApiKeys(properties, SettingsRules.organisationNames(environment));
			case JWT -> new JwtCallers(properties, json);
			case NONE -> null;
		};
		FilterRegistrationBean<ApiFilter> registration = new FilterRegistrationBean<>(
				new ApiFilter(authenticator, problems, counts));
		registration.setOrder(CORS_ORDER + 1);
		if (authenticator == null) {
			log.warn("The API is NOT authenticated (agentassist.api.auth=none): anyone can read suggestions");
			registration.setEnabled(false);
		}
		return registration;
	}

	/**
	 * Comes before the other filter, since a browser's preflight request has no
	 * credentials.
	 */
	@Bean
	FilterRegistrationBean<CorsFilter> corsFilter(ApiProperties properties, ProblemTranslator problems) {
		CorsConfiguration allowed = new CorsConfiguration();
		allowed.setAllowedOrigins(properties.corsOrigins());
		allowed.setAllowedMethods(List.of("GET", "POST"));
		allowed.setAllowedHeaders(List.of(HttpHeaders.AUTHORIZATION, HttpHeaders.CONTENT_TYPE, "X-API-Key",
				"X-Organisation", "Last-Event-ID", "traceparent", "tracestate"));
		allowed.setExposedHeaders(List.of(HttpHeaders.LOCATION, HttpHeaders.RETRY_AFTER));
		allowed.setMaxAge(Duration.ofHours(1));
		UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
		source.registerCorsConfiguration("/**", allowed);
		CorsFilter filter = new CorsFilter(source);
		filter.setCorsProcessor(new ProblemCorsProcessor(problems));
		FilterRegistrationBean<CorsFilter> registration = new FilterRegistrationBean<>(filter);
		registration.addUrlPatterns(API_PATHS);
		registration.setOrder(CORS_ORDER);
		registration.setEnabled(!properties.corsOrigins().isEmpty());
		return registration;
	}

	/** Refuses with a problem body and a log line, like other refusals. */
	private static final class ProblemCorsProcessor extends DefaultCorsProcessor {

		private final ProblemTranslator problems;

		ProblemCorsProcessor(ProblemTranslator problems) {
			this.problems = problems;
		}

		@Override
		protected void rejectRequest(ServerHttpResponse response) throws IOException {
			this.problems.write("Page of another origin", ((ServletServerHttpResponse) response).getServletResponse(),
					new ResponseStatusException(HttpStatus.FORBIDDEN, "This origin may not call."));
		}

	}

}
