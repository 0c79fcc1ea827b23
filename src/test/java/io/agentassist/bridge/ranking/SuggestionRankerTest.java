package io.agentassist.bridge.ranking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that the ranking is the tutorial's to the last digit, on vectors computed with
 * its own code.
 */
class SuggestionRankerTest {

	private static final RankingProperties WEIGHTS = new RankingProperties(0.6, 0.3, 0.15, 0.1,
			FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(30), 0.0);

	private final SuggestionRanker ranker = new SuggestionRanker(WEIGHTS);

	static Stream<Arguments> vectors() throws IOException {
		ObjectMapper json = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
		JsonNode cases = json.readTree(Files.readAllBytes(Path.of("src/test/resources/ranking-vectors.json")))
			.path("cases");
		assertThat(cases).hasSize(60);
		return StreamSupport.stream(cases.spliterator(), false).map(Arguments::of);
	}

	@ParameterizedTest(name = "vector {index}")
	@MethodSource("vectors")
	void shouldRankAsTheVectorSays(JsonNode vector) {
		List<String> skills = new ArrayList<>();
		vector.path("agent_skills").forEach((skill) -> skills.add(skill.asText()));
		Map<String, FeedbackCounts> history = new HashMap<>();
		for (JsonNode feedback : vector.path("feedback_history")) {
			history.merge(feedback.path("suggestion_id").asText(),
					counts(feedback.path("action").asText().equals("accepted") ? 1 : 0, 1),
					(a, b) -> counts(a.accepted() + b.accepted(), a.total() + b.total()));
		}

		List<ObjectNode> ranked = this.ranker.rank(vector.path("suggestions"), skills,
				(id) -> FeedbackModel.ACCEPTANCE_RATIO.signal(history.getOrDefault(id, counts(0, 0)),
						Duration.ofDays(30), Instant.EPOCH));

		assertThat(ranked).hasSameSizeAs(vector.path("ranked"));
		for (int i = 0; i < ranked.size(); i++) {
			JsonNode expected = vector.path("ranked").get(i);
			ObjectNode actual = ranked.get(i);
			assertThat(actual.path("id")).as("order at %s", i).isEqualTo(expected.path("id"));
			assertThat(actual.fieldNames()).toIterable()
				.containsExactlyInAnyOrderElementsOf(() -> expected.fieldNames());
			for (String score : List.of("final_score", "feedback_signal")) {
				assertThat(actual.path(score).doubleValue()).as(score).isEqualTo(expected.path(score).doubleValue());
			}
			for (String field : List.of("skill_match", "title", "content", "metadata", "confidence")) {
				assertThat(actual.path(field)).as(field).isEqualTo(expected.path(field));
			}
		}
	}

	@Test
	void shouldLeaveTheInputAlone() {
		ObjectMapper json = new ObjectMapper();
		ObjectNode suggestion = json.createObjectNode().put("id", "a").put("confidence", 1);
		JsonNode before = suggestion.deepCopy();

		this.ranker.rank(List.of(suggestion), List.of(), (id) -> 1);

		assertThat(suggestion).isEqualTo(before);
	}

	@Test
	void shouldDropScoresBelowTheMinimum() {
		SuggestionRanker strict = new SuggestionRanker(
				new RankingProperties(1.0, 0.0, 0.0, 0.0, FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(1), 0.5));
		List<JsonNode> suggestions = new ArrayList<>();
		for (double confidence : new double[] { 0.4999, 0.5, 0.9 }) {
			suggestions.add(new ObjectMapper().createObjectNode()
				.put("id", Double.toString(confidence))
				.put("confidence", confidence));
		}

		assertThat(strict.rank(suggestions, List.of(), (id) -> 0.5)).extracting((item) -> item.get("id").asText())
			.containsExactly("0.9", "0.5");
		assertThat(this.ranker.rank(suggestions, List.of(), (id) -> 0)).hasSize(3);
	}

	@Test
	void shouldRoundHalfToEvenOnTheBinaryValue() {
		ObjectMapper json = new ObjectMapper();
		SuggestionRanker onlyConfidence = new SuggestionRanker(
				new RankingProperties(1.0, 0.0, 0.0, 0.0, FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(1), 0.0));

		// Python: round(0.00005, 4) == 0.0001, round(0.00015, 4) == 0.0001,
		// round(0.03125, 4) == 0.0312
		assertThat(Stream.of(0.00005, 0.00015, 0.03125, 0.09375)
			.map((confidence) -> onlyConfidence
				.rank(List.of(json.createObjectNode().put("confidence", confidence)), List.of(), (id) -> 0)
				.get(0)
				.path("final_score")
				.doubleValue()))
			.containsExactly(0.0001, 0.0001, 0.0312, 0.0938);
	}

	/** The callback was answered 500. */
	@Test
	void shouldScoreWhatIsBeyondAllNumbersAsNone() {
		SuggestionRanker doubling = new SuggestionRanker(
				new RankingProperties(2.0, 0.0, 0.0, 0.0, FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(1), 0.0));

		assertThat(doubling.rank(List.of(new ObjectMapper().createObjectNode().put("confidence", 1e308)), List.of(),
				(id) -> 0))
			.first()
			.extracting((item) -> item.get("final_score").doubleValue())
			.isEqualTo(0.0);
	}

	@Test
	void shouldTakeZeroBelowAndAboveForATie() {
		ObjectMapper json = new ObjectMapper();
		List<JsonNode> suggestions = List.of(json.createObjectNode().put("id", "a").put("confidence", -0.00001),
				json.createObjectNode().put("id", "b").put("confidence", 0));

		assertThat(this.ranker.rank(suggestions, List.of(), (id) -> 0))
			.extracting((ranked) -> ranked.path("id").asText())
			.containsExactly("a", "b");
	}

	@Test
	void shouldUseTheConfiguredWeights() {
		SuggestionRanker other = new SuggestionRanker(
				new RankingProperties(0.5, 2.0, 0.25, 0.125, FeedbackModel.ACCEPTANCE_RATIO, Duration.ofDays(1), 0.0));
		ObjectNode suggestion = new ObjectMapper().createObjectNode().put("id", "a").put("confidence", 0.5);
		suggestion.putObject("metadata").putArray("tags").add("x");

		ObjectNode ranked = other.rank(List.of(suggestion), List.of("x"), (id) -> 1).get(0);

		assertThat(ranked.path("final_score").doubleValue()).isEqualTo(0.875);
	}

	private static FeedbackCounts counts(long accepted, long total) {
		return new FeedbackCounts(accepted, total, accepted, total, Instant.EPOCH);
	}

}
