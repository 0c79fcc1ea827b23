package io.agentassist.bridge.ranking;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.ContractJson;
import io.agentassist.bridge.callback.CallbackParser;

/**
 * Fuzzed: the suggestions that are ranked, an array of JSON objects. Whatever they hold,
 * each comes back once with finite scores, the best first, and can be written as JSON.
 */
public final class RankingFuzz {

	private static final ObjectMapper WRITER = ContractJson.mapper();

	/**
	 * As the reader of kept suggestions, without the limits on what comes from outside:
	 * it came as characters and is read as bytes, of which there are more.
	 */
	private static final ObjectMapper READER = new ObjectMapper();

	private static final SuggestionRanker RANKER = new SuggestionRanker(
			new RankingProperties(0.6, 0.3, 0.15, 0.1, FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(30), 0.0));

	private static final CallbackParser CALLBACKS = ContractJson.callbackParser();

	private RankingFuzz() {
	}

	/**
	 * Loads all that it takes, before the clock of the first input runs.
	 * @throws IOException as an input
	 */
	public static void fuzzerInitialize() throws IOException {
		fuzzerTestOneInput(new byte[] { '[', '{', '}', ']' });
	}

	/**
	 * Takes one input.
	 * @param input a JSON array
	 * @throws IOException when the ranked suggestions are no JSON
	 */
	public static void fuzzerTestOneInput(byte[] input) throws IOException {
		JsonNode array;
		try {
			array = CALLBACKS.tree(input);
		}
		catch (IOException ex) {
			// Not for the ranking.
			return;
		}
		List<JsonNode> suggestions = new ArrayList<>();
		if (array != null && array.isArray()) {
			array.forEach(suggestions::add);
		}
		suggestions.removeIf((suggestion) -> !suggestion.isObject());
		List<ObjectNode> ranked = RANKER.rank(suggestions, List.of("billing"),
				(id) -> (id != null) ? (id.length() % 11) / 10.0 : 0.5);
		check(ranked.size() == suggestions.size(), "some are lost or doubled");
		double last = Double.POSITIVE_INFINITY;
		for (ObjectNode suggestion : ranked) {
			double score = suggestion.path("final_score").doubleValue();
			check(Double.isFinite(score) && score <= last, "score " + score + " after " + last);
			last = score;
		}
		check(READER.readTree(WRITER.writeValueAsBytes(ranked)).size() == ranked.size(), "not the same again");
	}

	private static void check(boolean holds, String what) {
		if (!holds) {
			throw new AssertionError(what);
		}
	}

}
