package io.agentassist.bridge.callback;

import java.net.http.HttpResponse;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that suggestions of an odd form are ranked and kept, not refused. */
class HostileRankingTest extends BridgeTest {

	@ParameterizedTest
	@CsvSource(delimiter = ';',
			value = { "\"0.9\";0.05", "null;0.05", "1e400;0.05", "-1e400;0.05", "\"NaN\";0.05", "true;0.05", "[];0.05",
					"{};0.05", "1e-400;0.05", "0.9;0.59", "2;1.25", "-1;-0.55",
					"0.12345678901234567890123456789;0.1241", "1E0;0.65", "1.0;0.65",
					"10000000000000000000000000000000000000000e-40;0.65" })
	void shouldScoreWhateverTheConfidence(String confidence, double score) {
		JsonNode ranked = rank("{\"id\":\"" + unique("sug-") + "\",\"confidence\":" + confidence + "}").get(0);

		assertThat(ranked.path("final_score").isNumber()).isTrue();
		assertThat(ranked.path("final_score").doubleValue()).isEqualTo(score);
		assertThat(ranked.path("skill_match").isBoolean()).isTrue();
		assertThat(ranked.path("feedback_signal").doubleValue()).isEqualTo(0.5);
	}

	@Test
	void shouldScoreMissingConfidenceAsNone() {
		assertThat(rank("{\"id\":\"" + unique("sug-") + "\"}").get(0).path("final_score").doubleValue())
			.isEqualTo(0.05);
	}

	@ParameterizedTest
	@ValueSource(strings = { "null", "[]", "\"billing\"", "7", "{}", "{\"tags\":null}", "{\"tags\":\"billing\"}",
			"{\"tags\":{\"0\":7}}", "{\"tags\":[null,7,{},[\"billing\"]]}", "{\"tags\":[\"Billing\",\" billing\"]}" })
	void shouldMatchNoSkillWhereThereAreNoTags(String metadata) {
		JsonNode ranked = rank("{\"id\":\"" + unique("sug-") + "\",\"confidence\":1,\"metadata\":" + metadata + "}")
			.get(0);

		assertThat(ranked.path("skill_match")).isEqualTo(JSON.getNodeFactory().booleanNode(false));
		assertThat(ranked.path("final_score").doubleValue()).isEqualTo(0.65);
		assertThat(ranked.path("metadata")).isEqualTo(json(metadata));
	}

	@Test
	void shouldMatchSkillBesideOddTags() {
		JsonNode ranked = rank(
				"{\"id\":\"" + unique("sug-") + "\",\"confidence\":1,\"metadata\":{\"tags\":[null,7,\"billing\"]}}")
			.get(0);

		assertThat(ranked.path("skill_match").asBoolean()).isTrue();
		assertThat(ranked.path("final_score").doubleValue()).isEqualTo(0.695);
	}

	@Test
	void shouldKeepTheOrderOfTiesAndDuplicateIds() {
		String id = unique("sug-");

		JsonNode ranked = rank("""
				{"id":"%1$s","title":"first","confidence":0.5},{"id":"%1$s","title":"second","confidence":0.5},
				{"title":"third","confidence":0.5},{"id":"%1$s","title":"best","confidence":0.6},
				{"title":"fourth","confidence":0.5}""".formatted(id));

		assertThat(ranked.findValuesAsText("title")).containsExactly("best", "first", "second", "third", "fourth");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"confidence\":0.5}", "{\"id\":null,\"confidence\":0.5}",
			"{\"id\":{\"a\":1},\"confidence\":0.5}", "{\"id\":\"\",\"confidence\":0.5}",
			"{\"id\":\"a\\u0000b\",\"confidence\":0.5}", "{}" })
	void shouldRankSuggestionWhateverItsId(String suggestion) {
		JsonNode ranked = rank(suggestion).get(0);

		assertThat(ranked.path("feedback_signal").doubleValue()).isEqualTo(0.5);
		assertThat(ranked.path("id")).isEqualTo(json(suggestion).path("id"));
	}

	@Test
	void shouldOverwriteScoresThatTheProviderClaims() {
		JsonNode ranked = rank("{\"id\":\"" + unique("sug-")
				+ "\",\"confidence\":0,\"final_score\":99,\"skill_match\":true,\"feedback_signal\":99}")
			.get(0);

		assertThat(ranked.path("final_score").doubleValue()).isEqualTo(0.05);
		assertThat(ranked.path("skill_match").asBoolean()).isFalse();
		assertThat(ranked.path("feedback_signal").doubleValue()).isEqualTo(0.5);
	}

	@Test
	void shouldRankManySuggestions() {
		StringBuilder suggestions = new StringBuilder();
		for (int i = 0; i < 1000; i++) {
			suggestions.append((i > 0) ? "," : "")
				.append("{\"id\":\"sug-")
				.append(i)
				.append("\",\"confidence\":")
				.append(i / 1000.0)
				.append('}');
		}

		JsonNode ranked = rank(suggestions.toString());

		assertThat(ranked).hasSize(1000);
		assertThat(ranked.get(0).path("id").asText()).isEqualTo("sug-999");
	}

	private JsonNode rank(String suggestions) {
		String id = queue(unique("conv-"));
		HttpResponse<String> answer = callBack(
				"{\"id\":\"" + id + "\",\"status\":\"completed\",\"suggestions\":[" + suggestions + "]}");
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		// What is kept is what was answered, and is valid JSON.
		assertThat(lookUp(id).path("ranked_suggestions")).isEqualTo(json(answer).path("ranked_suggestions"));
		assertThat(settledActions(id)).containsExactly("presented");
		return json(answer).path("ranked_suggestions");
	}

}
