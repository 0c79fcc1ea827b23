package io.agentassist.bridge.security;

import java.io.IOException;
import java.util.Collections;
import java.util.Enumeration;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.failure.RetryLaterException;
import io.agentassist.bridge.http.AnswerCounts;
import io.agentassist.bridge.http.Tenant;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.util.StringUtils;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.server.ResponseStatusException;

/**
 * Admits only known callers to the API, within their scopes and rate limits; the callback
 * is authenticated elsewhere. It is in front of the routes, so that no edit of a route
 * can bypass it, and runs before the body is read. It strips the credentials, as a route
 * that calls another system would send them along.
 */
class ApiFilter extends OncePerRequestFilter {

	private static final String API_PATH = "/agentassist/";

	private static final String CALLBACK_PATH = "/agentassist/callback";

	/** Of a path of up to 4 KB, before what tells who called. */
	private static final int MAX_LOGGED_LENGTH = 200;

	private final ApiAuthenticator authenticator;

	private final ProblemTranslator problems;

	private final AnswerCounts counts;

	ApiFilter(ApiAuthenticator authenticator, ProblemTranslator problems, AnswerCounts counts) {
		this.authenticator = authenticator;
		this.problems = problems;
		this.counts = counts;
	}

	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		String path = request.getServletPath();
		return !path.startsWith(API_PATH) || path.equals(CALLBACK_PATH);
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String who = "";
		try {
			Caller caller = this.authenticator.authenticate(request);
			who = " of caller " + caller.rate().getName();
			Scope needed = Scope.of(request.getMethod(), request.getServletPath());
			if (!caller.scopes().contains(needed)) {
				throw new ResponseStatusException(HttpStatus.FORBIDDEN, "This needs the scope " + needed + ".");
			}
			if (!caller.rate().acquirePermission()) {
				throw new RetryLaterException(HttpStatus.TOO_MANY_REQUESTS,
						"Too many requests per second for this caller.", RateLimits.PERIOD);
			}
			request.setAttribute(Tenant.ATTRIBUTE, caller.tenant());
			request.setAttribute(Tenant.ORGANISATIONS, caller.organisations());
			request.setAttribute(ProblemTranslator.CALLER, caller.rate().getName());
		}
		catch (ErrorResponseException ex) {
			if (ex instanceof UnauthenticatedException stranger) {
				who = " from " + request.getRemoteAddr() + stranger.getReason();
			}
			String operation = request.getMethod() + " " + request.getRequestURI();
			this.problems.write(StringUtils.truncate(operation, MAX_LOGGED_LENGTH) + who, response, ex);
			if (ex.getStatusCode() == HttpStatus.SERVICE_UNAVAILABLE) {
				// Other refusals are counted where all are.
				this.counts.count(operation, response);
			}
			return;
		}
		chain.doFilter(new WithoutCredentials(request), response);
	}

	private static final class WithoutCredentials extends HttpServletRequestWrapper {

		WithoutCredentials(HttpServletRequest request) {
			super(request);
		}

		@Override
		public String getHeader(String name) {
			return isCredential(name) ? null : super.getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(String name) {
			return isCredential(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
		}

		private static boolean isCredential(String name) {
			return HttpHeaders.AUTHORIZATION.equalsIgnoreCase(name) || ApiKeys.HEADER.equalsIgnoreCase(name);
		}

	}

}
