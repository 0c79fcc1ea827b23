package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.FileSystemResource;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows when a circuit breaker opens that is set up as in {@code config}. */
class CircuitBreakerSettingsTest {

	private final CircuitBreaker breaker = CircuitBreaker.of("shipped", Providers.breaker(shipped()));

	@Test
	void shouldOpenAfterTenBadCallsHoweverManyWereGood() {
		for (int i = 0; i < 1000; i++) {
			call(true);
		}
		for (int i = 0; i < 8; i++) {
			call(false);
		}
		assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);

		call(false);
		this.breaker.onError(0, TimeUnit.SECONDS, new IOException("One that was under way"));

		assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
	}

	@Test
	void shouldOpenAfterTheFirstTenCallsWhenAllAreBad() {
		for (int i = 0; i < 10; i++) {
			assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
			call(false);
		}

		assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
	}

	/** As in the soak: 5 % answers of 503, 5 % resets and 2 % that are too slow. */
	@Test
	void shouldStayClosedWhileTwelveCallsInAHundredFail() {
		Random random = new Random(4711);

		for (int i = 0; i < 100_000; i++) {
			call(random.nextInt(100) >= 12);
		}

		assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
	}

	@Test
	void shouldCloseWhenOneOfThreeProbesFails() {
		this.breaker.transitionToOpenState();
		this.breaker.transitionToHalfOpenState();

		call(true);
		call(false);
		call(true);

		assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
	}

	private void call(boolean good) {
		this.breaker.acquirePermission();
		if (good) {
			this.breaker.onSuccess(1, TimeUnit.MILLISECONDS);
		}
		else {
			this.breaker.onError(1, TimeUnit.MILLISECONDS, new IOException("No answer"));
		}
	}

	private static GenesysProperties.Breaker shipped() {
		try {
			StandardEnvironment environment = new StandardEnvironment();
			new YamlPropertySourceLoader().load("shipped", new FileSystemResource("config/application.yaml"))
				.forEach(environment.getPropertySources()::addLast);
			return Binder.get(environment).bind("agentassist.genesys.breaker", GenesysProperties.Breaker.class).get();
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
	}

}
