package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import io.agentassist.bridge.failure.RetryLaterException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RateWindowTest {

	private static final Duration PATIENCE = Duration.ofSeconds(5);

	private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1000);

	private final RateWindow window = new RateWindow(() -> new GenesysProperties.Rate(0.1, Duration.ofMinutes(1)),
			this.nanos::get);

	private void reserve(int calls) {
		for (int i = 0; i < calls; i++) {
			this.window.reserve(PATIENCE);
		}
	}

	@Test
	void shouldNotHoldBackWhileNothingIsKnown() {
		for (int i = 0; i < 1000; i++) {
			assertThat(this.window.reserve(Duration.ZERO)).isZero();
		}
		assertThat(this.window.remaining()).isNaN();
	}

	@Test
	void shouldNotHoldBackWhileThereIsPlenty() {
		this.window.update(1, 300, Duration.ofSeconds(60));

		for (int i = 0; i < 269; i++) {
			assertThat(this.window.reserve(Duration.ZERO)).isZero();
		}
		assertThat(this.window.remaining()).isEqualTo(30);
	}

	@Test
	void shouldSpreadTheReserveOverTheRestOfTheWindow() {
		this.window.update(280, 300, Duration.ofSeconds(21));

		Duration first = this.window.reserve(PATIENCE);
		Duration second = this.window.reserve(PATIENCE);
		Duration third = this.window.reserve(PATIENCE);

		assertThat(first).isZero();
		assertThat(second).isEqualTo(Duration.ofSeconds(1));
		assertThat(third).isEqualTo(Duration.ofSeconds(2));
	}

	@Test
	void shouldRefuseAtOnceWhatWouldWaitForTooLong() {
		this.window.update(300, 300, Duration.ofSeconds(30));

		assertThatExceptionOfType(RetryLaterException.class).isThrownBy(() -> this.window.reserve(PATIENCE))
			.satisfies((refusal) -> assertThat(refusal.getHeaders().getFirst("Retry-After")).isEqualTo("30"));
	}

	/**
	 * Milliseconds for seconds, say. Without a call, nothing told otherwise for hours.
	 */
	@Test
	void shouldNotBelieveForLongThatNothingIsLeft() {
		this.window.update(300, 300, Duration.ofHours(12));
		assertThatExceptionOfType(RetryLaterException.class).isThrownBy(() -> this.window.reserve(PATIENCE))
			.satisfies((refusal) -> assertThat(refusal.getHeaders().getFirst("Retry-After")).isEqualTo("60"));

		this.nanos.addAndGet(Duration.ofMinutes(1).toNanos());

		assertThat(this.window.reserve(PATIENCE)).isZero();
		assertThat(this.window.remaining()).isNaN();
		this.window.update(5, 300, Duration.ofHours(12));
		assertThat(this.window.remaining()).isEqualTo(295);
	}

	@Test
	void shouldNotSpreadTheReserveOverHours() {
		this.window.update(280, 300, Duration.ofHours(12));
		assertThat(this.window.reserve(PATIENCE)).isZero();

		assertThat(this.window.reserve(Duration.ofHours(1))).isEqualTo(Duration.ofMinutes(1));
	}

	@Test
	void shouldGoOnInTheNextWindow() {
		this.window.update(300, 300, Duration.ofSeconds(2));
		assertThat(this.window.reserve(PATIENCE)).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2500));

		pass(Duration.ofSeconds(2));

		assertThat(this.window.reserve(PATIENCE)).isZero();
		this.window.update(1, 300, Duration.ofSeconds(60));
		assertThat(this.window.remaining()).isEqualTo(299);
	}

	@Test
	void shouldLetNoMoreWaitForTheNextWindowThanItAllows() {
		this.window.update(300, 300, Duration.ofSeconds(2));

		assertThat(IntStream.range(0, 300).mapToObj((i) -> this.window.reserve(PATIENCE).toMillis() / 50).distinct())
			.as("tenths of the 500 ms")
			.hasSizeGreaterThan(5);
		assertThatExceptionOfType(RetryLaterException.class).isThrownBy(() -> this.window.reserve(PATIENCE));
	}

	@Test
	void shouldCountThoseWhoHaveWaitedForTheWindow() {
		this.window.update(300, 300, Duration.ofSeconds(2));
		reserve(100);
		pass(Duration.ofSeconds(2));

		this.window.update(1, 300, Duration.ofSeconds(60));

		assertThat(this.window.remaining()).isEqualTo(200);
	}

	@Test
	void shouldTakeBackThePlaceOfACallThatIsNotMade() {
		this.window.update(100, 300, Duration.ofSeconds(60));
		this.window.reserve(PATIENCE);
		assertThat(this.window.remaining()).isEqualTo(199);

		this.window.release();

		assertThat(this.window.remaining()).isEqualTo(200);
	}

	@Test
	void shouldTakeBackThePlaceOfACallThatWaitedForTheNextWindow() {
		this.window.update(300, 300, Duration.ofSeconds(2));
		reserve(100);
		pass(Duration.ofSeconds(2));
		for (int i = 0; i < 60; i++) {
			this.window.release();
		}

		this.window.update(1, 300, Duration.ofSeconds(60));

		assertThat(this.window.remaining()).isEqualTo(260);
	}

	@Test
	void shouldTakeBackAPlaceInThisWindowWhileOthersWaitForTheNext() {
		this.window.update(299, 300, Duration.ofSeconds(2));
		this.window.reserve(PATIENCE);
		this.window.reserve(PATIENCE);

		this.window.release();

		assertThat(this.window.remaining()).isEqualTo(1);
		pass(Duration.ofSeconds(2));
		this.window.update(0, 300, Duration.ofSeconds(60));
		assertThat(this.window.remaining()).as("without the one who waited").isEqualTo(299);
	}

	@Test
	void shouldCountCallsOnTheirWayAndThoseOfOtherInstances() {
		this.window.update(0, 300, Duration.ofSeconds(60));
		reserve(50);

		this.window.update(10, 300, Duration.ofSeconds(60));
		assertThat(this.window.remaining()).as("calls on their way").isEqualTo(250);
		this.window.update(200, 300, Duration.ofSeconds(59));
		assertThat(this.window.remaining()).as("other instances").isEqualTo(100);
	}

	@Test
	void shouldHoldAllCallsForRetryAfter() {
		this.window.hold(Duration.ofSeconds(3));

		assertThat(this.window.remaining()).isZero();
		assertThat(this.window.reserve(PATIENCE)).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3750));
		assertThat(this.window.reserve(Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(3));
		pass(Duration.ofSeconds(3));
		assertThat(this.window.reserve(Duration.ZERO)).isZero();
	}

	@Test
	void shouldHoldForTheLongerOfTwoTimes() {
		this.window.hold(Duration.ofSeconds(3));
		this.window.hold(Duration.ofSeconds(1));

		pass(Duration.ofSeconds(2));
		assertThat(this.window.reserve(PATIENCE)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
	}

	@Test
	void shouldNotLetAllThatWereHeldGoInTheSameMoment() {
		this.window.hold(Duration.ofSeconds(3));

		assertThat(IntStream.range(0, 100).mapToObj((i) -> this.window.reserve(PATIENCE).toMillis() / 75).distinct())
			.as("tenths of the 750 ms")
			.hasSizeGreaterThan(5);
	}

	@Test
	void shouldNotHoldForLongerThanTheLimit() {
		this.window.hold(Duration.ofHours(5));

		assertThatExceptionOfType(RetryLaterException.class).isThrownBy(() -> this.window.reserve(PATIENCE))
			.satisfies((refusal) -> assertThat(refusal.getHeaders().getFirst("Retry-After")).isEqualTo("60"));
		pass(Duration.ofMinutes(1));
		assertThat(this.window.reserve(Duration.ZERO)).isZero();
	}

	private void pass(Duration time) {
		this.nanos.addAndGet(time.toNanos());
	}

}
