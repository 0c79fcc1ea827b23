package io.agentassist.bridge.suggestion;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.agentassist.bridge.failure.RepeatedWork;
import io.agentassist.bridge.failure.RetryLaterException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

/**
 * Waits for requests to appear or to be decided, without a thread for each wait: one
 * query at short intervals serves all of them, whichever instance made the change. Thread
 * safe.
 */
@Component
public class RequestWatcher {

	private static final Logger log = LoggerFactory.getLogger(RequestWatcher.class);

	/** Each watch holds a connection, which takes 0.1 MB. */
	private static final int MAX_WATCHES = 2_000;

	private static final int ANSWERERS = 8;

	private final RequestStore requests;

	private final ScheduledExecutorService watcher = Executors
		.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("request-watcher-"));

	/** Threads that continue the routes that waited; they end after the web server. */
	private final ExecutorService answerers = Executors.newFixedThreadPool(ANSWERERS,
			new CustomizableThreadFactory("request-answerer-"));

	private final RepeatedWork looking = new RepeatedWork(log, "The query for waiting callers");

	private volatile boolean stopping;

	private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

	RequestWatcher(RequestStore requests, SuggestionsProperties properties, MeterRegistry meters) {
		this.requests = requests;
		Gauge.builder("agentassist.waiting.callers", this.watches, Set::size)
			.description("Look-ups and callbacks that wait for a request; beyond " + MAX_WATCHES + ": 503")
			.register(meters);
		long interval = properties.watchInterval().toMillis();
		ScheduledFuture<?> unused = this.watcher.scheduleWithFixedDelay(this::look, interval, interval,
				TimeUnit.MILLISECONDS);
	}

	/**
	 * Waits until a request exists.
	 * @param requestId its id
	 * @param atMost maximum wait
	 * @return the request, or empty after that time
	 */
	public CompletionStage<Optional<TrackedRequest>> awaitExistence(String requestId, Duration atMost) {
		Optional<TrackedRequest> found = this.requests.find(requestId);
		return found.isPresent() ? CompletableFuture.completedFuture(found) : await(found, requestId, false, atMost);
	}

	/**
	 * Waits until a request is no longer queued.
	 * @param requestId its id
	 * @param tenant the caller's tenant; another tenant's request counts as unknown and
	 * is not waited for
	 * @param atMost maximum wait; zero to look once
	 * @return the request as it is then, decided or not; empty if unknown
	 */
	public CompletionStage<Optional<TrackedRequest>> awaitDecision(String requestId, String tenant, Duration atMost) {
		Optional<TrackedRequest> found = this.requests.find(requestId)
			.filter((request) -> request.tenant().equals(tenant));
		return (found.isEmpty() || found.get().isDecided()) ? CompletableFuture.completedFuture(found)
				: await(found, requestId, true, atMost);
	}

	private CompletionStage<Optional<TrackedRequest>> await(Optional<TrackedRequest> found, String requestId,
			boolean decided, Duration atMost) {
		if ((this.stopping && decided) || atMost.isZero() || atMost.isNegative()) {
			return CompletableFuture.completedFuture(found);
		}
		if (this.watches.size() >= MAX_WATCHES) {
			throw new RetryLaterException("Too many callers are waiting.", Duration.ofSeconds(1));
		}
		Watch watch = new Watch(requestId, decided, System.nanoTime() + atMost.toNanos(),
				Objects.requireNonNullElse(MDC.getCopyOfContextMap(), Map.of()), new CompletableFuture<>());
		this.watches.add(watch);
		return watch.answer;
	}

	/**
	 * Ends the waits of look-ups when the service is about to stop: callers get what is
	 * known now, so that none of them delays the stop or is cut off by it. A callback
	 * that overtook its trigger goes on waiting, which is short: told that its request is
	 * unknown, the provider would not repeat it.
	 */
	@EventListener(ContextClosedEvent.class)
	void release() {
		this.stopping = true;
		look();
	}

	@PreDestroy
	void stop() {
		this.watcher.shutdownNow();
		this.answerers.shutdownNow();
	}

	private synchronized void look() {
		if (this.watches.isEmpty()) {
			this.looking.rest();
		}
		else {
			this.looking.attempt(this::serve);
		}
	}

	private void serve() {
		List<Watch> round = List.copyOf(this.watches);
		Map<String, TrackedRequest> found;
		try {
			found = this.requests.findAll(round.stream().map(Watch::requestId).collect(Collectors.toSet()))
				.stream()
				.collect(Collectors.toMap(TrackedRequest::requestId, Function.identity()));
		}
		catch (RuntimeException | Error ex) {
			round.stream()
				.filter(Watch::isOver)
				.forEach((watch) -> end(watch, () -> watch.answer.completeExceptionally(ex)));
			throw ex;
		}
		for (Watch watch : round) {
			TrackedRequest request = found.get(watch.requestId);
			if ((this.stopping && watch.decided) || watch.isOver() || watch.isAnsweredBy(request)) {
				end(watch, () -> watch.answer.complete(Optional.ofNullable(request)));
			}
		}
	}

	/**
	 * Ends a watch. The rest of its route runs on another thread, so that it does not
	 * hold up the watcher, with the logging context of the caller.
	 */
	private void end(Watch watch, Runnable answer) {
		this.watches.remove(watch);
		this.answerers.execute(() -> {
			MDC.setContextMap(watch.logContext);
			try {
				answer.run();
			}
			finally {
				MDC.clear();
			}
		});
	}

	private record Watch(String requestId, boolean decided, long endNanos, Map<String, String> logContext,
			CompletableFuture<Optional<TrackedRequest>> answer) {

		/** A request that was there before, and no longer is, has been erased. */
		boolean isAnsweredBy(TrackedRequest request) {
			return this.decided ? (request == null || request.isDecided()) : (request != null);
		}

		boolean isOver() {
			return System.nanoTime() - this.endNanos >= 0;
		}

	}

}
