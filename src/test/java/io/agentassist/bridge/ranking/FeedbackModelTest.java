package io.agentassist.bridge.ranking;

import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/** Shows how feedback becomes a signal, in both models. */
class FeedbackModelTest {

	private static final Duration HALF_LIFE = Duration.ofDays(30);

	private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

	private static final FeedbackCounts NONE = new FeedbackCounts(0, 0, 0, 0, NOW);

	@ParameterizedTest
	@CsvSource({ "0,0,0.5", "0,3,0.0", "3,3,1.0", "1,4,0.25" })
	void shouldDivideAcceptedByAll(long accepted, long total, double signal) {
		assertThat(
				FeedbackModel.ACCEPTANCE_RATIO.signal(new FeedbackCounts(accepted, total, 0, 0, NOW), HALF_LIFE, NOW))
			.isEqualTo(signal);
	}

	@Test
	void shouldIgnoreAgeInTheRatio() {
		FeedbackCounts old = NONE.plus(true, NOW.minus(Duration.ofDays(3000)), HALF_LIFE).plus(false, NOW, HALF_LIFE);

		assertThat(FeedbackModel.ACCEPTANCE_RATIO.signal(old, HALF_LIFE, NOW)).isEqualTo(0.5);
	}

	@Test
	void shouldBeNeutralWithoutFeedback() {
		assertThat(FeedbackModel.DECAYED_POSTERIOR_MEAN.signal(NONE, HALF_LIFE, NOW)).isEqualTo(0.5);
	}

	@Test
	void shouldStartFromTheUniformPrior() {
		FeedbackCounts one = NONE.plus(true, NOW, HALF_LIFE);

		assertThat(FeedbackModel.DECAYED_POSTERIOR_MEAN.signal(one, HALF_LIFE, NOW)).isEqualTo(2.0 / 3);
	}

	@ParameterizedTest
	@CsvSource({ "0,0.6666666667", "30,0.6", "60,0.5555555556", "36500,0.5" })
	void shouldForgetHalfWithEachHalfLife(long days, double signal) {
		FeedbackCounts one = NONE.plus(true, NOW, HALF_LIFE);

		assertThat(FeedbackModel.DECAYED_POSTERIOR_MEAN.signal(one, HALF_LIFE, NOW.plus(Duration.ofDays(days))))
			.isCloseTo(signal, within(1e-9));
	}

	@Test
	void shouldCountNewFeedbackMoreThanOld() {
		Instant start = NOW.minus(HALF_LIFE);

		FeedbackCounts counts = new FeedbackCounts(0, 0, 0, 0, start).plus(true, start, HALF_LIFE)
			.plus(false, NOW, HALF_LIFE);

		// Half an accepted one of one and a half.
		assertThat(FeedbackModel.DECAYED_POSTERIOR_MEAN.signal(counts, HALF_LIFE, NOW)).isCloseTo(1.5 / 3.5,
				within(1e-9));
	}

	@Test
	void shouldTakeFeedbackOfAClockThatIsBehindAsNew() {
		FeedbackCounts counts = NONE.plus(true, NOW, HALF_LIFE).plus(true, NOW.minusSeconds(60), HALF_LIFE);

		assertThat(counts.decayedAt()).isEqualTo(NOW);
		assertThat(counts.decayedTotal()).isEqualTo(2);
	}

}
