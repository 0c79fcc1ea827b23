package io.agentassist.bridge.outbox;

import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * An event that was not delivered within its destination's time to live.
 *
 * @param id its number, used for paging and redriving
 * @param destination where it was to be delivered
 * @param eventId the event's id
 * @param attempts failed attempts
 * @param reason why the last one failed
 * @param createdAt when the event was stored for delivery
 * @param diedAt when delivery was given up
 * @param event the event itself, JSON
 */
@JsonNaming(SnakeCaseStrategy.class)
record DeadLetter(long id, String destination, String eventId, int attempts, String reason, Instant createdAt,
		Instant diedAt, @JsonRawValue String event) {
}
