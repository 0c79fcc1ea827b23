package io.agentassist.bridge.desktop;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;

import io.agentassist.bridge.http.InvalidRequestException;
import io.agentassist.bridge.suggestion.Decision;

/**
 * How far a stream has come in a conversation: the {@code id} of its events. Decisions
 * become visible in another order than that of their times, as each is committed a little
 * later, on any replica. So a point in time is not enough: the cursor names, besides a
 * horizon before which nothing new can appear, what was sent of the time after it.
 *
 * @param horizon all that was decided before was sent
 * @param sent marks of those decided since that were sent
 */
record StreamCursor(Instant horizon, Set<String> sent) {

	/** Before everything. */
	static final StreamCursor START = new StreamCursor(Instant.EPOCH, Set.of());

	private static final Pattern FORMAT = Pattern.compile("\\d{1,15}(-[0-9a-f]{8})*");

	/**
	 * Reads what a caller sends as {@code Last-Event-ID}.
	 * @param lastEventId the id of the last event that it got; null or empty for none
	 * @return the cursor
	 * @throws InvalidRequestException when it is no id of ours
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

	/** Whether a decision was sent already. */
	boolean covers(Decision decision) {
		return decision.at().isBefore(this.horizon) || this.sent.contains(mark(decision.requestId(), decision.at()));
	}

	/** Names a decision: a request that has expired may still be completed later. */
	static String mark(String requestId, Instant decidedAt) {
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
