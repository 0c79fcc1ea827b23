package io.agentassist.bridge.lifecycle;

import java.time.Clock;
import java.time.Instant;
import java.util.function.Supplier;

import io.agentassist.bridge.interaction.IdempotencyKeys;
import io.agentassist.bridge.outbox.DeadLetters;
import io.agentassist.bridge.suggestion.RequestStore;

import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Deletes decided requests, idempotency keys and dead letters that have been kept long
 * enough. Feedback counts stay, since ranking needs them. Thread safe.
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
	 * Deletes one batch of each, in separate transactions that lock only old rows.
	 * @param exchange receives, in the form that {@code scheduler:} expects, whether
	 * there may be more
	 */
	public void purge(Exchange exchange) {
		LifecycleProperties settings = this.settings.get();
		Instant before = this.clock.instant().minus(settings.keep());
		int batch = settings.batchSize();
		int requests = this.requests.purge(before, batch);
		// A key is written after its request, so it outlives it.
		int keys = this.keys.purge(before, batch);
		int letters = this.deadLetters.purge(this.clock.instant().minus(settings.keepDeadLetters()), batch);
		if (requests + keys > 0) {
			log.debug("Purged {} requests, {} idempotency keys", requests, keys);
		}
		// Logged at info, since unlike the others these were still wanted somewhere.
		if (letters > 0) {
			log.info("Purged {} dead letters that are older than {}", letters, settings.keepDeadLetters());
		}
		exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES,
				requests >= batch || keys >= batch || letters >= batch);
	}

}
