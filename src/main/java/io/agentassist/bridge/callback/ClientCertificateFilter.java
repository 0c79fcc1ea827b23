package io.agentassist.bridge.callback;

import java.io.IOException;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.http.AnswerCounts;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponseException;

/**
 * With {@code agentassist.callback.client-certificate}, admits only callers with a client
 * certificate to the callback's path and whatever is below it. The TLS handshake has
 * already checked that a trusted authority issued it.
 */
@Component
@FilterRegistration(urlPatterns = "/agentassist/callback/*")
class ClientCertificateFilter extends HttpFilter {

	private static final long serialVersionUID = 1L;

	private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

	private final transient CallbackProperties properties;

	private final transient ProblemTranslator problems;

	private final transient AnswerCounts counts;

	ClientCertificateFilter(CallbackProperties properties, ProblemTranslator problems, AnswerCounts counts) {
		this.properties = properties;
		this.problems = problems;
		this.counts = counts;
	}

	@Override
	protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		if (this.properties.clientCertificate() && request.getAttribute(CERTIFICATES) == null) {
			this.problems.write("Callback without a client certificate", response,
					new ErrorResponseException(HttpStatus.UNAUTHORIZED));
			this.counts.count(request.getMethod() + " " + request.getRequestURI(), response);
			return;
		}
		chain.doFilter(request, response);
	}

}
