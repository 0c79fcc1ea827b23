package io.agentassist.bridge.desktop;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.failure.InvalidRequestException;
import io.agentassist.bridge.failure.RepeatedWork;
import io.agentassist.bridge.failure.RetryLaterException;
import io.agentassist.bridge.http.AnswerMemory;
import io.agentassist.bridge.http.EventStream;
import io.agentassist.bridge.http.Tenant;
import io.agentassist.bridge.suggestion.Decision;
import io.agentassist.bridge.suggestion.DeliveryTime;
import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.SuggestionLookup;
import io.agentassist.bridge.suggestion.TrackedRequest;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;

import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

/**
 * Streams of decided requests to agents' desktops (Server-Sent Events). One query at
 * short intervals serves all streams, whichever instance received the callback. Thread
 * safe.
 */
@Component
public class SuggestionStreams {

	private static final Logger log = LoggerFactory.getLogger(SuggestionStreams.class);

	/**
	 * How long after its time a decision may still become visible: the commit, whose
	 * waits for the database are limited to about 10 s, plus clock differences between
	 * instances.
	 */
	private static final Duration COMMIT_DELAY = Duration.ofMinutes(1);

	private static final Comparator<TrackedRequest> OLDEST_FIRST = Comparator.comparing(TrackedRequest::completedAt)
		.thenComparing(TrackedRequest::requestId);

	/** Writing threads: it takes this many slow callers to hold up the others. */
	private static final int WRITERS = 32;

	private final RequestStore requests;

	private final StreamProperties settings;

	private final ObjectMapper json;

	private final Clock clock;

	private final DeliveryTime deliveryTime;

	private final AnswerMemory memory;

	private final Set<SuggestionStream> streams = ConcurrentHashMap.newKeySet();

	private final ScheduledExecutorService watcher = Executors
		.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("stream-watcher-"));

	private final ExecutorService writers = Executors.newFixedThreadPool(WRITERS,
			new CustomizableThreadFactory("stream-writer-"));

	private final RepeatedWork sending = new RepeatedWork(log, "The query for event streams");

	private final RepeatedWork keepingAlive = new RepeatedWork(log, "Keeping event streams alive");

	private volatile boolean stopping;

	/** When the last successful look began; used only by the watcher's thread. */
	private Instant lookedAt;

	SuggestionStreams(RequestStore requests, StreamProperties settings, ObjectMapper json, Clock clock,
			DeliveryTime deliveryTime, MeterRegistry meters) {
		this.requests = requests;
		this.settings = settings;
		this.json = json;
		this.clock = clock;
		this.deliveryTime = deliveryTime;
		this.memory = new AnswerMemory("events", meters);
		this.lookedAt = clock.instant();
		Gauge.builder("agentassist.streams", this.streams, Set::size)
			.description("Event streams that desktops have open")
			.register(meters);
		long interval = settings.watchInterval().toMillis();
		ScheduledFuture<?> unused = this.watcher.scheduleWithFixedDelay(this::look, interval, interval,
				TimeUnit.MILLISECONDS);
	}

	/**
	 * Opens a stream. It starts with the decided ones among the conversation's newest
	 * {@value RequestStore#CONVERSATION_LIMIT} requests, or with everything decided since
	 * the caller's last event; then each request follows as it is decided.
	 * @param conversationId the conversation, URL-encoded; it need not exist yet
	 * @param lastEventId the id of the last event the caller got; null for none
	 * @param tenant the caller's tenant; null for {@link Tenant#NONE}
	 * @return the stream
	 * @throws InvalidRequestException if the id is not one of a stream
	 * @throws RetryLaterException if there are too many streams, or their callers have
	 * too many events to read
	 */
	public EventStream open(@Header("conversation_id") String conversationId,
			@Header("Last-Event-ID") String lastEventId, @ExchangeProperty(Tenant.PROPERTY) String tenant) {
		if (this.streams.size() >= this.settings.maxStreams()) {
			throw new RetryLaterException("Too many streams are open.", Duration.ofSeconds(5));
		}
		this.memory.requireRoom();
		StreamCursor cursor = StreamCursor.parse(lastEventId);
		SuggestionStream stream = new SuggestionStream(SuggestionLookup.decode(conversationId), Tenant.of(tenant),
				lifetime(), this::write, this.writers, this.memory);
		begin(stream, cursor);
		return (response) -> {
			this.streams.add(stream);
			if (this.stopping) {
				stream.end();
			}
			return stream.open(response).whenComplete((nothing, failure) -> this.streams.remove(stream));
		};
	}

	/**
	 * Queues a stream's first events. Anything decided after the horizon may or may not
	 * have been sent to the caller.
	 */
	private void begin(SuggestionStream stream, StreamCursor cursor) {
		Instant horizon = horizon(this.clock.instant());
		List<Decision> lately = this.requests.findDecisions(stream.conversationId(), stream.tenant(), horizon,
				Integer.MAX_VALUE);
		if (cursor.equals(StreamCursor.START)) {
			// Read after the decisions above: what is in neither is still to come.
			List<TrackedRequest> newest = this.requests.findByConversation(stream.conversationId(), stream.tenant())
				.stream()
				.filter(TrackedRequest::isDecided)
				.sorted(OLDEST_FIRST)
				.toList();
			Set<String> toSend = newest.stream().map(StreamCursor::mark).collect(Collectors.toSet());
			// Not those: an event's id must cover only what was sent up to it.
			stream.skip(lately.stream().filter((decision) -> !toSend.contains(StreamCursor.mark(decision))).toList());
			stream.send(newest, horizon);
			return;
		}
		stream.skip(lately.stream().filter(cursor::covers).toList());
		List<Decision> since = this.requests.findDecisions(stream.conversationId(), stream.tenant(), cursor.horizon(),
				RequestStore.CONVERSATION_LIMIT + 1 + cursor.sent().size());
		stream.skip(since.stream().filter(cursor::covers).toList());
		List<Decision> missed = since.stream().filter((decision) -> !cursor.covers(decision)).toList();
		if (missed.size() <= RequestStore.CONVERSATION_LIMIT) {
			stream.send(find(missed), horizon);
			return;
		}
		// The caller reconnects for the rest, so nothing is left out.
		stream.send(find(missed.subList(0, RequestStore.CONVERSATION_LIMIT)),
				missed.get(RequestStore.CONVERSATION_LIMIT).at());
		stream.close();
	}

	/**
	 * Random, so that streams opened at the same time, for example after a restart, do
	 * not all end together.
	 */
	private Duration lifetime() {
		long longest = this.settings.maxDuration().toMillis();
		return Duration.ofMillis(longest - ThreadLocalRandom.current().nextLong(longest / 5));
	}

	/** Ends all streams when the service is about to stop, since they would delay it. */
	@EventListener(ContextClosedEvent.class)
	void release() {
		this.stopping = true;
		this.streams.forEach(SuggestionStream::end);
	}

	@PreDestroy
	void stop() {
		this.watcher.shutdownNow();
		this.writers.shutdownNow();
	}

	private void look() {
		if (this.streams.isEmpty()) {
			this.lookedAt = this.clock.instant();
			this.sending.rest();
			return;
		}
		this.sending.attempt(this::sendNews);
		this.keepingAlive.attempt(this::keepAlive);
	}

	private void keepAlive() {
		for (SuggestionStream stream : this.streams) {
			if (stream.isTooOld()) {
				stream.end();
			}
			stream.keepAlive(this.settings.keepAliveInterval());
		}
	}

	private void sendNews() {
		List<SuggestionStream> round = List.copyOf(this.streams);
		Instant now = this.clock.instant();
		send(round, horizon(this.lookedAt), horizon(now));
		this.lookedAt = now;
	}

	private void send(List<SuggestionStream> round, Instant since, Instant horizon) {
		Map<String, List<Decision>> lately = this.requests
			.findDecisions(round.stream().map(SuggestionStream::conversationId).collect(Collectors.toSet()), since)
			.stream()
			.collect(Collectors.groupingBy(Decision::conversationId));
		Map<SuggestionStream, List<Decision>> news = round.stream()
			.collect(Collectors.toMap((stream) -> stream,
					(stream) -> lately.getOrDefault(stream.conversationId(), List.of())
						.stream()
						.filter(stream::awaits)
						.toList()));
		List<Decision> wanted = news.values().stream().flatMap(List::stream).toList();
		if (wanted.isEmpty()) {
			return;
		}
		List<TrackedRequest> decided = find(wanted);
		news.forEach((stream, own) -> {
			Set<String> ids = own.stream().map(Decision::requestId).collect(Collectors.toSet());
			stream.send(decided.stream().filter((request) -> ids.contains(request.requestId())).toList(), horizon);
		});
		decided.forEach(this.deliveryTime::record);
	}

	/** The requests that have not been erased in the meantime, oldest decision first. */
	private List<TrackedRequest> find(List<Decision> decisions) {
		return this.requests.findAll(decisions.stream().map(Decision::requestId).collect(Collectors.toSet()))
			.stream()
			.sorted(OLDEST_FIRST)
			.toList();
	}

	private static Instant horizon(Instant lookedAt) {
		return lookedAt.minus(COMMIT_DELAY).truncatedTo(ChronoUnit.MILLIS);
	}

	private String write(TrackedRequest request) {
		try {
			return this.json.writeValueAsString(request);
		}
		catch (JsonProcessingException ex) {
			throw new IllegalStateException("A request is always JSON", ex);
		}
	}

}
