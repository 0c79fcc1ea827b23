package io.agentassist.bridge.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletResponse;

import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.AbstractProtocol;
import org.apache.coyote.http11.Http11InputBuffer;
import org.apache.tomcat.util.res.StringManager;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/**
 * Gives requests that Tomcat itself refuses (a path that cannot be decoded, too many
 * headers) a problem body like every other refusal, instead of an HTML page. Tomcat
 * instantiates it by class name.
 */
public class ProblemReportValve extends ErrorReportValve {

	private static final String TOO_LARGE = StringManager.getManager(Http11InputBuffer.class)
		.getString("iib.requestheadertoolarge.error");

	@Override
	protected void report(Request request, Response response, Throwable throwable) {
		if (response.getStatus() < HttpServletResponse.SC_BAD_REQUEST || response.getContentWritten() > 0
				|| !response.setErrorReported()) {
			return;
		}
		if (response.getStatus() == HttpServletResponse.SC_BAD_REQUEST && isStopping(request)) {
			// It is not the caller's fault if our own stop cut the request off.
			response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
			response.setHeader(HttpHeaders.RETRY_AFTER, "5");
		}
		else if (response.getStatus() == HttpServletResponse.SC_BAD_REQUEST && isBeyondTheHeadLimits(request)) {
			// If there is no path, the request line alone was too long.
			response.setStatus((request.getCoyoteRequest().requestURI().isNull() ? HttpStatus.URI_TOO_LONG
					: HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
				.value());
		}
		else if (response.getStatus() == HttpServletResponse.SC_NOT_IMPLEMENTED
				|| response.getStatus() == HttpServletResponse.SC_HTTP_VERSION_NOT_SUPPORTED) {
			// Tomcat's answer to an unknown transfer coding or HTTP version.
			response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
		}
		HttpStatus status = HttpStatus.resolve(response.getStatus());
		String body = "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"}".formatted(
				(status != null) ? status.getReasonPhrase() : "Refused", response.getStatus(),
				detail(response.getStatus()));
		ResponseGuard.setHeaders(response, request.isSecure());
		response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
		byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
		response.setContentLength(bytes.length);
		try {
			response.getOutputStream().write(bytes);
			response.finishResponse();
		}
		catch (IOException | IllegalStateException ex) {
			// The caller has gone.
		}
	}

	private static String detail(int status) {
		return switch (status) {
			case 400 -> "The request line, the path or the headers cannot be read.";
			case 414 -> "The path and the query are too long.";
			case 431 -> "There are too many headers, or they are too large.";
			case 503 -> "The service is stopping.";
			default -> "The server refuses the request.";
		};
	}

	/**
	 * Tomcat's parser reports this only as an exception: an IllegalStateException if
	 * there are too many headers, this message if they are too large.
	 */
	private static boolean isBeyondTheHeadLimits(Request request) {
		Object failure = request.getCoyoteRequest().getAttribute(RequestDispatcher.ERROR_EXCEPTION);
		return failure instanceof IllegalStateException
				|| (failure instanceof IllegalArgumentException invalid && TOO_LARGE.equals(invalid.getMessage()));
	}

	private static boolean isStopping(Request request) {
		return request.getConnector().getProtocolHandler() instanceof AbstractProtocol<?> protocol
				&& protocol.isPaused();
	}

}
