package io.agentassist.bridge.suggestion;

import java.util.List;

/**
 * Suggestions in their order.
 *
 * @param ids their ids, best first
 * @param json JSON array of them, best first
 */
public record RankedSuggestions(List<String> ids, String json) {

	/** Without the suggestions: a failing step of a route quotes what it failed on. */
	@Override
	public String toString() {
		return "RankedSuggestions" + this.ids;
	}

}
