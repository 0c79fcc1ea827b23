package io.agentassist.bridge.ranking;

import java.time.Duration;
import java.time.Instant;

/** How feedback on a suggestion is turned into a signal between 0 and 1. */
public enum FeedbackModel {

	/** Accepted feedback divided by all feedback, as in the tutorial. */
	ACCEPTANCE_RATIO {
		@Override
		double signal(FeedbackCounts counts, Duration halfLife, Instant now) {
			return (counts.total() > 0) ? (double) counts.accepted() / counts.total() : NEUTRAL;
		}
	},

	/**
	 * Posterior mean of a Beta-Bernoulli model with the uniform prior Beta(1, 1), that is
	 * {@code (1 + a) / (2 + n)}, where each feedback's weight halves with every half-life
	 * (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4, with exponential
	 * forgetting).
	 */
	DECAYED_POSTERIOR_MEAN {
		@Override
		double signal(FeedbackCounts counts, Duration halfLife, Instant now) {
			double decay = FeedbackCounts.decay(counts.decayedAt(), now, halfLife);
			return (1 + counts.decayedAccepted() * decay) / (2 + counts.decayedTotal() * decay);
		}
	};

	/** Signal of a suggestion without feedback. */
	static final double NEUTRAL = 0.5;

	abstract double signal(FeedbackCounts counts, Duration halfLife, Instant now);

}
