package io.agentassist.bridge.http;

import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServletRequest;

import org.apache.camel.Exchange;
import org.slf4j.MDC;

/**
 * The W3C trace context of a request: it comes with the headers {@code traceparent} and
 * {@code tracestate}, stays with the exchange, is in the log's lines and goes on with
 * what the exchange sends. The bridge records no spans of its own, so it passes the
 * context on as it is.
 *
 * @param traceId 32 hexadecimal digits
 * @param parent the whole {@code traceparent}
 * @param state {@code tracestate}; null where there is none
 */
public record TraceContext(String traceId, String parent, String state) {

	/** What agents for OpenTelemetry call it, too. */
	private static final String TRACE_ID = "trace_id";

	private static final String PARENT = "traceparent";

	private static final String STATE = "tracestate";

	/** Property of an exchange. */
	public static final String PROPERTY = "agentAssistTraceContext";

	private static final int MAX_STATE = 512;

	/** Version 00 of https://www.w3.org/TR/trace-context/: ids are not all zero. */
	private static final Pattern FORM = Pattern.compile("00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

	/**
	 * Takes the context of a request, if it has one, into an exchange and into the log of
	 * this thread.
	 * @param request has the headers
	 * @param exchange is to have the context
	 */
	static void enter(HttpServletRequest request, Exchange exchange) {
		String parent = request.getHeader(PARENT);
		Matcher matcher = (parent != null) ? FORM.matcher(parent) : null;
		// None, or not one: whoever is called begins a trace of its own.
		if (matcher != null && matcher.matches()) {
			String state = request.getHeader(STATE);
			TraceContext context = new TraceContext(matcher.group(1), parent,
					(state != null && state.length() <= MAX_STATE) ? state : null);
			exchange.setProperty(PROPERTY, context);
			MDC.put(TRACE_ID, context.traceId());
		}
	}

	/** Ends what {@link #enter} began in the log of this thread. */
	static void leave() {
		MDC.remove(TRACE_ID);
	}

	/**
	 * Passes the context of an exchange on, if it has one.
	 * @param exchange works for the request
	 * @param header takes each header's name and value
	 */
	public static void forward(Exchange exchange, BiConsumer<String, String> header) {
		if (exchange.getProperty(PROPERTY) instanceof TraceContext context) {
			header.accept(PARENT, context.parent());
			if (context.state() != null) {
				header.accept(STATE, context.state());
			}
		}
	}

}
