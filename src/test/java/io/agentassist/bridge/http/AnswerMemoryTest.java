package io.agentassist.bridge.http;

import io.agentassist.bridge.failure.RetryLaterException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultUnitOfWork;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class AnswerMemoryTest {

	private static final DefaultCamelContext CAMEL = new DefaultCamelContext();

	private static final long LIMIT = Runtime.getRuntime().maxMemory() / 16;

	private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

	private final AnswerMemory memory = new AnswerMemory("lists", this.meters);

	@Test
	void shouldHoldOneAnswerThatIsLargerThanTheLimitAndSmallOnesBesideIt() {
		Exchange large = exchange();
		this.memory.hold(2 * LIMIT, large);
		assertThatExceptionOfType(RetryLaterException.class).isThrownBy(this.memory::requireRoom);
		assertThatExceptionOfType(RetryLaterException.class).isThrownBy(() -> this.memory.hold(20_000, exchange()));
		Exchange small = exchange();
		this.memory.hold(10_000, small);
		assertThat(held()).isEqualTo(2 * LIMIT + 10_000);

		large.getUnitOfWork().done(large);
		small.getUnitOfWork().done(small);
		assertThat(held()).isZero();
		this.memory.requireRoom();
	}

	@Test
	void shouldReleaseAnAnswerThatFailed() {
		Exchange failed = exchange();
		this.memory.hold(100_000, failed);
		failed.setException(new IllegalStateException("failed"));
		failed.getUnitOfWork().done(failed);

		assertThat(held()).isZero();
	}

	/** As when a route goes on with a copy, such as one for a broker. */
	@Test
	void shouldKeepAnAnswerWhoseExchangeIsHandedOver() {
		Exchange answered = exchange();
		this.memory.hold(100_000, answered);
		Exchange copy = exchange();
		answered.getExchangeExtension().handoverCompletions(copy);
		copy.getUnitOfWork().done(copy);
		assertThat(held()).isEqualTo(100_000);
	}

	private long held() {
		return (long) this.meters.get("agentassist.unread.bytes").tag("answers", "lists").gauge().value();
	}

	private static Exchange exchange() {
		Exchange exchange = new DefaultExchange(CAMEL);
		exchange.getExchangeExtension().setUnitOfWork(new DefaultUnitOfWork(exchange));
		return exchange;
	}

}
