package io.agentassist.bridge.lifecycle;

import java.time.Clock;
import java.time.Instant;
import java.util.function.Supplier;

import io.agentassist.bridge.interaction.IdempotencyKeys;
import io.agentassist.bridge.suggestion.RequestStore;

import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Deletes what is older than it has to be kept: decided requests and idempotency keys.
 * Feedback counts stay, since ranking lives on them, and so do dead letters. Thread safe.
 */
@Component
public class Purge {

	private static final Logger log = LoggerFactory.getLogger(Purge.class);

	private final RequestStore requests;

	private final IdempotencyKeys keys;

	private final Supplier<LifecycleProperties> settings;

	private final Clock clock;

	Purge(RequestStore requests, IdempotencyKeys keys, Supplier<LifecycleProperties> settings, Clock clock) {
		this.requests = requests;
		this.keys = keys;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Deletes one batch of each, in transactions of their own that lock nothing but old
	 * rows.
	 * @param exchange told, as {@code scheduler:} wants it, whether there may be more
	 */
	public void purge(Exchange exchange) {
		Instant before = this.clock.instant().minus(this.settings.get().keep());
		int batch = this.settings.get().batchSize();
		int requests = this.requests.purge(before, batch);
		// A key outlives its request: it is written later.
		int keys = this.keys.purge(before, batch);
		if (requests + keys > 0) {
			log.debug("Purged {} requests, {} idempotency keys", requests, keys);
		}
		exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, requests >= batch || keys >= batch);
	}

}
