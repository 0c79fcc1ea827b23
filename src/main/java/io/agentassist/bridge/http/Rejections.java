package io.agentassist.bridge.http;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.ServletException;

import org.apache.catalina.AccessLog;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

import static java.util.Map.entry;

/**
 * Counts refused requests by reason, in the meter {@code agentassist.http.rejected}. An
 * access log, because only that also sees requests that Tomcat refuses before the
 * filters.
 */
class Rejections extends ValveBase implements AccessLog {

	private static final Map<Integer, String> REASONS = Map.ofEntries(entry(400, "invalid"),
			entry(401, "unauthenticated"), entry(403, "forbidden"), entry(404, "unknown"), entry(405, "method"),
			entry(406, "accept"), entry(408, "slow"), entry(413, "body"), entry(414, "path"), entry(415, "type"),
			entry(429, "rate"), entry(431, "headers"));

	/** The path or the headers could not be read. */
	private static final String MALFORMED = "malformed";

	private final Map<String, Counter> counters = new HashMap<>();

	Rejections(MeterRegistry meters) {
		super(true);
		REASONS.values().forEach((reason) -> register(meters, reason));
		register(meters, MALFORMED);
	}

	private void register(MeterRegistry meters, String reason) {
		this.counters.put(reason,
				Counter.builder("agentassist.http.rejected")
					.description("Requests that were refused")
					.tag("reason", reason)
					.register(meters));
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		getNext().invoke(request, response);
	}

	@Override
	public void log(Request request, Response response, long time) {
		int status = response.getStatus();
		if (status < 400) {
			return;
		}
		String reason = (status == 400 && request.getWrapper() == null) ? MALFORMED : REASONS.get(status);
		if (reason != null) {
			this.counters.get(reason).increment();
		}
	}

	@Override
	public void setRequestAttributesEnabled(boolean enabled) {
		// Only the request itself is looked at.
	}

	@Override
	public boolean getRequestAttributesEnabled() {
		return false;
	}

}
