package io.agentassist.bridge.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.NoTypeConversionAvailableException;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpBinding;
import org.apache.camel.http.base.HttpHelper;
import org.apache.camel.support.MessageHelper;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.util.StringUtils;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.server.ResponseStatusException;

/**
 * Reads a request's body as the bytes received, which are what a signature covers, up to
 * a limit, and writes a route's body with its length.
 */
class BoundedBodyHttpBinding extends SpringBootPlatformHttpBinding {

	/** Detail for a body of which nothing more arrives. */
	static final String STALLED = "The body stopped arriving.";

	/** The content coding of a body that is not compressed. */
	private static final String IDENTITY = "identity";

	private static final int FIRST_BUFFER = 8192;

	private final int maxBodySize;

	private final Duration bodyTimeout;

	private final List<String> requestHeaders;

	private final List<String> queryParameters;

	BoundedBodyHttpBinding(HttpProperties properties) {
		this.maxBodySize = Math.toIntExact(properties.maxBodySize().toBytes());
		this.bodyTimeout = properties.bodyTimeout();
		this.requestHeaders = properties.requestHeaders();
		this.queryParameters = properties.queryParameters();
		setHeaderFilterStrategy(new ResponseHeaderFilter());
		// Form fields do not become headers either.
		setMapHttpMessageFormUrlEncodedBody(false);
	}

	/**
	 * Reads the body.
	 * @return the bytes; empty if there are none
	 * @throws ErrorResponseException 413 if there are more than the limit, whether or not
	 * the request declared its length; 415 if it is compressed, as a few bytes could
	 * become gigabytes; 408 if they do not arrive in time, and the connection is closed
	 */
	@Override
	public Object parseBody(HttpServletRequest request, Message message) throws IOException {
		if (request.getContentLengthLong() > this.maxBodySize) {
			throw tooLarge();
		}
		InputStream stream = request.getInputStream();
		long deadline = System.nanoTime() + this.bodyTimeout.toNanos();
		int limit = (request.getContentLengthLong() >= 0) ? request.getContentLength() : this.maxBodySize + 1;
		byte[] body = new byte[Math.min(limit, FIRST_BUFFER)];
		int size = 0;
		while (size < limit) {
			if (size == body.length) {
				body = Arrays.copyOf(body, Math.min(2 * size, limit));
			}
			int read = readSome(stream, body, size);
			if (read < 0) {
				break;
			}
			size += read;
			if (size < limit && System.nanoTime() - deadline > 0) {
				throw tooSlow("The body did not arrive within " + this.bodyTimeout.toSeconds() + " s.");
			}
		}
		if (size > this.maxBodySize) {
			throw tooLarge();
		}
		if (size > 0 && isEncoded(request)) {
			// RFC 9110, section 15.5.16.
			throw refusal(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be sent without a Content-Encoding.",
					HttpHeaders.ACCEPT_ENCODING, IDENTITY);
		}
		return (size == body.length) ? body : Arrays.copyOf(body, size);
	}

	private ResponseStatusException tooLarge() {
		return new ResponseStatusException(HttpStatus.PAYLOAD_TOO_LARGE,
				"The body is over the limit of " + this.maxBodySize + " bytes.");
	}

	private static ErrorResponseException tooSlow(String detail) {
		return refusal(HttpStatus.REQUEST_TIMEOUT, detail, HttpHeaders.CONNECTION, "close");
	}

	private static ErrorResponseException refusal(HttpStatus status, String detail, String header, String value) {
		ErrorResponseException refusal = new ErrorResponseException(status);
		refusal.setDetail(detail);
		refusal.getHeaders().set(header, value);
		return refusal;
	}

	private static boolean isEncoded(HttpServletRequest request) {
		return Collections.list(request.getHeaders(HttpHeaders.CONTENT_ENCODING))
			.stream()
			.anyMatch((encoding) -> !encoding.equalsIgnoreCase(IDENTITY));
	}

	private int readSome(InputStream stream, byte[] body, int offset) throws IOException {
		try {
			return stream.read(body, offset, body.length - offset);
		}
		catch (IOException ex) {
			// Tomcat wraps the exception for its own timeout,
			// server.tomcat.connection-timeout.
			if (NestedExceptionUtils.getMostSpecificCause(ex) instanceof SocketTimeoutException) {
				throw tooSlow(STALLED);
			}
			throw ex;
		}
	}

	/**
	 * Removes the type and encoding of the request's body, which do not apply to the
	 * answer.
	 */
	@Override
	public void readRequest(HttpServletRequest request, Message message) {
		super.readRequest(request, message);
		message.removeHeader(Exchange.CONTENT_TYPE);
		message.removeHeader(Exchange.CONTENT_ENCODING);
	}

	/**
	 * Passes on only the headers that routes may see: many Camel components are
	 * controlled by headers, not all of whose names begin with {@code Camel}.
	 */
	@Override
	protected void readHeaders(HttpServletRequest request, Message message) {
		Map<String, Object> headers = message.getHeaders();
		for (String name : this.requestHeaders) {
			Collections.list(request.getHeaders(name))
				.forEach((value) -> HttpHelper.appendHeader(headers, name, value));
		}
		if (request.getQueryString() != null) {
			for (String name : this.queryParameters) {
				Stream.ofNullable(request.getParameterValues(name))
					.flatMap(Arrays::stream)
					.forEach((value) -> HttpHelper.appendHeader(headers, name, value));
			}
		}
		String path = ((PlatformHttpEndpoint) message.getExchange().getFromEndpoint()).getPath();
		if (path.indexOf('{') >= 0) {
			HttpHelper.evalPlaceholders(headers, StringUtils.trimLeadingCharacter(request.getRequestURI(), '/'),
					StringUtils.trimLeadingCharacter(path, '/'));
		}
	}

	/**
	 * An answer without a type gets the contract's first one; Camel's OpenAPI router
	 * would set the list of all.
	 */
	@Override
	public void doWriteResponse(Message message, HttpServletResponse response, Exchange exchange) throws IOException {
		String type = MessageHelper.getContentType(message);
		if (type == null || type.contains(",")) {
			message.setHeader(Exchange.CONTENT_TYPE, "application/json");
		}
		super.doWriteResponse(message, response, exchange);
	}

	@Override
	protected void doWriteDirectResponse(Message message, HttpServletResponse response, Exchange exchange)
			throws IOException {
		Object content = message.getBody();
		// Camel would make one byte of a number.
		byte[] body = (content instanceof Number) ? content.toString().getBytes(StandardCharsets.UTF_8)
				: message.getBody(byte[].class);
		if (body == null) {
			throw new IllegalStateException(new NoTypeConversionAvailableException(content, byte[].class));
		}
		response.setContentLength(body.length);
		response.getOutputStream().write(body);
	}

}
