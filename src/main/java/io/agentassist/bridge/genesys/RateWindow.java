package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.agentassist.bridge.failure.RetryLaterException;
import org.springframework.http.HttpStatus;

/**
 * How many calls the provider still allows, according to the headers
 * {@code inin-ratelimit-*} and {@code Retry-After} of its answers. While there are
 * plenty, or nothing is known, calls go out at once. Once only the
 * {@link GenesysProperties.Rate#reserve() reserve} is left, calls are spread over the
 * rest of the window. Each instance counts its own calls and learns of the others' from
 * the provider's next answer. No answer is believed for longer than
 * {@link GenesysProperties.Rate#maxHold()}, as without a call none could correct it.
 * Thread safe.
 */
final class RateWindow {

	/**
	 * The provider counts in seconds: the ends of one window in two answers differ by no
	 * more.
	 */
	private static final long SAME_WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

	private final Supplier<GenesysProperties.Rate> settings;

	private final LongSupplier nanoTime;

	private long allowed;

	private long remaining;

	/** When the window ends, as the provider says. */
	private long resetAt;

	/** Until when the figures of the last answer count; not after the window's end. */
	private long believedUntil;

	private long nextSlot;

	private long heldUntil;

	/** Number of calls waiting for the next window. */
	private long waiting;

	RateWindow(Supplier<GenesysProperties.Rate> settings, LongSupplier nanoTime) {
		this.settings = settings;
		this.nanoTime = nanoTime;
		this.heldUntil = nanoTime.getAsLong();
	}

	/**
	 * Reserves the next free slot for a call.
	 * @param patience longest wait
	 * @return how long to wait, zero or more
	 * @throws RetryLaterException (429) if it would be longer; nothing is reserved then
	 */
	synchronized Duration reserve(Duration patience) {
		long now = this.nanoTime.getAsLong();
		boolean held = this.heldUntil - now > 0;
		long slot = held ? this.heldUntil : now;
		boolean known = this.allowed > 0 && this.believedUntil - slot > 0;
		boolean spread = known && this.remaining > 0 && this.remaining <= this.allowed * this.settings.get().reserve();
		boolean usedUp = known && this.remaining <= 0;
		if (usedUp) {
			slot = this.believedUntil;
		}
		else if (spread && this.nextSlot - slot > 0) {
			slot = (this.nextSlot - this.believedUntil > 0) ? this.believedUntil : this.nextSlot;
		}
		Duration wait = Duration.ofNanos(slot - now);
		if (wait.compareTo(patience) > 0 || (usedUp && this.waiting >= this.allowed)) {
			throw new RetryLaterException(HttpStatus.TOO_MANY_REQUESTS, "The provider limits our requests.", wait);
		}
		if (spread) {
			this.nextSlot = slot + (this.resetAt - slot) / (this.remaining + 1);
		}
		if (usedUp) {
			this.waiting++;
		}
		else {
			this.remaining--;
		}
		return (held || usedUp) ? wait.plusNanos(jitter(wait, patience)) : wait;
	}

	/** Gives a slot back because the call is not made. */
	synchronized void release() {
		// Calls that wait for the next window come here after their wait. One of the
		// window before may be taken for one of these: at worst, a call too many.
		if (this.waiting > 0 && this.nanoTime.getAsLong() - this.believedUntil >= 0) {
			this.waiting--;
		}
		else {
			this.remaining++;
		}
	}

	/**
	 * Delays calls that were held by up to a quarter, so that they do not all start at
	 * once.
	 */
	private static long jitter(Duration wait, Duration patience) {
		long most = Math.min(wait.toNanos() / 4, patience.minus(wait).toNanos());
		return ThreadLocalRandom.current().nextLong(most + 1);
	}

	/**
	 * Records the figures of an answer.
	 * @param count calls made in this window
	 * @param limit calls allowed in it
	 * @param reset time until it ends
	 */
	synchronized void update(long count, long limit, Duration reset) {
		long now = this.nanoTime.getAsLong();
		long end = now + reset.toNanos();
		boolean sameWindow = this.allowed == limit && this.believedUntil - now > 0
				&& Math.abs(end - this.resetAt) <= SAME_WINDOW_NANOS;
		// The answer's figure may not include all calls that waited for this window.
		long left = Math.max(0, limit - (sameWindow ? count : Math.max(count, this.waiting)));
		// Our figure includes calls in flight, the answer's the calls of other instances.
		this.remaining = sameWindow ? Math.min(this.remaining, left) : left;
		if (!sameWindow) {
			this.resetAt = end;
			this.nextSlot = now;
			this.waiting = 0;
		}
		this.allowed = limit;
		this.believedUntil = now + atMostTheLongestHold(reset).toNanos();
	}

	private Duration atMostTheLongestHold(Duration time) {
		return Collections.min(List.of(time, this.settings.get().maxHold()));
	}

	/**
	 * Holds all calls back for a time.
	 * @param retryAfter what the provider asked for, capped at the longest hold
	 */
	synchronized void hold(Duration retryAfter) {
		long until = this.nanoTime.getAsLong() + atMostTheLongestHold(retryAfter).toNanos();
		if (until - this.heldUntil > 0) {
			this.heldUntil = until;
		}
	}

	/**
	 * How many calls are left in the window.
	 * @return NaN while the provider has not said
	 */
	synchronized double remaining() {
		long now = this.nanoTime.getAsLong();
		if (this.heldUntil - now > 0) {
			return 0;
		}
		return (this.allowed > 0 && this.believedUntil - now > 0) ? Math.max(0, this.remaining) : Double.NaN;
	}

}
