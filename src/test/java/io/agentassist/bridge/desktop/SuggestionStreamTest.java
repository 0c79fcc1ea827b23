package io.agentassist.bridge.desktop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.desktop.EventStreamClient.Event;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.web.util.UriUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

/** Shows the event stream of a conversation. */
@ExtendWith(OutputCaptureExtension.class)
class SuggestionStreamTest extends BridgeTest {

	@Autowired
	private MeterRegistry meters;

	private final String conversation = unique("conv-");

	@Test
	@Tag("state")
	void shouldBeginWithWhatIsThereAndGoOnWithWhatComes() {
		String first = complete();
		String second = complete();
		String waiting = queueNext();
		try (EventStreamClient stream = open(this.conversation)) {
			assertThat(stream.answer().headers().firstValue("Content-Type").orElseThrow())
				.matches("text/event-stream(;charset=(?i)utf-8)?");
			assertThat(stream.answer().headers().firstValue("Cache-Control")).hasValue("no-store");
			assertNoForeignHeaders(stream.answer());
			assertThat(stream.awaitEvents(2)).extracting(Event::requestId).containsExactly(first, second);

			callBack(completed(waiting, suggestion(unique("sug-"), 0.5)));

			List<Event> events = stream.awaitEvents(3);
			assertThat(events).extracting(Event::requestId).containsExactly(first, second, waiting);
			assertThat(events).allSatisfy((event) -> {
				assertThat(event.type()).isEqualTo("suggestions");
				assertThat(event.data()).isEqualTo(lookUp(event.requestId()));
			});
		}
	}

	/**
	 * The header that a browser's EventSource sends, and that of a caller who minds not.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "text/event-stream", "*/*", "text/event-stream, application/problem+json" })
	void shouldOpenForWhoAcceptsEvents(String accept) {
		String id = complete();
		try (EventStreamClient stream = new EventStreamClient(
				request(path(this.conversation)).header("Accept", accept).build())) {
			assertThat(stream.awaitEvents(1)).extracting(Event::requestId).containsExactly(id);
		}
	}

	@Test
	void shouldRefuseWhoAcceptsNoEvents() {
		assertProblem(send(request(path(this.conversation)).header("Accept", "text/html").build()), 406);
	}

	@Test
	@Tag("state")
	void shouldSendEachDecisionOnceToEachStream() {
		try (EventStreamClient one = open(this.conversation); EventStreamClient other = open(this.conversation)) {
			List<String> ids = IntStream.range(0, 10).mapToObj((i) -> complete()).toList();

			assertThat(one.awaitEvents(10)).extracting(Event::requestId).containsExactlyElementsOf(ids);
			assertThat(other.awaitEvents(10)).extracting(Event::requestId).containsExactlyElementsOf(ids);
			assertThat(one.events()).extracting(Event::id).doesNotHaveDuplicates();
		}
	}

	@Test
	@Tag("state")
	void shouldReplayExactlyWhatWasMissed() {
		String first = complete();
		List<String> ids = new ArrayList<>(List.of(first));
		List<Event> events;
		try (EventStreamClient stream = open(this.conversation)) {
			stream.awaitEvents(1);
			IntStream.range(0, 3).forEach((i) -> ids.add(complete()));
			events = stream.awaitEvents(4);
		}
		for (int i = 0; i < events.size(); i++) {
			String marker = complete();
			ids.add(marker);
			try (EventStreamClient again = open(this.conversation, events.get(i).id())) {
				List<String> missed = ids.subList(i + 1, ids.size());
				assertThat(again.awaitEvents(missed.size())).extracting(Event::requestId)
					.containsExactlyElementsOf(missed);
				again.awaitComments(2);
				assertThat(again.events()).hasSameSizeAs(missed);
				// Each replayed event has an id that serves as well.
				for (int j = 0; j < missed.size() - 1; j++) {
					try (EventStreamClient third = open(this.conversation, again.events().get(j).id())) {
						assertThat(third.awaitEvents(missed.size() - 1 - j)).extracting(Event::requestId)
							.containsExactlyElementsOf(missed.subList(j + 1, missed.size()));
					}
				}
			}
		}
	}

	/** The id of the first event covered all of those with which the stream began. */
	@Test
	void shouldSendTheRestOfWhatItBeganWithAfterTheConnectionBroke() {
		List<String> ids = Stream.generate(this::complete).limit(4).toList();
		List<Event> events;
		try (EventStreamClient stream = open(this.conversation)) {
			events = stream.awaitEvents(4);
		}
		for (int i = 0; i < 3; i++) {
			try (EventStreamClient again = open(this.conversation, events.get(i).id())) {
				assertThat(again.awaitEvents(3 - i)).extracting(Event::requestId)
					.containsExactlyElementsOf(ids.subList(i + 1, 4));
			}
		}
	}

	/** Commits become visible in another order than that of the decisions' times. */
	@Test
	@Tag("state")
	void shouldNotMissADecisionThatBecomesVisibleAfterALaterOne() {
		String late = queueNext();
		Instant decidedAt = Instant.now();
		String first = complete();
		try (EventStreamClient stream = open(this.conversation)) {
			String cursor = stream.awaitEvents(1).get(0).id();

			this.database.update("""
					UPDATE suggestion_request SET status = 'completed', completed_at = ?, ranked_suggestions = '[]'
					WHERE request_id = ?""", decidedAt.minusSeconds(5).atOffset(ZoneOffset.UTC), late);

			assertThat(stream.awaitEvents(2)).extracting(Event::requestId).containsExactly(first, late);
			try (EventStreamClient again = open(this.conversation, cursor)) {
				assertThat(again.awaitEvents(1)).extracting(Event::requestId).containsExactly(late);
			}
			try (EventStreamClient again = open(this.conversation, stream.events().get(1).id())) {
				assertThat(again.awaitComments(2)).isNotEmpty();
				assertThat(again.events()).isEmpty();
			}
		}
	}

	@Test
	@Tag("state")
	void shouldReplayWhatIsOlderThanAnyCommitTakes() {
		List<String> ids = IntStream.range(0, 4).mapToObj((i) -> complete()).toList();
		List<Duration> ages = List.of(Duration.ofDays(2), Duration.ofMinutes(5), Duration.ofMinutes(5),
				Duration.ofMinutes(2));
		Instant now = Instant.now();
		for (int i = 0; i < ids.size(); i++) {
			this.database.update("UPDATE suggestion_request SET completed_at = ? WHERE request_id = ?",
					now.minus(ages.get(i)).atOffset(ZoneOffset.UTC), ids.get(i));
		}
		try (EventStreamClient stream = open(this.conversation)) {
			List<Event> events = stream.awaitEvents(4);
			assertThat(events).extracting(Event::requestId).containsExactlyInAnyOrderElementsOf(ids);
			String latest = complete();
			assertThat(stream.awaitEvents(5)).extracting(Event::requestId).endsWith(latest);
			for (int i = 0; i < events.size(); i++) {
				try (EventStreamClient again = open(this.conversation, events.get(i).id())) {
					List<String> missed = events.subList(i + 1, 4)
						.stream()
						.map(Event::requestId)
						.collect(Collectors.toList());
					missed.add(latest);
					again.awaitEvents(missed.size());
					again.awaitComments(2);
					assertThat(again.events()).extracting(Event::requestId).containsExactlyElementsOf(missed);
				}
			}
		}
	}

	@Test
	void shouldBeginWithTheNewestHundredButReplayAllThatWasMissed() {
		String first = complete();
		String cursor;
		try (EventStreamClient stream = open(this.conversation)) {
			cursor = stream.awaitEvents(1).get(0).id();
		}
		List<String> missed = IntStream.range(0, 120).mapToObj((i) -> complete()).toList();
		try (EventStreamClient stream = open(this.conversation)) {
			stream.awaitEvents(100);
			stream.awaitComments(2);
			assertThat(stream.events()).extracting(Event::requestId)
				.containsExactlyInAnyOrderElementsOf(missed.subList(20, 120))
				.doesNotContain(first);
		}
		List<String> replayed = new ArrayList<>();
		for (int streams = 0; streams < 2; streams++) {
			try (EventStreamClient stream = open(this.conversation, cursor)) {
				List<Event> events = stream.awaitEvents((streams == 0) ? 100 : 20);
				events.stream().map(Event::requestId).forEach(replayed::add);
				cursor = events.get(events.size() - 1).id();
				boolean first100 = streams == 0;
				eventually(() -> assertThat(stream.isOver()).isEqualTo(first100));
			}
		}
		assertThat(replayed).containsExactlyInAnyOrderElementsOf(missed);
	}

	/**
	 * The id grew with each decision of the last minute, until no header could hold it.
	 */
	@Test
	void shouldKeepTheIdShortEnoughForAHeader() {
		String last = complete();
		OffsetDateTime now = Instant.now().atOffset(ZoneOffset.UTC);
		this.database.batchUpdate("""
				INSERT INTO suggestion_request (request_id, conversation_id, agent_skills, status, submitted_at,
				  completed_at, ranked_suggestions)
				SELECT request_id || ?, conversation_id, agent_skills, status, submitted_at, ?, ranked_suggestions
				FROM suggestion_request WHERE request_id = ?""",
				IntStream.rangeClosed(1, 1000)
					.mapToObj((i) -> new Object[] { "-" + i, now.minus(i, ChronoUnit.MILLIS), last })
					.toList());
		String cursor;
		try (EventStreamClient stream = open(this.conversation)) {
			cursor = stream.awaitEvents(100).get(99).id();
		}

		Set<String> replayed = new HashSet<>();
		for (int streams = 1; streams <= 3; streams++) {
			try (EventStreamClient stream = open(this.conversation, cursor)) {
				List<Event> events = stream.awaitEvents(100);
				assertThat(events).allMatch((event) -> event.id().length() < 3_000);
				events.forEach((event) -> replayed.add(event.requestId()));
				assertThat(replayed).hasSize(100 * streams);
				cursor = events.get(99).id();
			}
		}
	}

	@Test
	@Tag("state")
	void shouldTellOfFailureAndOfExpiryAndOfSuggestionsThatComeLater() {
		String failed = queueNext();
		String expired = queueNext();
		try (EventStreamClient stream = open(this.conversation)) {
			assertThat(callBack("{\"id\":\"" + failed + "\",\"status\":\"failed\"}").statusCode()).isEqualTo(202);
			stream.awaitEvents(1);
			age(expired, Duration.ofHours(1));
			stream.awaitEvents(2);
			assertThat(callBack(completed(expired, suggestion(unique("sug-"), 0.5))).statusCode()).isEqualTo(200);
			stream.awaitEvents(3);
			assertThat(callBack(completed(failed, suggestion(unique("sug-"), 0.5))).statusCode()).isEqualTo(200);

			assertThat(stream.awaitEvents(4))
				.extracting(Event::requestId, (event) -> event.data().path("status").asText())
				.containsExactly(tuple(failed, "failed"), tuple(expired, "expired"), tuple(expired, "completed"),
						tuple(failed, "completed"));
		}
	}

	@Test
	void shouldShowOnlyTheConversation() {
		String other = unique("conv-");
		try (EventStreamClient stream = open(this.conversation); EventStreamClient control = open(other)) {
			String id = queue(other);
			callBack(completed(id));

			assertThat(control.awaitEvents(1)).extracting(Event::requestId).containsExactly(id);
			assertThat(stream.eventsAfterFurtherLooks()).isEmpty();
		}
	}

	@Test
	void shouldStayAlive() {
		try (EventStreamClient stream = open(this.conversation)) {
			// One each 200 ms, by the settings of these tests.
			assertThat(stream.awaitComments(3)).startsWith(": connected", ": keep-alive", ": keep-alive");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "x", "-1", "12-", "12-xyz", "1234567890123456", "12-0123456g", "1'--" })
	void shouldRefuseAnIdThatIsNoneOfAStream(String lastEventId) {
		HttpResponse<String> answer = send(
				request(path(this.conversation)).header("Last-Event-ID", lastEventId).build());

		assertFieldError(answer, "Last-Event-ID", "Is not the id of an event of this stream.");
	}

	@ParameterizedTest
	@Tag("state")
	@ValueSource(strings = { "a b", "\uD83D\uDE00", "' OR 1=1--", "{}", "${body}", "*" })
	void shouldOpenForAConversationOfAnyName(String name) {
		try (EventStreamClient stream = open(UriUtils.encode(name, StandardCharsets.UTF_8));
				EventStreamClient control = open(this.conversation)) {
			String id = complete();

			assertThat(control.awaitEvents(1)).extracting(Event::requestId).containsExactly(id);
			assertThat(stream.eventsAfterFurtherLooks()).isEmpty();
		}
	}

	@Test
	void shouldRefuseMoreStreamsThanItsMeasureAndForgetThoseThatHaveGone() {
		eventually(() -> assertThat(openStreams()).isZero());
		List<EventStreamClient> streams = IntStream.range(0, 20).mapToObj((i) -> open(this.conversation)).toList();
		try {
			HttpResponse<String> answer = get(path(this.conversation));
			assertProblem(answer, 503);
			assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
		}
		finally {
			streams.forEach(EventStreamClient::close);
		}
		eventually(() -> assertThat(openStreams()).isZero());
		open(this.conversation).close();
	}

	@Test
	void shouldNotBeHeldUpByCallersThatDoNotRead() throws IOException {
		eventually(() -> assertThat(openStreams()).isZero());
		ObjectNode large = suggestion(unique("sug-"), 0.5).put("content", "x".repeat(90_000));
		List<Socket> deaf = new ArrayList<>();
		try {
			for (int i = 0; i < 10; i++) {
				deaf.add(openAndNeverRead());
			}
			eventually(() -> assertThat(openStreams()).isEqualTo(10));
			try (EventStreamClient other = open(this.conversation)) {
				List<String> ids = IntStream.range(0, 60).mapToObj((i) -> {
					String id = queueNext();
					assertThat(callBack(completed(id, large.deepCopy().put("id", "sug-" + i))).statusCode())
						.isEqualTo(200);
					// A reader that is far behind is told to reconnect.
					other.awaitEvents(i - 5);
					return id;
				}).toList();

				assertThat(other.awaitEvents(60)).extracting(Event::requestId).containsExactlyElementsOf(ids);
				eventually(() -> assertThat(openStreams()).isOne());
			}
		}
		finally {
			for (Socket socket : deaf) {
				socket.close();
			}
		}
	}

	/** The first write failed before Spring had made the request asynchronous. */
	@Test
	void shouldNotMindCallersThatHaveGoneAtOnce(CapturedOutput log) throws IOException {
		for (int i = 0; i < 300; i++) {
			Socket socket = openAndNeverRead();
			socket.setSoLinger(true, 0);
			socket.close();
		}

		eventually(() -> assertThat(openStreams()).isZero());
		assertThat(log.getOut()).doesNotContain("Cannot start async");
	}

	private Socket openAndNeverRead() throws IOException {
		URI uri = uri(path(this.conversation));
		Socket socket = new Socket();
		socket.setReceiveBufferSize(4096);
		socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
		socket.getOutputStream()
			.write(("GET " + uri.getRawPath() + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
		return socket;
	}

	@ParameterizedTest
	@ValueSource(strings = { "HEAD", "POST", "PUT" })
	void shouldOpenByGetOnly(String method) {
		assertThat(send(request(path(this.conversation)).method(method, HttpRequest.BodyPublishers.noBody()).build())
			.statusCode()).isEqualTo(405);
	}

	private double openStreams() {
		return this.meters.get("agentassist.streams").gauge().value();
	}

	/** The provider of the tests gives each conversation one id. */
	private String queueNext() {
		this.provider.answers(StubbedProvider.queued(unique("sug-req-")));
		return queue(this.conversation);
	}

	private String complete() {
		String id = queueNext();
		assertThat(callBack(completed(id, suggestion(unique("sug-"), 0.5))).statusCode()).isEqualTo(200);
		return id;
	}

	private EventStreamClient open(String conversationId) {
		return new EventStreamClient(request(path(conversationId)).build());
	}

	private EventStreamClient open(String conversationId, String lastEventId) {
		return new EventStreamClient(request(path(conversationId)).header("Last-Event-ID", lastEventId).build());
	}

	private static String path(String conversationId) {
		return "/agentassist/conversations/" + conversationId + "/stream";
	}

}
