package io.agentassist.bridge.suggestion;

import java.time.Instant;

/**
 * That a request was decided, without what was decided.
 *
 * @param requestId the request
 * @param conversationId its conversation
 * @param tenant who may see it
 * @param at when, to the millisecond
 */
public record Decision(String requestId, String conversationId, String tenant, Instant at) {
}
