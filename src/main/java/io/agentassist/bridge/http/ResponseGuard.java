package io.agentassist.bridge.http;

import java.io.IOException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/**
 * In front of everything: refuses paths and queries beyond measure (414), and gives every
 * answer the headers that keep browsers and caches from doing harm with it. A page that
 * is to be shown sets a {@code Content-Security-Policy} of its own.
 */
class ResponseGuard extends HttpFilter {

	private static final long serialVersionUID = 1L;

	/** Twice the longest id in the longest encoding, and some. */
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
					new ErrorResponseException(HttpStatus.URI_TOO_LONG, ProblemDetail
						.forStatusAndDetail(HttpStatus.URI_TOO_LONG, "Path or query has over 4096 characters."), null));
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
	 * Neither Tomcat nor Spring answers TRACE with a problem and what the path takes
	 * instead: the one is quiet, the other sends the request back. By another name it is
	 * one of the methods that no path takes.
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
