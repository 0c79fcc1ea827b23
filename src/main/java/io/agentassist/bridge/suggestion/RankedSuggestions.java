package io.agentassist.bridge.suggestion;

import java.util.List;

/**
 * Suggestions in their order.
 *
 * @param ids their ids, best first
 * @param json JSON array of them, best first
 */
public record RankedSuggestions(List<String> ids, String json) {
}
