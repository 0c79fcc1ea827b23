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

	/** Is never refused: even one for each of Tomcat's threads leaves room. */
	private static final long SMALL_BYTES = 16 * 1024;

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
	 * Refuses an answer whose size is not known yet.
	 * @throws RetryLaterException if the limit is reached
	 */
	public void requireRoom() {
		if (this.held.get() >= this.limit) {
			throw noRoom();
		}
	}

	/**
	 * Holds an answer until its exchange is done, that is, until it has been written or
	 * given up. One that is small is always held, and one that is larger than the limit
	 * if nothing else is.
	 * @param bytes size of the answer
	 * @param exchange its exchange
	 * @throws RetryLaterException if there is no room for it
	 */
	public void hold(long bytes, Exchange exchange) {
		long before = this.held.getAndAdd(bytes);
		if (bytes > SMALL_BYTES && before > 0 && before + bytes > this.limit) {
			add(-bytes);
			throw noRoom();
		}
		exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {

			/** A copy of the exchange that goes on does not hold the answer. */
			@Override
			public boolean allowHandover() {
				return false;
			}

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
	 * Whether what is held without an exchange may be added to.
	 * @param bytes how much more would be held
	 * @return true below the limit, and for what is small
	 */
	public boolean hasRoom(long bytes) {
		return bytes <= SMALL_BYTES || this.held.get() < this.limit;
	}

}
