package io.agentassist.bridge.ranking;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Orders suggestions by relevance. A pure function of its input; thread safe. The default
 * weights and the arithmetic match the tutorial's {@code rank_suggestions} to the last
 * digit, so a confidence outside 0 to 1 is not clipped.
 */
public final class SuggestionRanker {

	static final String FINAL_SCORE = "final_score";

	private static final int PLACES = 4;

	private static final double SCALE = 1e4;

	/**
	 * Below this, the rounding error of multiplying by the scale is far less than
	 * {@code NEAR_TIE}.
	 */
	private static final double EXACT_LIMIT = 1e8;

	private static final double NEAR_TIE = 1e-6;

	private final RankingProperties weights;

	/**
	 * Creates a ranker.
	 * @param weights the weights of the score
	 */
	public SuggestionRanker(RankingProperties weights) {
		this.weights = weights;
	}

	/**
	 * Scores and sorts suggestions. Each suggestion keeps its fields and gains
	 * {@code final_score}, {@code skill_match} and {@code feedback_signal}.
	 * @param suggestions the provider's suggestions, JSON objects
	 * @param agentSkills the agent's skills
	 * @param feedbackSignal maps a suggestion's id, which may be null, to its signal, 0
	 * to 1
	 * @return new objects, highest score first; equal scores keep their order; those
	 * below the minimum score are left out
	 */
	public List<ObjectNode> rank(Iterable<JsonNode> suggestions, Collection<String> agentSkills,
			ToDoubleFunction<String> feedbackSignal) {
		List<ObjectNode> ranked = new ArrayList<>();
		for (JsonNode suggestion : suggestions) {
			ObjectNode scored = score((ObjectNode) suggestion, agentSkills, feedbackSignal);
			if (this.weights.minimumScore() == 0
					|| scored.get(FINAL_SCORE).doubleValue() >= this.weights.minimumScore()) {
				ranked.add(scored);
			}
		}
		// Adding zero makes 0.0 of -0.0: they are a tie.
		ranked.sort(
				Comparator.comparingDouble((ObjectNode item) -> item.get(FINAL_SCORE).doubleValue() + 0.0).reversed());
		return ranked;
	}

	private ObjectNode score(ObjectNode suggestion, Collection<String> agentSkills,
			ToDoubleFunction<String> feedbackSignal) {
		boolean skillMatch = matches(suggestion, agentSkills);
		double feedback = feedbackSignal.applyAsDouble(id(suggestion));
		double bonus = skillMatch ? this.weights.skillBonus() : 0;
		double score = confidence(suggestion) * this.weights.confidenceWeight() + bonus * this.weights.skillWeight()
				+ feedback * this.weights.feedbackWeight();
		ObjectNode scored = suggestion.objectNode();
		scored.setAll(suggestion);
		scored.put(FINAL_SCORE, round(score));
		scored.put("skill_match", skillMatch);
		scored.put("feedback_signal", round(feedback));
		return scored;
	}

	/**
	 * The id of a suggestion, to which feedback refers.
	 * @param suggestion the suggestion
	 * @return its id; null if it has none, or an object or list in its place
	 */
	public static String id(JsonNode suggestion) {
		JsonNode id = suggestion.path("id");
		return id.isContainerNode() ? null : id.asText(null);
	}

	/** A confidence that is not a finite number counts as 0. */
	private static double confidence(ObjectNode suggestion) {
		JsonNode confidence = suggestion.path("confidence");
		double value = confidence.isNumber() ? confidence.doubleValue() : 0;
		return (Double.isFinite(value)) ? value : 0;
	}

	private static boolean matches(ObjectNode suggestion, Collection<String> agentSkills) {
		for (JsonNode tag : suggestion.path("metadata").path("tags")) {
			if (tag.isTextual() && agentSkills.contains(tag.textValue())) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Rounds to 4 places, half to even on the exact binary value, like Python's
	 * {@code round}. Exact arithmetic is slow and only needed near a tie; the division by
	 * a power of ten is rounded correctly in any case.
	 */
	private static double round(double value) {
		if (!Double.isFinite(value)) {
			// A weight of the site's has taken a huge number beyond all limits.
			return 0;
		}
		double scaled = value * SCALE;
		double nearest = Math.rint(scaled);
		if (Math.abs(scaled) < EXACT_LIMIT && Math.abs(Math.abs(scaled - nearest) - 0.5) > NEAR_TIE) {
			return nearest / SCALE;
		}
		return new BigDecimal(value).setScale(PLACES, RoundingMode.HALF_EVEN).doubleValue();
	}

}
