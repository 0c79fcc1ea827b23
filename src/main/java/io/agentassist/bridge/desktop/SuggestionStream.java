package io.agentassist.bridge.desktop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.agentassist.bridge.http.EventStream;
import io.agentassist.bridge.suggestion.Decision;
import io.agentassist.bridge.suggestion.TrackedRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * One caller's stream of one conversation. Whoever has news hands them over and goes on;
 * a thread of the executor writes them, one at a time for each stream, as a caller that
 * reads slowly holds it up. Thread safe.
 */
class SuggestionStream implements EventStream {

	/** A caller that has so much to read yet does not read. */
	private static final int MAX_WAITING_CHARACTERS = 4_000_000;

	private final String conversationId;

	private final String tenant;

	private final Function<TrackedRequest, String> json;

	private final Executor threads;

	private final long openedNanos = System.nanoTime();

	private final CompletableFuture<Void> over = new CompletableFuture<>();

	/** No decision before it is news. */
	private Instant horizon = Instant.EPOCH;

	/** Decisions since then that are none either: mark, time. */
	private final Map<String, Instant> sent = new HashMap<>();

	private final Queue<String> waiting = new ArrayDeque<>();

	private int waitingCharacters;

	private boolean writing;

	private boolean ended;

	private long lastNewsNanos = this.openedNanos;

	private HttpServletResponse response;

	SuggestionStream(String conversationId, String tenant, Function<TrackedRequest, String> json, Executor threads) {
		this.conversationId = conversationId;
		this.tenant = tenant;
		this.json = json;
		this.threads = threads;
		// The first bytes, so that the caller, and each proxy, knows that it is
		// connected.
		write(": connected\n\n");
	}

	String conversationId() {
		return this.conversationId;
	}

	@Override
	public CompletionStage<Void> open(HttpServletResponse response) {
		response.setContentType("text/event-stream");
		// nginx would collect events until its buffer is full.
		response.setHeader("X-Accel-Buffering", "no");
		synchronized (this) {
			this.response = response;
			writeOn();
		}
		return this.over;
	}

	/** Takes decisions as sent. */
	synchronized void skip(List<TrackedRequest> decided) {
		decided.forEach((request) -> this.sent.put(mark(request), request.completedAt()));
	}

	/** Whether a decision in the stream's conversation is news for its caller. */
	synchronized boolean awaits(Decision decision) {
		return decision.tenant().equals(this.tenant) && !decision.at().isBefore(this.horizon)
				&& !this.sent.containsKey(StreamCursor.mark(decision.requestId(), decision.at()));
	}

	/**
	 * Sends decisions.
	 * @param decided decided requests, oldest decision first, none of them sent
	 * @param horizon nothing that was decided before will ever be news
	 */
	synchronized void send(List<TrackedRequest> decided, Instant horizon) {
		for (int i = 0; i < decided.size(); i++) {
			TrackedRequest request = decided.get(i);
			this.sent.put(mark(request), request.completedAt());
			Instant next = (i + 1 < decided.size()) ? decided.get(i + 1).completedAt() : horizon;
			StreamCursor cursor = cursor(next.isBefore(horizon) ? next : horizon);
			write("id: " + cursor + "\nevent: suggestions\ndata: " + this.json.apply(request) + "\n\n");
		}
		this.horizon = horizon;
		this.sent.values().removeIf((at) -> at.isBefore(horizon));
	}

	private StreamCursor cursor(Instant horizon) {
		return new StreamCursor(horizon,
				this.sent.entrySet()
					.stream()
					.filter((decision) -> !decision.getValue().isBefore(horizon))
					.map(Map.Entry::getKey)
					.collect(Collectors.toSet()));
	}

	/**
	 * Shows a caller that is silent for long, and whatever is between, that it is there.
	 */
	synchronized void keepAlive(Duration interval) {
		if (System.nanoTime() - this.lastNewsNanos >= interval.toNanos()) {
			write(": keep-alive\n\n");
		}
	}

	boolean isOlderThan(Duration age) {
		return System.nanoTime() - this.openedNanos >= age.toNanos();
	}

	/**
	 * Ends it, after the write that is under way; the caller connects again where it
	 * pleases, with the id of its last event.
	 */
	void end() {
		synchronized (this) {
			this.ended = true;
			if (this.writing) {
				return;
			}
		}
		this.over.complete(null);
	}

	private synchronized void write(String text) {
		this.lastNewsNanos = System.nanoTime();
		this.waiting.add(text);
		this.waitingCharacters += text.length();
		if (this.writing && this.waitingCharacters > MAX_WAITING_CHARACTERS) {
			this.ended = true;
		}
		writeOn();
	}

	private void writeOn() {
		if (this.response != null && !this.writing && !this.ended) {
			this.writing = true;
			this.threads.execute(this::writeAll);
		}
	}

	private void writeAll() {
		try {
			for (String text = next(); text != null; text = next()) {
				this.response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
				this.response.flushBuffer();
			}
		}
		catch (IOException | IllegalStateException ex) {
			// The caller has gone, or reads no more.
			stop();
		}
		if (hasEnded()) {
			this.over.complete(null);
		}
	}

	private synchronized String next() {
		String text = this.ended ? null : this.waiting.poll();
		if (text == null) {
			this.writing = false;
		}
		else {
			this.waitingCharacters -= text.length();
		}
		return text;
	}

	private synchronized void stop() {
		this.writing = false;
		this.ended = true;
	}

	private synchronized boolean hasEnded() {
		return this.ended;
	}

	private static String mark(TrackedRequest request) {
		return StreamCursor.mark(request.requestId(), request.completedAt());
	}

}
