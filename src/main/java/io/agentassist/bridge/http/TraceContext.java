package io.agentassist.bridge.http;

import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServletRequest;

import org.apache.camel.Exchange;
import org.slf4j.MDC;

/**
 * The W3C trace context of a request: it arrives in the headers {@code traceparent} and
 * {@code tracestate}, stays with the exchange, appears in log lines and is sent on with
 * the exchange's own calls. The bridge records no spans, so it passes the context on
 * unchanged.
 *
 * @param traceId 32 hexadecimal digits
 * @param parent the whole {@code traceparent}
 * @param state {@code tracestate}; null if there is none
 */
public record TraceContext(String traceId, String parent, String state) {

	/** The name that OpenTelemetry agents use as well. */
	private static final String TRACE_ID = "trace_id";

	private static final String PARENT = "traceparent";

	private static final String STATE = "tracestate";

	/** Exchange property that holds the context. */
	public static final String PROPERTY = "agentAssistTraceContext";

	private static final int MAX_STATE = 512;

	/** Version 00 of https://www.w3.org/TR/trace-context/: ids are not all zero. */
	private static final Pattern FORM = Pattern.compile("00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

	/**
	 * Copies the context of a request, if it has one, into an exchange and into this
	 * thread's logging context.
	 * @param request the request with the headers
	 * @param exchange the exchange that gets the context
	 */
	static void enter(HttpServletRequest request, Exchange exchange) {
		String parent = request.getHeader(PARENT);
		Matcher matcher = (parent != null) ? FORM.matcher(parent) : null;
		// Without a valid context, a system called later starts its own trace.
		if (matcher != null && matcher.matches()) {
			String state = request.getHeader(STATE);
			TraceContext context = new TraceContext(matcher.group(1), parent,
					(state != null && state.length() <= MAX_STATE) ? state : null);
			exchange.setProperty(PROPERTY, context);
			MDC.put(TRACE_ID, context.traceId());
		}
	}

	/** Removes what {@link #enter} put into this thread's logging context. */
	static void leave() {
		MDC.remove(TRACE_ID);
	}

	/**
	 * Passes the context of an exchange on, if it has one.
	 * @param exchange the exchange that works for the request
	 * @param header receives each header's name and value
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
