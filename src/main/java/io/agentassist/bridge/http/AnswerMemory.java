package io.agentassist.bridge.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.agentassist.bridge.failure.RetryLaterException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * Limits the heap that answers of one kind take while their callers have yet to read
 * them: a caller that reads slowly keeps its answer in memory. A kind that has used up
 * its share takes nothing from the others. Thread safe.
 */
public final class AnswerMemory {

	/**
	 * Share of the heap for each kind. An answer may take four times its size while it is
	 * made: what was read, a buffer that doubles as it grows, and its copy.
	 */
	private static final int SHARE = 16;

	private final AtomicLong held = new AtomicLong();

	private final long limit;

	/**
	 * Begins with nothing held.
	 * @param answers the kind of answers, for the meter {@code agentassist.unread.bytes}
	 * @param meters where that is registered
	 */
	public AnswerMemory(String answers, MeterRegistry meters) {
		this.limit = Runtime.getRuntime().maxMemory() / SHARE;
		Gauge.builder("agentassist.unread.bytes", this.held, AtomicLong::get)
			.description("Answers that callers have yet to read; beyond a sixteenth of the heap: 503")
			.tag("answers", answers)
			.register(meters);
	}

	/**
	 * Refuses an answer whose size is not known yet, before it costs a query.
	 * @throws RetryLaterException if more than half of the share is held
	 */
	public void requireRoom() {
		if (this.held.get() > this.limit / 2) {
			throw noRoom();
		}
	}

	/**
	 * Holds an answer until its exchange is done, that is, until it has been written or
	 * given up. One that is larger than the limit is held if nothing else is.
	 * @param bytes size of the answer
	 * @param exchange its exchange
	 * @throws RetryLaterException if there is no room for it
	 */
	public void hold(long bytes, Exchange exchange) {
		long before = this.held.getAndAdd(bytes);
		if (before > 0 && before + bytes > this.limit) {
			add(-bytes);
			throw noRoom();
		}
		exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {

			@Override
			public void onDone(Exchange done) {
				add(-bytes);
			}
		});
	}

	private static RetryLaterException noRoom() {
		return new RetryLaterException("Too many answers have yet to be read.", Duration.ofSeconds(1));
	}

	/**
	 * Counts what is held without an exchange, whether or not there is room for it.
	 * @param bytes how much more is held; negative: how much less
	 */
	public void add(long bytes) {
		this.held.addAndGet(bytes);
	}

	/**
	 * Whether nothing more should be held.
	 * @return true once the limit is reached
	 */
	public boolean isFull() {
		return this.held.get() >= this.limit;
	}

}
