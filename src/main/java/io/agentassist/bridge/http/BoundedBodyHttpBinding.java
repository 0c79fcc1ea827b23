package io.agentassist.bridge.http;

import java.io.IOException;
import java.io.InputStream;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.Message;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpBinding;
import org.apache.camel.support.MessageHelper;
import org.springframework.util.unit.DataSize;

/**
 * Reads a request's body as the bytes that came (a signature covers exactly these), up to
 * a limit, and writes a route's body with its length.
 */
class BoundedBodyHttpBinding extends SpringBootPlatformHttpBinding {

	private final int maxBodySize;

	BoundedBodyHttpBinding(DataSize maxBodySize) {
		this.maxBodySize = Math.toIntExact(maxBodySize.toBytes());
		setHeaderFilterStrategy(new ResponseHeaderFilter());
	}

	/**
	 * Reads the body.
	 * @return the bytes, empty when there are none
	 * @throws PayloadTooLargeException when there are more than the limit, whether or not
	 * the request told its length
	 */
	@Override
	public Object parseBody(HttpServletRequest request, Message message) throws IOException {
		if (request.getContentLengthLong() > this.maxBodySize) {
			throw new PayloadTooLargeException(this.maxBodySize);
		}
		InputStream stream = request.getInputStream();
		byte[] body = stream.readNBytes(this.maxBodySize + 1);
		if (body.length > this.maxBodySize) {
			throw new PayloadTooLargeException(this.maxBodySize);
		}
		return body;
	}

	/** The type and the encoding of a request's body are not those of its answer. */
	@Override
	public void readRequest(HttpServletRequest request, Message message) {
		super.readRequest(request, message);
		message.removeHeader(Exchange.CONTENT_TYPE);
		message.removeHeader(Exchange.CONTENT_ENCODING);
		message.getExchange().removeProperty(ExchangePropertyKey.CHARSET_NAME);
	}

	/**
	 * The type of an answer without one is the contract's first; Camel's OpenAPI router
	 * sets the list of all.
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
		byte[] body = message.getBody(byte[].class);
		if (body == null) {
			throw new IOException("Body of type " + message.getBody().getClass().getName() + " cannot be written");
		}
		response.setContentLength(body.length);
		response.getOutputStream().write(body);
	}

}
