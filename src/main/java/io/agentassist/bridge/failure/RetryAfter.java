package io.agentassist.bridge.failure;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** The header {@code Retry-After} (RFC 9110, 10.2.3). */
public final class RetryAfter {

	private RetryAfter() {
	}

	/**
	 * Parses the header's value: seconds or an HTTP date.
	 * @param value the value, may be null
	 * @param now the time that a date is compared with
	 * @return the wait, never negative; empty if there is no valid value
	 */
	public static Optional<Duration> parse(String value, Instant now) {
		String text = (value != null) ? value.trim() : "";
		if (text.matches("\\d{1,9}")) {
			return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
		}
		try {
			Duration wait = Duration.between(now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME));
			return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
		}
		catch (DateTimeParseException ex) {
			return Optional.empty();
		}
	}

	/**
	 * Writes the header's value.
	 * @param wait how long to wait before trying again
	 * @return whole seconds, at least 1; rounded up, since retrying earlier would be
	 * useless
	 */
	public static String of(Duration wait) {
		return Long.toString(Math.max(1, wait.plusNanos(999_999_999).toSeconds()));
	}

}
