package io.agentassist.bridge.operations;

import java.io.IOException;

import io.agentassist.bridge.failure.ProblemTranslator;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Refuses (400) a path that Spring cannot read, such as {@code /actuator//jolokia}:
 * Tomcat finds Jolokia's servlet by the normalised path, and Spring does not find the
 * servlet's path in the one that was sent. Spring Security refuses such paths, but reads
 * them first, and the answer would be 500 with a stack trace.
 */
class PathGuard extends HttpFilter {

	private static final long serialVersionUID = 1L;

	private final transient ProblemTranslator problems;

	PathGuard(ProblemTranslator problems) {
		this.problems = problems;
	}

	@Override
	protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		if (isReadable(request)) {
			chain.doFilter(request, response);
		}
		else {
			this.problems.write(request.getMethod() + " (path)", response,
					new ResponseStatusException(HttpStatus.BAD_REQUEST, "The path is not normalised."));
		}
	}

	private static boolean isReadable(HttpServletRequest request) {
		try {
			ServletRequestPathUtils.parseAndCache(request);
			return true;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
		finally {
			ServletRequestPathUtils.clearParsedRequestPath(request);
		}
	}

}
