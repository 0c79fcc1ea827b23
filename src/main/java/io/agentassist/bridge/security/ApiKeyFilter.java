package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

import io.agentassist.bridge.http.ProblemTranslator;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Asks for an API key on every path of the API but the callback, which proves itself by
 * its signature. In front of the routes, so that no edit of a route can leave it out.
 */
@Component
class ApiKeyFilter extends OncePerRequestFilter {

	private static final Logger log = LoggerFactory.getLogger(ApiKeyFilter.class);

	private static final String API_PATH = "/agentassist/";

	private static final String CALLBACK_PATH = "/agentassist/callback";

	private final ApiAuth auth;

	private final List<byte[]> keys;

	private final ProblemTranslator problems;

	ApiKeyFilter(ApiProperties properties, ProblemTranslator problems) {
		this.auth = properties.auth();
		this.keys = properties.keys().stream().map((key) -> key.getBytes(StandardCharsets.UTF_8)).toList();
		this.problems = problems;
		if (this.auth == ApiAuth.NONE) {
			log.warn("The API is NOT authenticated (agentassist.api.auth=none): anyone can read suggestions");
		}
	}

	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		String path = request.getServletPath();
		return this.auth == ApiAuth.NONE || !path.startsWith(API_PATH) || path.equals(CALLBACK_PATH);
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String given = request.getHeader("X-API-Key");
		if (given != null && isKnown(given.getBytes(StandardCharsets.UTF_8))) {
			chain.doFilter(request, response);
			return;
		}
		this.problems.write(request.getMethod() + " " + request.getRequestURI(), response, new ErrorResponseException(
				HttpStatus.UNAUTHORIZED,
				ProblemDetail.forStatusAndDetail(HttpStatus.UNAUTHORIZED, "Header X-API-Key is missing or not known."),
				null));
	}

	/** Looks at every key, so that the time tells nothing. */
	private boolean isKnown(byte[] given) {
		boolean known = false;
		for (byte[] key : this.keys) {
			known |= MessageDigest.isEqual(key, given);
		}
		return known;
	}

}
