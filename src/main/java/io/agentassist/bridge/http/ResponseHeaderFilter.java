package io.agentassist.bridge.http;

import java.util.Locale;
import java.util.Set;

import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpHeaderFilterStrategy;

/**
 * Lets out only the headers that our answers may carry, so that no headers of the request
 * or of an upstream are returned to a caller.
 */
class ResponseHeaderFilter extends HttpHeaderFilterStrategy {

	// Content-Type and Content-Length are set by the binding itself.
	private static final Set<String> ALLOWED = Set.of("allow", "location", "retry-after", "idempotent-replayed",
			"www-authenticate");

	@Override
	public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
		return !ALLOWED.contains(name.toLowerCase(Locale.ROOT));
	}

}
