package io.agentassist.bridge.desktop;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;

import io.agentassist.bridge.failure.InvalidRequestException;
import io.agentassist.bridge.suggestion.Decision;
import io.agentassist.bridge.suggestion.TrackedRequest;

/**
 * How far a stream has got in a conversation: the {@code id} of its events. Decisions do
 * not become visible in the order of their times, since each is committed a little later,
 * on any instance. A point in time is therefore not enough: besides a horizon before
 * which nothing new can appear, the cursor names what was sent from the time after it.
 *
 * @param horizon time before which all decisions were sent
 * @param sent marks of the later decisions that were sent
 */
record StreamCursor(Instant horizon, Set<String> sent) {

	/** The cursor before any decision. */
	static final StreamCursor START = new StreamCursor(Instant.EPOCH, Set.of());

	private static final Pattern FORMAT = Pattern.compile("\\d{1,15}(-[0-9a-f]{8})*");

	/**
	 * Parses the {@code Last-Event-ID} that a caller sends.
	 * @param lastEventId the id of the last event it got; null or empty for none
	 * @return the cursor
	 * @throws InvalidRequestException if it is not one of our ids
	 */
	static StreamCursor parse(String lastEventId) {
		if (lastEventId == null || lastEventId.isEmpty()) {
			return START;
		}
		if (!FORMAT.matcher(lastEventId).matches()) {
			throw new InvalidRequestException("Last-Event-ID", "Is not the id of an event of this stream.");
		}
		List<String> parts = List.of(lastEventId.split("-"));
		return new StreamCursor(Instant.ofEpochMilli(Long.parseLong(parts.get(0))),
				Set.copyOf(parts.subList(1, parts.size())));
	}

	/** Whether a decision has already been sent. */
	boolean covers(Decision decision) {
		return decision.at().isBefore(this.horizon) || this.sent.contains(mark(decision));
	}

	/**
	 * Identifies a decision; the id alone is not enough, since a request that failed or
	 * expired may still be completed later.
	 */
	static String mark(Decision decision) {
		return mark(decision.requestId(), decision.at());
	}

	static String mark(TrackedRequest request) {
		return mark(request.requestId(), request.completedAt());
	}

	private static String mark(String requestId, Instant decidedAt) {
		CRC32 checksum = new CRC32();
		checksum.update((requestId + '@' + decidedAt.toEpochMilli()).getBytes(StandardCharsets.UTF_8));
		return "%08x".formatted(checksum.getValue());
	}

	@Override
	public String toString() {
		return Stream.concat(Stream.of(Long.toString(this.horizon.toEpochMilli())), this.sent.stream().sorted())
			.collect(Collectors.joining("-"));
	}

}
