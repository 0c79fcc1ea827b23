package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.function.Supplier;

import org.apache.camel.Exchange;
import org.springframework.stereotype.Component;

/**
 * The single deadline of a request: all work for it, including waits, ends by then.
 */
@Component
class Deadline {

	private final Supplier<GenesysProperties> settings;

	Deadline(Supplier<GenesysProperties> settings) {
		this.settings = settings;
	}

	/** The time left; negative once the deadline has passed. */
	Duration left(Exchange exchange) {
		return this.settings.get().deadline().minusMillis(exchange.getClock().elapsed());
	}

	/**
	 * The longest wait before another attempt. No attempt starts that the deadline could
	 * cut off, as the provider may have accepted the query by then.
	 */
	Duration patience(Exchange exchange) {
		return left(exchange).minus(this.settings.get().responseTimeout());
	}

}
