package io.agentassist.bridge.ranking;

import java.time.Duration;
import java.time.Instant;

/**
 * What agents did with one suggestion, added up.
 *
 * @param accepted feedback with the action accepted
 * @param total all feedback
 * @param decayedAccepted as {@code accepted}, each with its decayed weight as of
 * {@code decayedAt}
 * @param decayedTotal as {@code total}, likewise
 * @param decayedAt when the decayed sums were taken
 */
public record FeedbackCounts(long accepted, long total, double decayedAccepted, double decayedTotal,
		Instant decayedAt) {

	/**
	 * How much of a weight is left after some time.
	 * @param from when the weight was 1
	 * @param to when it is looked at; before {@code from} counts as {@code from}
	 * @param halfLife time in which it halves
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
