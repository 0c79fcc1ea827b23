package io.agentassist.bridge.callback;

import java.io.IOException;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.http.AnswerCounts;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * Admits only callers with a client certificate. The TLS handshake has already checked
 * that a trusted authority issued it.
 */
class ClientCertificateFilter extends HttpFilter {

	private static final long serialVersionUID = 1L;

	private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

	private final transient ProblemTranslator problems;

	private final transient AnswerCounts counts;

	ClientCertificateFilter(ProblemTranslator problems, AnswerCounts counts) {
		this.problems = problems;
		this.counts = counts;
	}

	@Override
	protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		if (request.getAttribute(CERTIFICATES) == null) {
			this.problems.write("Callback without a client certificate", response,
					new ErrorResponseException(HttpStatus.UNAUTHORIZED));
			this.counts.count(request.getMethod() + " " + request.getRequestURI(), response);
			return;
		}
		chain.doFilter(request, response);
	}

}
