package io.agentassist.bridge.http;

import java.util.HashMap;
import java.util.Map;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.stereotype.Component;

/**
 * Counts the answers to callers by outcome, in the meters {@code agentassist.requests}
 * and {@code agentassist.callbacks}. It counts where the answer is written, so that no
 * route, and no failure in one, is missed. Requests that are refused without looking at
 * their content are counted by {@link Rejections}. Thread safe.
 */
@Component
public class AnswerCounts {

	private final Map<String, Counter> requests;

	private final Map<String, Counter> callbacks;

	AnswerCounts(MeterRegistry meters) {
		this.requests = counters(meters, "agentassist.requests", "Answers to requests for suggestions", "queued",
				"completed", "invalid", "limited", "refused", "unavailable", "timeout", "error");
		this.callbacks = counters(meters, "agentassist.callbacks", "Answers to the provider's callbacks", "processed",
				"replayed", "acknowledged", "invalid", "unauthorized", "unknown", "unavailable", "error");
	}

	/**
	 * Registers all counters at the start: a rate needs the zero before the first count.
	 */
	private static Map<String, Counter> counters(MeterRegistry meters, String name, String description,
			String... outcomes) {
		Map<String, Counter> counters = new HashMap<>();
		for (String outcome : outcomes) {
			counters.put(outcome,
					Counter.builder(name).description(description).tag("outcome", outcome).register(meters));
		}
		return Map.copyOf(counters);
	}

	/**
	 * Counts an answer, if its operation is one of those counted.
	 * @param operation method and path
	 * @param response the answer
	 */
	public void count(String operation, HttpServletResponse response) {
		switch (operation) {
			case "POST /agentassist/suggestions" -> this.requests.get(requestOutcome(response)).increment();
			case "POST /agentassist/callback" -> this.callbacks.get(callbackOutcome(response)).increment();
			default -> {
			}
		}
	}

	private static String requestOutcome(HttpServletResponse response) {
		return switch (response.getStatus()) {
			case 200 -> "completed";
			case 202 -> "queued";
			case 429 -> "limited";
			case 500 -> "error";
			case 502 -> "refused";
			case 503 -> "unavailable";
			case 504 -> "timeout";
			default -> "invalid";
		};
	}

	private static String callbackOutcome(HttpServletResponse response) {
		return switch (response.getStatus()) {
			case 200 -> (response.getHeader("Idempotent-Replayed") != null) ? "replayed" : "processed";
			case 202 -> "acknowledged";
			case 401 -> "unauthorized";
			case 404 -> "unknown";
			case 500 -> "error";
			case 503 -> "unavailable";
			default -> "invalid";
		};
	}

}
