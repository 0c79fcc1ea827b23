package io.agentassist.bridge.outbox;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

import io.agentassist.bridge.failure.RetryAfter;

import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.util.CaseInsensitiveMap;
import org.springframework.http.HttpHeaders;

/**
 * Why a delivery failed.
 *
 * @param reason readable text with status or exception, but without the destination's
 * path and query, which may hold a secret, and without its answer, which may hold
 * anything
 * @param retryAfter how long the destination asks not to be called; zero if it did not
 * say
 */
record DeliveryFailure(String reason, Duration retryAfter) {

	static DeliveryFailure of(Throwable failure, Instant now) {
		if (failure instanceof HttpOperationFailedException refusal) {
			Duration retryAfter = retryAfter(refusal.getResponseHeaders(), now);
			return new DeliveryFailure(
					"HTTP " + refusal.getStatusCode()
							+ (retryAfter.isZero() ? "" : ", Retry-After " + retryAfter.toSeconds() + " s"),
					retryAfter);
		}
		String message = (failure.getMessage() != null) ? failure.getMessage() : "";
		String reason = (failure.getClass().getSimpleName() + ": " + message).replaceAll("\\p{Cntrl}+", " ");
		return new DeliveryFailure(reason.substring(0, Math.min(DeadLetters.MAX_REASON, reason.length())),
				Duration.ZERO);
	}

	private static Duration retryAfter(Map<String, String> headers, Instant now) {
		// A site's own hop may have none.
		Object value = (headers != null) ? new CaseInsensitiveMap(headers).get(HttpHeaders.RETRY_AFTER) : null;
		return RetryAfter.parse((String) value, now).orElse(Duration.ZERO);
	}

}
