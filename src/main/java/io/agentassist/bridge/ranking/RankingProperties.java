package io.agentassist.bridge.ranking;

import java.time.Duration;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.PositiveOrZero;

import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the ranking.
 *
 * @param confidenceWeight weight of the provider's confidence
 * @param skillWeight weight of the skill bonus
 * @param skillBonus bonus of a suggestion that matches a skill of the agent
 * @param feedbackWeight weight of the feedback signal
 * @param feedbackModel how agents' feedback is turned into a signal
 * @param halfLife time after which feedback counts half, in the decaying model
 * @param minimumScore suggestions with a lower final score are dropped; 0 drops none
 */
@ConfigurationProperties("agentassist.ranking")
public record RankingProperties(@NotNull @PositiveOrZero @DecimalMax(RankingProperties.MAX) Double confidenceWeight,
		@NotNull @PositiveOrZero @DecimalMax(RankingProperties.MAX) Double skillWeight,
		@NotNull @PositiveOrZero @DecimalMax(RankingProperties.MAX) Double skillBonus,
		@NotNull @PositiveOrZero @DecimalMax(RankingProperties.MAX) Double feedbackWeight,
		@NotNull FeedbackModel feedbackModel,
		@NotNull @DurationMin(minutes = 1) @DurationMax(days = 36_500) Duration halfLife,
		@PositiveOrZero @DecimalMax(RankingProperties.MAX) double minimumScore) {

	/** Far above any use; infinity would make every score unusable. */
	static final String MAX = "1000000";

}
