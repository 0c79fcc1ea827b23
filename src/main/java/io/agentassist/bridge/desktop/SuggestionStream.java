package io.agentassist.bridge.desktop;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
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

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.util.StringUtils;

/**
 * One caller's stream of one conversation. Whoever has news hands them over and goes on;
 * a thread of the executor writes them, one at a time for each stream. A caller that
 * reads slowly loses its stream, not its events: it comes back with the id of its last
 * one. Thread safe.
 */
class SuggestionStream implements EventStream {

	private static final Logger log = LoggerFactory.getLogger(SuggestionStream.class);

	/** With so much to read yet, a caller gets no more before it comes back. */
	private static final int MAX_WAITING_CHARACTERS = 1_000_000;

	/** Longest time for an event: a caller keeps a thread from the others no longer. */
	private static final Duration MAX_WRITE_TIME = Duration.ofSeconds(5);

	private static final int PIECE = 8192;

	private final String conversationId;

	private final String tenant;

	private final Function<TrackedRequest, String> json;

	private final Executor threads;

	private final long endNanos;

	private final CompletableFuture<Void> over = new CompletableFuture<>();

	/** No decision before it is news. */
	private Instant horizon = Instant.EPOCH;

	/** Decisions since then that are none either: mark, time. */
	private final Map<String, Instant> sent = new HashMap<>();

	private final Queue<String> waiting = new ArrayDeque<>();

	private int waitingCharacters;

	/** Whether a thread writes, or is about to. */
	private boolean writing;

	/** Whether what waits is the last. */
	private boolean closing;

	private boolean ended;

	private long lastNewsNanos;

	private HttpServletResponse response;

	SuggestionStream(String conversationId, String tenant, Duration lifetime, Function<TrackedRequest, String> json,
			Executor threads) {
		this.conversationId = conversationId;
		this.tenant = tenant;
		this.endNanos = System.nanoTime() + lifetime.toNanos();
		this.json = json;
		this.threads = threads;
		// The first bytes, so that the caller, and each proxy, knows that it is
		// connected.
		write(": connected\n\n");
	}

	String conversationId() {
		return this.conversationId;
	}

	String tenant() {
		return this.tenant;
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
	synchronized void skip(Collection<Decision> decisions) {
		decisions.forEach((decision) -> this.sent.put(mark(decision), decision.at()));
	}

	/** Whether a decision in the stream's conversation is news for its caller. */
	synchronized boolean awaits(Decision decision) {
		return decision.tenant().equals(this.tenant) && !decision.at().isBefore(this.horizon)
				&& !this.sent.containsKey(mark(decision));
	}

	/**
	 * Sends decisions.
	 * @param decided decided requests, oldest decision first, none of them sent
	 * @param horizon nothing that was decided before will ever be news
	 */
	synchronized void send(List<TrackedRequest> decided, Instant horizon) {
		for (int i = 0; i < decided.size(); i++) {
			if (this.waitingCharacters > MAX_WAITING_CHARACTERS) {
				this.closing = true;
				return;
			}
			TrackedRequest request = decided.get(i);
			this.sent.put(StreamCursor.mark(request.requestId(), request.completedAt()), request.completedAt());
			Instant next = (i + 1 < decided.size()) ? decided.get(i + 1).completedAt() : horizon;
			StreamCursor cursor = cursor(next.isBefore(horizon) ? next : horizon);
			write("id: " + cursor + "\nevent: suggestions\ndata: " + this.json.apply(request).replace("\n", "\ndata: ")
					+ "\n\n");
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
	 * Shows a caller that hears nothing for long, and whatever is between, that the
	 * stream is there.
	 */
	synchronized void keepAlive(Duration interval) {
		if (System.nanoTime() - this.lastNewsNanos >= interval.toNanos()) {
			write(": keep-alive\n\n");
		}
	}

	boolean isTooOld() {
		return System.nanoTime() - this.endNanos >= 0;
	}

	/**
	 * Ends it, with the piece that is being written; the caller connects again where it
	 * pleases, with the id of its last event.
	 */
	void end() {
		discard();
		completeIfOver();
	}

	private synchronized void discard() {
		this.ended = true;
		this.waiting.clear();
	}

	/** Ends it once what waits is written. */
	synchronized void close() {
		this.closing = true;
	}

	private synchronized void write(String text) {
		if (this.closing || this.ended) {
			return;
		}
		this.lastNewsNanos = System.nanoTime();
		this.waiting.add(text);
		this.waitingCharacters += text.length();
		writeOn();
	}

	private void writeOn() {
		if (this.response != null && !this.writing && !this.ended) {
			this.threads.execute(this::writeAll);
			this.writing = true;
		}
	}

	private void writeAll() {
		try {
			for (String text = next(); text != null; text = next()) {
				write(text.getBytes(StandardCharsets.UTF_8));
			}
		}
		catch (IOException ex) {
			if (!hasEnded() && NestedExceptionUtils.getMostSpecificCause(ex) instanceof InterruptedIOException) {
				log.info("Stream of conversation {} ended, as it is not read", id());
			}
			stop();
		}
		catch (RuntimeException | Error ex) {
			log.warn("Stream of conversation {} broke: {}", id(), ex.toString());
			stop();
		}
		completeIfOver();
	}

	private void write(byte[] event) throws IOException {
		long start = System.nanoTime();
		for (int from = 0; from < event.length; from += PIECE) {
			if (hasEnded() || System.nanoTime() - start > MAX_WRITE_TIME.toNanos()) {
				throw new InterruptedIOException("Not read in time");
			}
			this.response.getOutputStream().write(event, from, Math.min(PIECE, event.length - from));
		}
		this.response.flushBuffer();
	}

	private synchronized String next() {
		String text = this.waiting.poll();
		if (text != null) {
			this.waitingCharacters -= text.length();
		}
		else {
			this.writing = false;
			this.ended |= this.closing;
		}
		return text;
	}

	private synchronized void stop() {
		this.writing = false;
		discard();
	}

	private synchronized boolean hasEnded() {
		return this.ended;
	}

	private void completeIfOver() {
		boolean isOver;
		synchronized (this) {
			isOver = this.ended && !this.writing;
		}
		if (isOver) {
			this.over.complete(null);
		}
	}

	/** A path may name a conversation of any length. */
	private String id() {
		return StringUtils.truncate(this.conversationId, 200);
	}

	private static String mark(Decision decision) {
		return StreamCursor.mark(decision.requestId(), decision.at());
	}

}
