package io.agentassist.bridge.suggestion;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.settings.LiveSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.web.util.UriUtils;

import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;

/** Shows the look-ups, at once and with a wait. */
@Tag("state")
class SuggestionLookupTest extends BridgeTest {

	private static final String LOOKUP = "/agentassist/suggestions/";

	@Autowired
	private LiveSettings<SuggestionsProperties> settings;

	@Test
	void shouldShowQueuedRequest() {
		Instant before = Instant.now().minusMillis(1);
		String conversation = unique("conv-");
		String id = queue(conversation);

		HttpResponse<String> answer = get(LOOKUP + id);

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		assertNoForeignHeaders(answer);
		JsonNode request = json(answer);
		assertThat(request.fieldNames()).toIterable()
			.containsExactly("request_id", "conversation_id", "agent_id", "status", "submitted_at", "completed_at",
					"response_time_ms", "ranked_suggestions");
		assertThat(request.path("request_id").asText()).isEqualTo(id);
		assertThat(request.path("conversation_id").asText()).isEqualTo(conversation);
		assertThat(request.path("agent_id").asText()).isEqualTo("agent-7");
		assertThat(request.path("status").asText()).isEqualTo("queued");
		assertThat(request.path("submitted_at").asText()).endsWith("Z");
		assertThat(Instant.parse(request.path("submitted_at").asText())).isBetween(before, Instant.now());
		assertThat(request.path("completed_at").isNull()).isTrue();
		assertThat(request.path("response_time_ms").isNull()).isTrue();
		assertThat(request.path("ranked_suggestions").isNull()).isTrue();
	}

	@Test
	void shouldShowCompletedRequest() {
		String id = queue(unique("conv-"));
		JsonNode answer = json(callBack(completed(id, suggestion(unique("sug-"), 0.4))));

		JsonNode request = lookUp(id);

		assertThat(request.path("status").asText()).isEqualTo("completed");
		assertThat(request.path("ranked_suggestions")).isEqualTo(answer.path("ranked_suggestions"));
		Instant submitted = Instant.parse(request.path("submitted_at").asText());
		Instant completed = Instant.parse(request.path("completed_at").asText());
		assertThat(request.path("response_time_ms").asLong())
			.isEqualTo(Duration.between(submitted, completed).toMillis())
			.isNotNegative();
	}

	@ParameterizedTest
	@ValueSource(strings = { "unknown", "unknown?wait=PT20S", "a%20b", "%F0%9F%98%80", "%27%20OR%201%3D1--" })
	void shouldAnswer404ForUnknownIdAtOnce(String id) {
		Duration took = timed(() -> {
			JsonNode problem = assertProblem(get(LOOKUP + id), 404);
			assertThat(problem.path("detail").asText()).isEqualTo("Unknown request ID");
		});

		assertThat(took).isLessThan(Duration.ofSeconds(10));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { " ", "ü", "?", "#", "&", "%", "%2F", "%41", "+", "😀", ":", "=", "\"", "<", "{x}", "$", "~" })
	void shouldFindByTheLocationOfTheAnswerWhateverTheProvidersId(String oddity) {
		String id = unique("sug" + oddity + "req-");
		this.provider.answers(answer(202, JSON.createObjectNode().put("id", id).put("status", "queued").toString()));
		HttpResponse<String> queued = ask(suggestionRequest(unique("conv-")));

		HttpResponse<String> found = get(queued.headers().firstValue("Location").orElseThrow());

		assertThat(found.statusCode()).as(found.body()).isEqualTo(200);
		assertThat(json(found).path("request_id").asText()).isEqualTo(id);
	}

	/**
	 * The answer was that the database is not available: callers tried again, for ever.
	 */
	@Test
	void shouldAnswer500WhereTheRowIsDamaged() {
		String id = queue(unique("conv-"));
		this.database.update("UPDATE suggestion_request SET agent_skills = 'oops' WHERE request_id = ?", id);

		assertProblem(get(LOOKUP + id), 500);

		this.database.update("UPDATE suggestion_request SET agent_skills = '[]' WHERE request_id = ?", id);
	}

	@Test
	void shouldAnswerWaitingCallerAsSoonAsTheCallbackCame() {
		String id = queue(unique("conv-"));
		CompletableFuture<HttpResponse<String>> waiting = sendAsync(request(LOOKUP + id + "?wait=PT20S").build());
		awaitWaitingCallers(1);

		callBack(completed(id, suggestion(unique("sug-"), 0.4)));
		Duration took = timed(waiting::join);

		assertThat(took).isLessThan(Duration.ofSeconds(10));
		assertThat(json(waiting.join()).path("status").asText()).isEqualTo("completed");
	}

	@Test
	void shouldAnswerWaitingCallerAsSoonAsTheRequestFailed() {
		String id = queue(unique("conv-"));
		CompletableFuture<HttpResponse<String>> waiting = sendAsync(request(LOOKUP + id + "?wait=PT20S").build());
		awaitWaitingCallers(1);

		callBack("{\"id\":\"" + id + "\",\"status\":\"failed\"}");
		Duration took = timed(waiting::join);

		assertThat(took).isLessThan(Duration.ofSeconds(10));
		assertThat(json(waiting.join()).path("status").asText()).isEqualTo("failed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PT10S", "PT1H", "P1000D", "PT99999999999999S" })
	void shouldCutWaitToTheMaximum(String wait) {
		String id = queue(unique("conv-"));
		SuggestionsProperties before = this.settings.get();
		this.settings.set(new SuggestionsProperties(before.maxConstructionLatency(), Duration.ofSeconds(1),
				before.slowAfter(), before.watchInterval()));
		try {
			Duration took = timed(() -> {
				HttpResponse<String> answer = get(LOOKUP + id + "?wait=" + wait);
				assertThat(answer.statusCode()).isEqualTo(200);
				assertThat(json(answer).path("status").asText()).isEqualTo("queued");
			});

			assertThat(took).isBetween(Duration.ofMillis(900), Duration.ofSeconds(9));
		}
		finally {
			this.settings.set(before);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "PT0S", "PT-5S", "PT0.05S" })
	void shouldNotWaitLongerThanTold(String wait) {
		String id = queue(unique("conv-"));

		assertThat(timed(() -> assertThat(get(LOOKUP + id + "?wait=" + wait).statusCode()).isEqualTo(200)))
			.isLessThan(Duration.ofSeconds(4));
	}

	@ParameterizedTest
	@ValueSource(strings = { "garbage", "", "10", "10s", "PT", "P1Y", "PT10S;DROP", "PT999999999999999999999999S" })
	void shouldAnswer400WhenWaitIsNoDuration(String wait) {
		String id = queue(unique("conv-"));

		assertFieldError(get(LOOKUP + id + "?wait=" + wait), "wait", "Must be an ISO-8601 duration such as PT10S.");
	}

	@Test
	void shouldServeOthersWhile50CallersWait() {
		String id = queue(unique("conv-"));
		List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
		for (int i = 0; i < 50; i++) {
			waiting.add(sendAsync(request(LOOKUP + id + "?wait=PT20S").build()));
		}
		awaitWaitingCallers(50);
		// Each of them held a thread: 1,200 stopped the bridge.
		eventually(() -> assertThat(busyThreads()).isLessThan(10));

		String other = queue(unique("conv-"));
		assertThat(callBack(completed(other, suggestion(unique("sug-"), 0.1))).statusCode()).isEqualTo(200);
		assertThat(lookUp(other).path("status").asText()).isEqualTo("completed");

		assertThat(waiting).noneMatch(CompletableFuture::isDone);
		callBack(completed(id, suggestion(unique("sug-"), 0.1)));
		assertThat(waiting)
			.allSatisfy((answer) -> assertThat(json(answer.join()).path("status").asText()).isEqualTo("completed"));
	}

	@Test
	void shouldListAConversationNewestFirst() {
		String conversation = unique("conv-");
		List<String> ids = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			String id = unique("sug-req-");
			this.provider.answers(StubbedProvider.queued(id));
			ask(suggestionRequest(conversation));
			ids.add(0, id);
			Instant now = Instant.now();
			org.awaitility.Awaitility.await().until(() -> Instant.now().isAfter(now.plusMillis(5)));
		}
		callBack(completed(ids.get(1), suggestion(unique("sug-"), 0.4)));

		HttpResponse<String> answer = get("/agentassist/conversations/" + conversation + "/suggestions");

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		JsonNode list = json(answer);
		assertThat(list.isArray()).isTrue();
		assertThat(list).hasSize(3);
		assertThat(list.findValuesAsText("request_id")).containsExactlyElementsOf(ids);
		assertThat(list.findValuesAsText("status")).containsExactly("queued", "completed", "queued");
		assertThat(list.get(1)).isEqualTo(lookUp(ids.get(1)));
	}

	@Test
	void shouldListAConversationWhateverItsId() {
		String conversation = unique("a b+ü%2F😀-");
		String id = unique("sug-req-");
		this.provider.answers(StubbedProvider.queued(id));
		ask(suggestionRequest(conversation));

		HttpResponse<String> answer = get("/agentassist/conversations/"
				+ UriUtils.encodePathSegment(conversation, StandardCharsets.UTF_8) + "/suggestions");

		assertThat(json(answer).findValuesAsText("request_id")).containsExactly(id);
	}

	@ParameterizedTest
	@ValueSource(strings = { "unknown", "a%20b" })
	void shouldListNothingForUnknownConversation(String conversation) {
		HttpResponse<String> answer = get("/agentassist/conversations/" + conversation + "/suggestions");

		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.body()).isEqualTo("[]");
	}

}
