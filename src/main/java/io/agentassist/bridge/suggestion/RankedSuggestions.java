package io.agentassist.bridge.suggestion;

import java.util.List;

/**
 * Suggestions in ranked order.
 *
 * @param ids their ids, best first
 * @param json JSON array of the suggestions, best first
 */
public record RankedSuggestions(List<String> ids, String json) {

	/**
	 * Omits the suggestions, because a failing step of a route quotes what it failed on.
	 */
	@Override
	public String toString() {
		return "RankedSuggestions" + this.ids;
	}

}
