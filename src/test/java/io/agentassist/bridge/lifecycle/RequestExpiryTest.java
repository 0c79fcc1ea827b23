package io.agentassist.bridge.lifecycle;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.BridgeTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what becomes of a request whose callback does not come, or comes late. */
@Tag("state")
class RequestExpiryTest extends BridgeTest {

	private static final Duration OVERDUE = Duration.ofHours(1);

	@Test
	void shouldRecordAnOverdueRequestAsExpiredOnce() {
		String id = expiredRequest();

		JsonNode request = lookUp(id);
		assertThat(request.path("completed_at").isTextual()).isTrue();
		assertThat(request.path("response_time_ms").asLong()).isGreaterThanOrEqualTo(OVERDUE.toMillis());
		assertThat(request.path("ranked_suggestions").isNull()).isTrue();
		assertThat(settledActions(id)).containsExactly("expired");
		JsonNode event = this.provider.analyticsEventsOf(id).get(0);
		assertThat(event.path("action").asText()).isEqualTo("expired");
		assertThat(event.path("suggestion_id").isNull()).isTrue();
		assertThat(event.path("agent_id").asText()).isEqualTo("agent-7");
	}

	@Test
	void shouldLeaveYoungAndDecidedRequestsAlone() {
		String young = queue(unique("conv-"));
		String decided = queue(unique("conv-"));
		callBack(completed(decided, suggestion(unique("sug-"), 0.5)));
		age(young, OVERDUE.minusMinutes(1));
		age(decided, OVERDUE);

		// One that is overdue tells when the others have been looked at.
		expiredRequest();

		assertThat(lookUp(young).path("status").asText()).isEqualTo("queued");
		assertThat(lookUp(decided).path("status").asText()).isEqualTo("completed");
		assertThat(settledActions(decided)).containsExactly("presented");
	}

	@Test
	void shouldWakeUpWhoWaits() {
		String id = queue(unique("conv-"));
		CompletableFuture<HttpResponse<String>> waiting = sendAsync(
				request("/agentassist/suggestions/" + id + "?wait=PT20S").build());

		age(id, OVERDUE);

		assertThat(json(waiting.join()).path("status").asText()).isEqualTo("expired");
	}

	@Test
	void shouldStillTakeLateSuggestions() {
		String id = expiredRequest();
		String suggestion = unique("sug-");

		HttpResponse<String> answer = callBack(completed(id, suggestion(suggestion, 0.5)));

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.headers().firstValue("Idempotent-Replayed")).isEmpty();
		assertThat(json(answer).path("ranked_suggestions")).hasSize(1);
		assertThat(lookUp(id).path("status").asText()).isEqualTo("completed");
		assertThat(giveFeedback(id, suggestion, "accepted", "agent-9").statusCode()).isEqualTo(202);
		assertThat(settledActions(id)).containsExactly("expired", "presented", "accepted");
	}

	@Test
	void shouldNotRecordALateFailureOnceMore() {
		String id = expiredRequest();

		assertThat(callBack("{\"id\":\"" + id + "\",\"status\":\"failed\"}").statusCode()).isEqualTo(202);

		assertThat(lookUp(id).path("status").asText()).isEqualTo("expired");
		assertThat(settledActions(id)).containsExactly("expired");
	}

	@Test
	void shouldLoseNothingWhenTheCallbackComesAtThatMoment() {
		List<String> ids = IntStream.range(0, 30).mapToObj((i) -> queue(unique("conv-"))).toList();
		List<CompletableFuture<HttpResponse<String>>> answers = ids.stream().map((id) -> {
			age(id, OVERDUE);
			return sendAsync(
					signed(completed(id, suggestion("sug-" + id, 0.5)).toString().getBytes(StandardCharsets.UTF_8)));
		}).toList();

		assertThat(answers).allSatisfy((answer) -> assertThat(answer.join().statusCode()).isEqualTo(200));
		for (String id : ids) {
			assertThat(lookUp(id).path("status").asText()).isEqualTo("completed");
			assertThat(settledActions(id)).containsOnlyOnce("presented")
				.isSubsetOf("expired", "presented")
				.doesNotHaveDuplicates();
		}
	}

	private String expiredRequest() {
		String id = queue(unique("conv-"));
		age(id, OVERDUE);
		eventually(() -> assertThat(lookUp(id).path("status").asText()).isEqualTo("expired"));
		return id;
	}

}
