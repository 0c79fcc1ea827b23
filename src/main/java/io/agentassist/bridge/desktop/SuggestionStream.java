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

import io.agentassist.bridge.http.AnswerMemory;
import io.agentassist.bridge.http.EventStream;
import io.agentassist.bridge.suggestion.Decision;
import io.agentassist.bridge.suggestion.TrackedRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.util.StringUtils;

/**
 * One caller's stream of one conversation. Events are queued without blocking; a thread
 * of the executor writes them, at most one thread per stream. A caller that reads slowly
 * loses its stream, not its events: it reconnects with the id of its last one. Thread
 * safe.
 */
class SuggestionStream implements EventStream {

	private static final Logger log = LoggerFactory.getLogger(SuggestionStream.class);

	/**
	 * With more than this still unread, a caller gets nothing more until it reconnects.
	 */
	private static final int MAX_WAITING_CHARACTERS = 1_000_000;

	/**
	 * Maximum time to write an event, after which no further piece is begun; Tomcat
	 * limits the wait for each.
	 */
	private static final Duration MAX_WRITE_TIME = Duration.ofSeconds(5);

	private static final int PIECE = 8192;

	/**
	 * A caller sends the cursor back in a header. Beyond this many decisions within the
	 * horizon, those before may be sent again.
	 */
	private static final int MAX_MARKS = 300;

	private final String conversationId;

	private final String tenant;

	private final Function<TrackedRequest, String> json;

	private final Executor threads;

	private final AnswerMemory memory;

	private final long endNanos;

	private final CompletableFuture<Void> over = new CompletableFuture<>();

	/** Decisions before this time are never new. */
	private Instant horizon = Instant.EPOCH;

	/** Decisions after the horizon that were already sent: mark, time. */
	private final Map<String, Instant> sent = new HashMap<>();

	private final Queue<String> waiting = new ArrayDeque<>();

	private int waitingCharacters;

	/** Whether a thread is writing, or is about to. */
	private boolean writing;

	/** Whether nothing may follow what is already queued. */
	private boolean closing;

	private boolean ended;

	private long lastNewsNanos;

	private HttpServletResponse response;

	SuggestionStream(String conversationId, String tenant, Duration lifetime, Function<TrackedRequest, String> json,
			Executor threads, AnswerMemory memory) {
		this.conversationId = conversationId;
		this.tenant = tenant;
		this.endNanos = System.nanoTime() + lifetime.toNanos();
		this.json = json;
		this.threads = threads;
		this.memory = memory;
		// Sent at once, so that the caller, and every proxy, knows that it is connected.
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
		// Otherwise nginx holds events back until its buffer is full.
		response.setHeader("X-Accel-Buffering", "no");
		synchronized (this) {
			this.response = response;
			this.memory.add(this.waitingCharacters);
			writeOn();
		}
		return this.over;
	}

	/** Treats decisions as already sent. */
	synchronized void skip(Collection<Decision> decisions) {
		decisions.forEach((decision) -> this.sent.put(StreamCursor.mark(decision), decision.at()));
	}

	/** Whether a decision in the stream's conversation is new to its caller. */
	synchronized boolean awaits(Decision decision) {
		return decision.tenant().equals(this.tenant) && !decision.at().isBefore(this.horizon)
				&& !this.sent.containsKey(StreamCursor.mark(decision));
	}

	/**
	 * Sends decisions.
	 * @param decided decided requests not sent before, oldest decision first
	 * @param horizon time before which no decision will ever be new
	 */
	synchronized void send(List<TrackedRequest> decided, Instant horizon) {
		for (int i = 0; i < decided.size(); i++) {
			TrackedRequest request = decided.get(i);
			String data = this.json.apply(request);
			if (this.waitingCharacters > MAX_WAITING_CHARACTERS || !this.memory.hasRoom(data.length())) {
				close();
				return;
			}
			this.sent.put(StreamCursor.mark(request), request.completedAt());
			Instant next = (i + 1 < decided.size()) ? decided.get(i + 1).completedAt() : horizon;
			StreamCursor cursor = cursor(next.isBefore(horizon) ? next : horizon);
			write("id: " + cursor + "\nevent: suggestions\ndata: " + data.replace("\n", "\ndata: ") + "\n\n");
		}
		this.horizon = horizon;
		this.sent.values().removeIf((at) -> at.isBefore(horizon));
	}

	private StreamCursor cursor(Instant horizon) {
		return new StreamCursor(horizon, this.sent.entrySet()
			.stream()
			.filter((decision) -> !decision.getValue().isBefore(horizon))
			.sorted(Map.Entry.<String, Instant>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
			.limit(MAX_MARKS)
			.map(Map.Entry::getKey)
			.collect(Collectors.toSet()));
	}

	/**
	 * Shows the caller, and anything in between, that a silent stream is still alive.
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
	 * Ends the stream after the piece being written; the caller reconnects, to any
	 * instance, with the id of its last event.
	 */
	void end() {
		discard();
		completeIfOver();
	}

	private synchronized void discard() {
		this.ended = true;
		this.waiting.clear();
		count(-this.waitingCharacters);
	}

	/** Until it is opened, a stream may be dropped without having ended. */
	private void count(int characters) {
		this.waitingCharacters += characters;
		if (this.response != null) {
			this.memory.add(characters);
		}
	}

	/** Ends the stream once everything queued is written. */
	synchronized void close() {
		this.closing = true;
		// Also if nothing is queued.
		writeOn();
	}

	private synchronized void write(String text) {
		if (this.closing || this.ended) {
			return;
		}
		this.lastNewsNanos = System.nanoTime();
		this.waiting.add(text);
		count(text.length());
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
				log.info("Stream of conversation {} ended, as the caller does not read it", id());
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
			count(-text.length());
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

	/**
	 * The conversation id for the log, truncated because a path may hold one of any
	 * length.
	 */
	private String id() {
		return StringUtils.truncate(this.conversationId, 200);
	}

}
