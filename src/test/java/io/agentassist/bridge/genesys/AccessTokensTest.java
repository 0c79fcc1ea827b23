package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.agentassist.bridge.TestClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class AccessTokensTest {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private static final Duration BASE_DELAY = Duration.ofSeconds(1);

	private final AtomicInteger fetches = new AtomicInteger();

	private final TestClock clock = new TestClock();

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private volatile Callable<AccessTokens.Grant> endpoint = () -> new AccessTokens.Grant("token", Duration.ofHours(1));

	private final AccessTokens tokens = new AccessTokens("default",
			new GenesysProperties.Organisation(null, "id", "secret", null, null, null, null, null), () -> BASE_DELAY,
			() -> {
				this.fetches.incrementAndGet();
				return this.endpoint.call();
			}, this.executor, this.clock);

	@AfterEach
	void stop() {
		this.executor.shutdownNow();
	}

	@Test
	void shouldFetchOneTokenForAHundredRequestsAtOnceWhenItHasExpired() throws Exception {
		this.tokens.get(PATIENCE);
		this.clock.pass(Duration.ofHours(2));

		List<Callable<AccessTokens.Token>> requests = IntStream
			.range(0, 100).<Callable<AccessTokens.Token>>mapToObj((i) -> () -> this.tokens.get(PATIENCE)).toList();
		assertThat(this.executor.invokeAll(requests)).allSatisfy((answer) -> assertThat(answer.get()).isNotNull());

		assertThat(this.fetches).hasValue(2);
	}

	@Test
	void shouldWaitForAsLongAsTheEndpointAsks() throws Exception {
		this.endpoint = () -> {
			throw new ProviderException(429, "too.many.requests", "Rate limit", null, null, Duration.ofMinutes(1),
					null);
		};
		assertThatExceptionOfType(TokenFetchException.class).isThrownBy(() -> this.tokens.get(PATIENCE))
			.satisfies((failure) -> assertThat(failure.pause()).isEqualTo(Duration.ofMinutes(1)));

		this.clock.pass(Duration.ofSeconds(50));
		assertThatExceptionOfType(TokenFetchException.class).isThrownBy(() -> this.tokens.get(PATIENCE))
			.satisfies((failure) -> assertThat(failure.pause()).isEqualTo(Duration.ofSeconds(10)));
		assertThat(this.fetches).hasValue(1);

		this.endpoint = () -> new AccessTokens.Grant("token", Duration.ofHours(1));
		this.clock.pass(Duration.ofSeconds(10));
		assertThat(this.tokens.get(PATIENCE).value()).isEqualTo("token");
	}

	/** As where a host's clock was wrong when it started. It paused for that long. */
	@Test
	void shouldFetchOnceTheClockHasBeenSetBack() throws Exception {
		this.endpoint = () -> {
			throw new IllegalStateException("no network yet");
		};
		assertThatExceptionOfType(TokenFetchException.class).isThrownBy(() -> this.tokens.get(PATIENCE));
		this.endpoint = () -> new AccessTokens.Grant("token", Duration.ofHours(1));

		this.clock.pass(Duration.ofHours(-2));

		assertThat(this.tokens.get(PATIENCE).value()).isEqualTo("token");
	}

	@Test
	void shouldNotFetchAnotherForEachRequestWhenNoTokenIsAccepted() throws Exception {
		for (int i = 0; i < 100; i++) {
			this.tokens.drop(this.tokens.get(PATIENCE));
		}
		assertThat(this.fetches).hasValue(2);

		this.clock.pass(BASE_DELAY);
		this.tokens.drop(this.tokens.get(PATIENCE));
		this.tokens.get(PATIENCE);
		assertThat(this.fetches).hasValue(3);
	}

	@Test
	void shouldFetchAgainAfterAnError() throws Exception {
		this.endpoint = () -> {
			throw new OutOfMemoryError("unable to create native thread");
		};
		assertThatExceptionOfType(TokenFetchException.class).isThrownBy(() -> this.tokens.get(PATIENCE));

		this.endpoint = () -> new AccessTokens.Grant("token", Duration.ofHours(1));
		assertThat(this.tokens.get(PATIENCE).value()).isEqualTo("token");
	}

}
