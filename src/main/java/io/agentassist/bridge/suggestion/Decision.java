package io.agentassist.bridge.suggestion;

import java.time.Instant;

/**
 * The fact that a request was decided, without its outcome.
 *
 * @param requestId the request
 * @param conversationId its conversation
 * @param tenant tenant that may see it
 * @param at when it was decided, to the millisecond
 */
public record Decision(String requestId, String conversationId, String tenant, Instant at) {
}
