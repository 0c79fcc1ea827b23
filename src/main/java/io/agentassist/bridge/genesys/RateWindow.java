package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How many calls the provider still allows, as its answers tell: {@code inin-ratelimit-*}
 * and {@code Retry-After}. As long as there is plenty, or nothing is known, calls go at
 * once. What is left of the {@link GenesysProperties.Rate#reserve() reserve} is spread
 * over the rest of the window. Each replica counts its own calls and hears of the others'
 * by the provider's next answer. Thread safe.
 */
final class RateWindow {

	/** The provider tells seconds: two answers of one window differ by no more. */
	private static final long SAME_WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

	private final Supplier<GenesysProperties.Rate> settings;

	private final LongSupplier nanoTime;

	private long allowed;

	private long remaining;

	private long resetAt;

	private long nextSlot;

	private long heldUntil;

	/** How many wait for the next window. */
	private long waiting;

	RateWindow(Supplier<GenesysProperties.Rate> settings, LongSupplier nanoTime) {
		this.settings = settings;
		this.nanoTime = nanoTime;
		this.heldUntil = nanoTime.getAsLong();
	}

	/**
	 * Takes the next free place for a call.
	 * @param patience longest wait
	 * @return how long to wait, zero or more
	 * @throws RateLimitedException when it would be longer; nothing is taken then
	 */
	synchronized Duration reserve(Duration patience) {
		long now = this.nanoTime.getAsLong();
		boolean held = this.heldUntil - now > 0;
		long slot = held ? this.heldUntil : now;
		boolean known = this.allowed > 0 && this.resetAt - slot > 0;
		boolean spread = known && this.remaining > 0 && this.remaining <= this.allowed * this.settings.get().reserve();
		boolean usedUp = known && this.remaining <= 0;
		if (usedUp) {
			slot = this.resetAt;
		}
		else if (spread && this.nextSlot - slot > 0) {
			slot = this.nextSlot;
		}
		Duration wait = Duration.ofNanos(slot - now);
		if (wait.compareTo(patience) > 0 || (usedUp && this.waiting >= this.allowed)) {
			throw new RateLimitedException(wait);
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

	/** Gives a place back: the call is not made. */
	synchronized void release() {
		this.remaining++;
	}

	/** Those who were held do not all come in the same moment: up to a quarter later. */
	private static long jitter(Duration wait, Duration patience) {
		long most = Math.min(wait.toNanos() / 4, patience.minus(wait).toNanos());
		return ThreadLocalRandom.current().nextLong(most + 1);
	}

	/**
	 * Notes what an answer told.
	 * @param count calls made in this window
	 * @param limit calls allowed in it
	 * @param reset time to its end
	 */
	synchronized void update(long count, long limit, Duration reset) {
		long now = this.nanoTime.getAsLong();
		long end = now + reset.toNanos();
		boolean sameWindow = this.allowed == limit && this.resetAt - now > 0
				&& Math.abs(end - this.resetAt) <= SAME_WINDOW_NANOS;
		// Those who have waited for this window may not all be in the answer's figure.
		long left = Math.max(0, limit - (sameWindow ? count : Math.max(count, this.waiting)));
		// Calls on their way are in our figure, other replicas' calls in the answer's.
		this.remaining = sameWindow ? Math.min(this.remaining, left) : left;
		if (!sameWindow) {
			this.resetAt = end;
			this.nextSlot = now;
			this.waiting = 0;
		}
		this.allowed = limit;
	}

	/**
	 * Lets no call go for a time.
	 * @param retryAfter what the provider asked for; no more than the longest hold counts
	 */
	synchronized void hold(Duration retryAfter) {
		Duration time = Collections.min(List.of(retryAfter, this.settings.get().maxHold()));
		long until = this.nanoTime.getAsLong() + time.toNanos();
		if (until - this.heldUntil > 0) {
			this.heldUntil = until;
		}
	}

	/**
	 * How many calls are left in the window.
	 * @return NaN while the provider has told nothing of it
	 */
	synchronized double remaining() {
		long now = this.nanoTime.getAsLong();
		if (this.heldUntil - now > 0) {
			return 0;
		}
		return (this.allowed > 0 && this.resetAt - now > 0) ? Math.max(0, this.remaining) : Double.NaN;
	}

}
