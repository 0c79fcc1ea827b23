package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.function.Supplier;

import org.apache.camel.Exchange;
import org.springframework.stereotype.Component;

/**
 * The one deadline of a request: all that is done for it, waits included, ends by then.
 */
@Component
class Deadline {

	private final Supplier<GenesysProperties> settings;

	Deadline(Supplier<GenesysProperties> settings) {
		this.settings = settings;
	}

	/** The time that is left; negative when it is over. */
	Duration left(Exchange exchange) {
		return this.settings.get().deadline().minusMillis(exchange.getClock().elapsed());
	}

	/**
	 * The longest wait before another attempt: no attempt starts that could be cut by the
	 * deadline, as the provider may have taken the query by then.
	 */
	Duration patience(Exchange exchange) {
		return left(exchange).minus(this.settings.get().responseTimeout());
	}

}
