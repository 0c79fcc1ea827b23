package io.agentassist.bridge.lifecycle;

import java.time.Clock;
import java.time.Instant;
import java.util.function.Supplier;

import io.agentassist.bridge.interaction.DeadLetters;
import io.agentassist.bridge.interaction.IdempotencyKeys;
import io.agentassist.bridge.suggestion.RequestStore;

import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Deletes what is older than it has to be kept: decided requests, idempotency keys and
 * dead letters. Feedback counts stay, since ranking lives on them. Thread safe.
 */
@Component
public class Purge {

	private static final Logger log = LoggerFactory.getLogger(Purge.class);

	private final RequestStore requests;

	private final IdempotencyKeys keys;

	private final DeadLetters deadLetters;

	private final Supplier<LifecycleProperties> settings;

	private final Clock clock;

	Purge(RequestStore requests, IdempotencyKeys keys, DeadLetters deadLetters, Supplier<LifecycleProperties> settings,
			Clock clock) {
		this.requests = requests;
		this.keys = keys;
		this.deadLetters = deadLetters;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Deletes one batch of each, in transactions of their own that lock nothing but old
	 * rows.
	 * @param exchange told, as {@code scheduler:} wants it, whether there may be more
	 */
	public void purge(Exchange exchange) {
		LifecycleProperties settings = this.settings.get();
		Instant before = this.clock.instant().minus(settings.keep());
		int batch = settings.batchSize();
		int requests = this.requests.purge(before, batch);
		// A key outlives its request: it is written later.
		int keys = this.keys.purge(before, batch);
		int letters = this.deadLetters.purge(this.clock.instant().minus(settings.keepDeadLetters()), batch);
		if (requests + keys > 0) {
			log.debug("Purged {} requests, {} idempotency keys", requests, keys);
		}
		// Unlike the others, these were still wanted somewhere.
		if (letters > 0) {
			log.info("Purged {} dead letters that are older than {}", letters, settings.keepDeadLetters());
		}
		exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES,
				requests >= batch || keys >= batch || letters >= batch);
	}

}
