package io.agentassist.bridge.http;

import java.io.IOException;

import io.agentassist.bridge.failure.ProblemTranslator;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * The outermost filter: refuses overlong paths and queries (414), and gives every answer
 * the headers that keep browsers and caches from doing harm with it. A page meant for
 * display sets its own {@code Content-Security-Policy}.
 */
@Component
@FilterRegistration(order = Ordered.HIGHEST_PRECEDENCE,
		dispatcherTypes = { DispatcherType.REQUEST, DispatcherType.ERROR })
class ResponseGuard extends HttpFilter {

	private static final long serialVersionUID = 1L;

	/** Room for two ids of maximum length in the longest encoding, and some more. */
	private static final int MAX_PATH = 4096;

	private static final int MAX_QUERY = 4096;

	private final transient ProblemTranslator problems;

	ResponseGuard(ProblemTranslator problems) {
		this.problems = problems;
	}

	@Override
	protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		setHeaders(response, request.isSecure());
		String query = request.getQueryString();
		if (request.getRequestURI().length() > MAX_PATH || (query != null && query.length() > MAX_QUERY)) {
			this.problems.write(request.getMethod() + " (long path)", response,
					new ResponseStatusException(HttpStatus.URI_TOO_LONG, "Path or query has over 4096 characters."));
			return;
		}
		chain.doFilter("TRACE".equals(request.getMethod()) ? new Untraced(request) : request, response);
	}

	static void setHeaders(HttpServletResponse response, boolean secure) {
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
		if (secure) {
			response.setHeader("Strict-Transport-Security", "max-age=31536000");
		}
	}

	/**
	 * Renames TRACE, so that it is refused like any method that no path accepts. Neither
	 * Tomcat nor Spring answers TRACE with a problem and the methods that the path
	 * accepts: the former sends no body, the latter echoes the request.
	 */
	private static final class Untraced extends HttpServletRequestWrapper {

		Untraced(HttpServletRequest request) {
			super(request);
		}

		@Override
		public String getMethod() {
			return "trace";
		}

	}

}
