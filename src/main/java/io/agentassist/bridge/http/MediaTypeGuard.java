package io.agentassist.bridge.http;

import java.io.IOException;
import java.util.Collections;

import io.agentassist.bridge.failure.ProblemTranslator;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.util.StringUtils;
import org.springframework.web.server.ResponseStatusException;

/**
 * Refuses a {@code Content-Type} (415) or an {@code Accept} (406) that Spring cannot
 * read. Spring would find out in the middle of a request or of its error, and answer 500
 * with a stack trace, or log the header. For both ports.
 */
public class MediaTypeGuard extends HttpFilter {

	private static final long serialVersionUID = 1L;

	private final transient ProblemTranslator problems;

	/**
	 * Creates the filter.
	 * @param problems writes its answers
	 */
	public MediaTypeGuard(ProblemTranslator problems) {
		this.problems = problems;
	}

	@Override
	protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		String type = request.getContentType();
		if (StringUtils.hasLength(type) && !isReadable(() -> MediaType.parseMediaType(type))) {
			refuse(request, response, HttpStatus.UNSUPPORTED_MEDIA_TYPE, HttpHeaders.CONTENT_TYPE);
		}
		else if (!isReadable(
				() -> MediaType.parseMediaTypes(Collections.list(request.getHeaders(HttpHeaders.ACCEPT))))) {
			refuse(request, response, HttpStatus.NOT_ACCEPTABLE, HttpHeaders.ACCEPT);
		}
		else {
			chain.doFilter(request, response);
		}
	}

	private static boolean isReadable(Runnable parsing) {
		try {
			parsing.run();
			return true;
		}
		catch (InvalidMediaTypeException ex) {
			return false;
		}
	}

	private void refuse(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String header)
			throws IOException {
		this.problems.write(request.getMethod() + " (" + header + ")", response,
				new ResponseStatusException(status, "The header " + header + " cannot be read."));
	}

}
