package io.agentassist.bridge.desktop;

import java.io.UnsupportedEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.agentassist.bridge.http.AnswerMemory;
import io.agentassist.bridge.suggestion.Decision;
import io.agentassist.bridge.suggestion.RequestStatus;
import io.agentassist.bridge.suggestion.TrackedRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what one stream takes, and what it leaves to the next. */
class StreamBacklogTest {

	private static final Instant NOW = Instant.parse("2026-11-29T10:00:00Z");

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	@Test
	void shouldNotAwaitWhatWasDecidedBeforeItsHorizonNorWhatItHasNorWhatIsOfAnotherTenant() {
		SuggestionStream stream = stream();
		stream.send(List.of(request(0)), NOW.minusSeconds(60));

		assertThat(stream.awaits(decision("new", NOW, "t"))).isTrue();
		assertThat(stream.awaits(decision("new", NOW.minusSeconds(60), "t"))).isTrue();
		assertThat(stream.awaits(decision("new", NOW.minusSeconds(61), "t"))).isFalse();
		assertThat(stream.awaits(decision("request-0", request(0).completedAt(), "t"))).isFalse();
		assertThat(stream.awaits(decision("request-0", NOW.plusSeconds(1), "t"))).isTrue();
		assertThat(stream.awaits(decision("new", NOW, "u"))).isFalse();
	}

	/** 100 requests of 100,000 characters are more than may wait. */
	@Test
	void shouldEndWhereMoreWaitsThanItsMeasureWithACursorForTheRest() throws UnsupportedEncodingException {
		List<TrackedRequest> all = IntStream.range(0, 100).mapToObj(StreamBacklogTest::request).toList();
		List<Decision> left = all.stream()
			.map((request) -> decision(request.requestId(), request.completedAt(), "t"))
			.toList();
		int streams = 0;
		for (; !left.isEmpty(); streams++) {
			SuggestionStream stream = stream();
			int first = all.size() - left.size();
			stream.send(all.subList(first, all.size()), NOW.plusSeconds(3600));
			MockHttpServletResponse written = new MockHttpServletResponse();

			boolean ended = stream.open(written).toCompletableFuture().isDone();

			String text = written.getContentAsString();
			assertThat(text).hasSizeBetween(100_000, 1_200_000);
			StreamCursor cursor = StreamCursor
				.parse(text.substring(text.lastIndexOf("id: ") + 4).lines().findFirst().orElseThrow());
			List<Decision> before = left;
			left = before.stream().filter((decision) -> !cursor.covers(decision)).toList();
			assertThat(text.lines().filter("event: suggestions"::equals)).hasSize(before.size() - left.size());
			assertThat(ended).isEqualTo(!left.isEmpty());
		}
		assertThat(streams).isBetween(9, 11);
	}

	/** Fewer than a thousand slow streams used up the heap. */
	@Test
	void shouldEndWithLargeNewsWhileAllStreamsTogetherHaveTooMuchToBeRead() throws UnsupportedEncodingException {
		AnswerMemory memory = memory();
		memory.add(Runtime.getRuntime().maxMemory());
		AtomicInteger size = new AtomicInteger(1_000);
		List<Runnable> writers = new ArrayList<>();
		SuggestionStream stream = new SuggestionStream("c", "t", Duration.ofMinutes(1),
				(request) -> "x".repeat(size.get()), writers::add, memory);
		CompletableFuture<Void> over = stream.open(this.response).toCompletableFuture();
		stream.send(List.of(request(0)), NOW);
		writers.remove(0).run();
		assertThat(this.response.getContentAsString()).startsWith(": connected\n\nid: ").endsWith("x\n\n");
		assertThat(over).isNotDone();

		size.set(100_000);
		stream.send(List.of(request(1)), NOW);
		writers.remove(0).run();
		assertThat(over).isCompleted();
		assertThat(this.response.getContentAsString()).hasSizeLessThan(2_000);
	}

	@Test
	void shouldWriteNoMoreOnceItHasEnded() throws UnsupportedEncodingException {
		SuggestionStream stream = stream();
		stream.end();
		stream.send(List.of(request(0)), NOW);

		assertThat(stream.open(this.response).toCompletableFuture()).isCompleted();
		assertThat(this.response.getContentAsString()).isEmpty();
	}

	/** JSON of several lines, as a site may have it written, is one event. */
	@Test
	void shouldKeepAnEventTogether() throws UnsupportedEncodingException {
		SuggestionStream stream = new SuggestionStream("c", "t", Duration.ofMinutes(1), (request) -> "{\n}",
				Runnable::run, memory());
		stream.send(List.of(request(0)), NOW);
		stream.open(this.response);

		assertThat(this.response.getContentAsString()).endsWith("\nevent: suggestions\ndata: {\ndata: }\n\n");
	}

	private static SuggestionStream stream() {
		return new SuggestionStream("c", "t", Duration.ofMinutes(1), (request) -> "x".repeat(100_000), Runnable::run,
				memory());
	}

	private static AnswerMemory memory() {
		return new AnswerMemory("events", new SimpleMeterRegistry());
	}

	private static TrackedRequest request(int number) {
		return new TrackedRequest("request-" + number, "c", null, List.of(), RequestStatus.COMPLETED, NOW,
				NOW.plusMillis(number / 2), "[]", "t");
	}

	private static Decision decision(String requestId, Instant at, String tenant) {
		return new Decision(requestId, "c", tenant, at);
	}

}
