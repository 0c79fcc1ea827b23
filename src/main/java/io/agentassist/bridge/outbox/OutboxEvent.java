package io.agentassist.bridge.outbox;

/**
 * An interaction event on its way to one destination.
 *
 * @param id the outbox row
 * @param destination where it goes
 * @param eventId the event's id
 * @param payload the event as JSON
 * @param attempts failed attempts so far
 * @param traceparent W3C trace context of the request that caused it; null if there was
 * none
 */
public record OutboxEvent(long id, String destination, String eventId, String payload, int attempts,
		String traceparent) {

	/** Omits the payload, because a failing step of a route quotes what it failed on. */
	@Override
	public String toString() {
		return "OutboxEvent[id=" + this.id + ", destination=" + this.destination + ", eventId=" + this.eventId + "]";
	}

}
