package io.agentassist.bridge.desktop;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.http.EventStream;
import io.agentassist.bridge.http.InvalidRequestException;
import io.agentassist.bridge.http.RetryLaterException;
import io.agentassist.bridge.http.Tenant;
import io.agentassist.bridge.suggestion.Decision;
import io.agentassist.bridge.suggestion.DeliveryTime;
import io.agentassist.bridge.suggestion.RequestStore;
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
import org.springframework.web.util.UriUtils;

/**
 * Streams of decided requests to agents' desktops (Server-Sent Events). One query at
 * short intervals serves all streams, whichever replica took the callback. Thread safe.
 */
@Component
public class SuggestionStreams {

	private static final Logger log = LoggerFactory.getLogger(SuggestionStreams.class);

	/**
	 * How long after its time a decision may become visible: the commit, which takes no
	 * longer than the waits for the database, and what the replicas' clocks differ by.
	 */
	private static final Duration COMMIT_DELAY = Duration.ofSeconds(30);

	/** One looks, the others write. */
	private static final int THREADS = 8;

	private final RequestStore requests;

	private final StreamProperties settings;

	private final ObjectMapper json;

	private final Clock clock;

	private final DeliveryTime deliveryTime;

	private final Set<SuggestionStream> streams = ConcurrentHashMap.newKeySet();

	private final ScheduledExecutorService threads;

	private volatile boolean stopping;

	/** Of the last look that succeeded. */
	private Instant lookedAt;

	SuggestionStreams(RequestStore requests, StreamProperties settings, ObjectMapper json, Clock clock,
			DeliveryTime deliveryTime, MeterRegistry meters) {
		this.requests = requests;
		this.settings = settings;
		this.json = json;
		this.clock = clock;
		this.deliveryTime = deliveryTime;
		this.lookedAt = clock.instant();
		Gauge.builder("agentassist.streams", this.streams, Set::size)
			.description("Event streams that desktops have open")
			.register(meters);
		this.threads = Executors.newScheduledThreadPool(THREADS, new CustomizableThreadFactory("suggestion-stream-"));
		long interval = settings.watchInterval().toMillis();
		ScheduledFuture<?> unused = this.threads.scheduleWithFixedDelay(this::look, interval, interval,
				TimeUnit.MILLISECONDS);
	}

	/**
	 * Opens a stream: first the newest decided requests of the conversation that the
	 * caller has not got, then each one as it is decided.
	 * @param conversationId the conversation, URL-encoded; it need not exist yet
	 * @param lastEventId the id of the last event that the caller got, null for none
	 * @param tenant who asks, null for {@link Tenant#NONE}
	 * @return the stream
	 * @throws InvalidRequestException when the id is none of a stream
	 * @throws RetryLaterException when there are too many streams
	 */
	public EventStream open(@Header("conversation_id") String conversationId,
			@Header("Last-Event-ID") String lastEventId, @ExchangeProperty(Tenant.PROPERTY) String tenant) {
		if (this.streams.size() >= this.settings.maxStreams()) {
			throw new RetryLaterException("Too many streams are open.", Duration.ofSeconds(5));
		}
		StreamCursor cursor = StreamCursor.parse(lastEventId);
		SuggestionStream stream = new SuggestionStream(UriUtils.decode(conversationId, StandardCharsets.UTF_8),
				Tenant.of(tenant), this::write, this.threads);
		Instant horizon = horizon(this.clock.instant());
		Map<Boolean, List<TrackedRequest>> decided = this.requests
			.findByConversation(stream.conversationId(), Tenant.of(tenant))
			.stream()
			.filter(TrackedRequest::isDecided)
			.sorted(Comparator.comparing(TrackedRequest::completedAt))
			.collect(Collectors.partitioningBy(cursor::covers));
		stream.skip(decided.get(true));
		stream.send(decided.get(false), horizon);
		return (response) -> {
			this.streams.add(stream);
			if (this.stopping) {
				stream.end();
			}
			return stream.open(response).whenComplete((nothing, failure) -> this.streams.remove(stream));
		};
	}

	/** The service is about to stop: a stream would hold up the end. */
	@EventListener(ContextClosedEvent.class)
	void release() {
		this.stopping = true;
		this.streams.forEach(SuggestionStream::end);
	}

	@PreDestroy
	void stop() {
		this.threads.shutdownNow();
	}

	private synchronized void look() {
		// Whatever it is: an exception would end the schedule.
		try {
			List<SuggestionStream> round = List.copyOf(this.streams);
			Instant now = this.clock.instant();
			if (!round.isEmpty()) {
				send(round, horizon(this.lookedAt), horizon(now));
			}
			this.lookedAt = now;
		}
		catch (RuntimeException ex) {
			log.warn("Event streams could not be served: {}", ex.getMessage());
		}
		for (SuggestionStream stream : this.streams) {
			if (stream.isOlderThan(this.settings.maxDuration())) {
				stream.end();
			}
			stream.keepAlive(this.settings.keepAliveInterval());
		}
	}

	private void send(List<SuggestionStream> round, Instant since, Instant horizon) {
		Map<String, List<Decision>> lately = this.requests
			.findDecisions(round.stream().map(SuggestionStream::conversationId).collect(Collectors.toSet()), since)
			.stream()
			.collect(Collectors.groupingBy(Decision::conversationId));
		Map<SuggestionStream, List<String>> news = round.stream()
			.collect(Collectors.toMap((stream) -> stream,
					(stream) -> lately.getOrDefault(stream.conversationId(), List.of())
						.stream()
						.filter(stream::awaits)
						.map(Decision::requestId)
						.toList()));
		Set<String> ids = news.values().stream().flatMap(List::stream).collect(Collectors.toSet());
		if (ids.isEmpty()) {
			return;
		}
		// Some may have been erased meanwhile.
		List<TrackedRequest> decided = this.requests.findAll(ids)
			.stream()
			.sorted(Comparator.comparing(TrackedRequest::completedAt))
			.toList();
		news.forEach((stream, wanted) -> stream
			.send(decided.stream().filter((request) -> wanted.contains(request.requestId())).toList(), horizon));
		decided.forEach(this.deliveryTime::record);
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
