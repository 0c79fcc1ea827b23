package io.agentassist.bridge.ranking;

import java.time.Duration;
import java.time.Instant;

/**
 * Totals of what agents did with one suggestion.
 *
 * @param accepted number of times it was accepted
 * @param total number of all feedback
 * @param decayedAccepted like {@code accepted}, each weighted with its decay as of
 * {@code decayedAt}
 * @param decayedTotal like {@code total}, weighted in the same way
 * @param decayedAt when the decayed sums were computed
 */
record FeedbackCounts(long accepted, long total, double decayedAccepted, double decayedTotal, Instant decayedAt) {

	/**
	 * The fraction of a weight that is left after some time.
	 * @param from when the weight was 1
	 * @param to when it is evaluated; a time before {@code from} counts as {@code from}
	 * @param halfLife time in which the weight halves
	 * @return 0 to 1
	 */
	static double decay(Instant from, Instant to, Duration halfLife) {
		double elapsed = Math.max(0, Duration.between(from, to).toMillis());
		return Math.pow(0.5, elapsed / halfLife.toMillis());
	}

	FeedbackCounts plus(boolean isAccepted, Instant at, Duration halfLife) {
		double decay = decay(this.decayedAt, at, halfLife);
		int one = isAccepted ? 1 : 0;
		return new FeedbackCounts(this.accepted + one, this.total + 1, this.decayedAccepted * decay + one,
				this.decayedTotal * decay + 1, at.isAfter(this.decayedAt) ? at : this.decayedAt);
	}

}
