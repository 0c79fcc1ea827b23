package io.agentassist.bridge.interaction;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;

import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Why a delivery failed.
 *
 * @param reason for people: status or exception, without the destination's address, which
 * may hold a secret, and without its answer, which may hold anything
 * @param retryAfter how long the destination wants to be left alone; zero where it did
 * not say
 */
record DeliveryFailure(String reason, Duration retryAfter) {

	private static final int MAX_LENGTH = 500;

	static DeliveryFailure of(Throwable failure, Instant now) {
		if (failure instanceof HttpOperationFailedException refusal) {
			return new DeliveryFailure("HTTP " + refusal.getStatusCode(),
					retryAfter(refusal.getResponseHeaders(), now));
		}
		String message = (failure.getMessage() != null) ? failure.getMessage() : "";
		String reason = (failure.getClass().getSimpleName() + ": " + message).replaceAll("\\p{Cntrl}+", " ");
		return new DeliveryFailure(reason.substring(0, Math.min(MAX_LENGTH, reason.length())), Duration.ZERO);
	}

	/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
	private static Duration retryAfter(Map<String, String> headers, Instant now) {
		String value = (headers != null) ? headers.entrySet()
			.stream()
			.filter((header) -> header.getKey().equalsIgnoreCase("Retry-After"))
			.map((header) -> header.getValue().trim())
			.findFirst()
			.orElse("") : "";
		try {
			Duration wait = value.matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(value))
					: value.isEmpty() ? Duration.ZERO
							: Duration.between(now, ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
			return wait.isNegative() ? Duration.ZERO : wait;
		}
		catch (DateTimeParseException ex) {
			return Duration.ZERO;
		}
	}

}
