package io.agentassist.bridge.ranking;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.StrictBridgeTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that the other feedback model ranks by what the database keeps for it. */
@Tag("state")
class FadingFeedbackTest extends StrictBridgeTest {

	@Test
	void shouldRankByThePosteriorMean() {
		String suggestion = unique("sug-");
		String id = queue(unique("conv-"));
		callBack(completed(id, suggestion(suggestion, 0.5)));
		assertThat(post("/agentassist/feedback",
				"{\"request_id\":\"%s\",\"suggestion_id\":\"%s\",\"action\":\"accepted\"}".formatted(id, suggestion),
				"X-API-Key", API_KEY)
			.statusCode()).isEqualTo(202);
		String next = queue(unique("conv-"));

		JsonNode ranked = json(callBack(completed(next, suggestion(suggestion, 0.5)))).path("ranked_suggestions")
			.get(0);

		// (1 + 1) / (2 + 1), as good as undecayed.
		assertThat(ranked.path("feedback_signal").doubleValue()).isEqualTo(0.6667);
	}

}
