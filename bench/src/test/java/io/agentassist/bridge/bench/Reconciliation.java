package io.agentassist.bridge.bench;

import java.util.Map;
import java.util.Set;

/**
 * What was acknowledged against what was kept.
 *
 * @param acknowledged interactions that the bridge answered with a 2xx
 * @param auditLost of these, without an audit line
 * @param auditDoubled interactions with more than one audit line
 * @param eventsLost acknowledged interactions without an analytics event
 * @param eventsDoubled interactions with more than one analytics event
 * @param unreadable audit lines and analytics events that are no JSON
 */
record Reconciliation(int acknowledged, long auditLost, long auditDoubled, long eventsLost, long eventsDoubled,
		int unreadable) {

	static Reconciliation of(Set<Interaction> acknowledged, Map<Interaction, Integer> audit,
			Map<Interaction, Integer> events) {
		return new Reconciliation(acknowledged.size(), lost(acknowledged, audit), doubled(audit),
				lost(acknowledged, events), doubled(events), unreadable(audit) + unreadable(events));
	}

	boolean nothingLost() {
		return this.auditLost == 0 && this.eventsLost == 0;
	}

	boolean isClean() {
		return nothingLost() && this.auditDoubled == 0 && this.eventsDoubled == 0 && this.unreadable == 0;
	}

	private static long lost(Set<Interaction> acknowledged, Map<Interaction, Integer> kept) {
		return acknowledged.stream().filter((interaction) -> !kept.containsKey(interaction)).count();
	}

	private static long doubled(Map<Interaction, Integer> kept) {
		return kept.entrySet()
			.stream()
			.filter((entry) -> entry.getValue() > 1 && !entry.getKey().equals(Interaction.UNREADABLE))
			.count();
	}

	private static int unreadable(Map<Interaction, Integer> kept) {
		return kept.getOrDefault(Interaction.UNREADABLE, 0);
	}

	@Override
	public String toString() {
		return "%d interactions acknowledged; audit lost=%d doubled=%d; analytics lost=%d doubled=%d; unreadable=%d"
			.formatted(this.acknowledged, this.auditLost, this.auditDoubled, this.eventsLost, this.eventsDoubled,
					this.unreadable);
	}

}
