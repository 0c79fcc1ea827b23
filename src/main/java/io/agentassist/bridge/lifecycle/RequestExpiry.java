package io.agentassist.bridge.lifecycle;

import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;

import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Gives up on requests whose callback does not arrive. Thread safe. */
@Component
public class RequestExpiry {

	private static final Logger log = LoggerFactory.getLogger(RequestExpiry.class);

	private final RequestStore requests;

	private final Supplier<LifecycleProperties> settings;

	private final Clock clock;

	RequestExpiry(RequestStore requests, Supplier<LifecycleProperties> settings, Clock clock) {
		this.requests = requests;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Marks a batch of overdue requests as expired, in the caller's transaction. Requests
	 * locked by another instance or a callback are skipped.
	 * @param exchange receives, in the form that {@code scheduler:} expects, whether
	 * there may be more; only after the commit, or a failing batch would be retried at
	 * once, endlessly
	 * @return the requests as they are now
	 */
	public List<TrackedRequest> expire(Exchange exchange) {
		int batch = this.settings.get().batchSize();
		List<TrackedRequest> expired = this.requests
			.expire(this.clock.instant().minus(this.settings.get().expireAfter()), batch);
		exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, false);
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public void afterCommit() {
				exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, expired.size() == batch);
				expired.forEach((request) -> log.warn("Request {} of conversation {} has expired, no callback since {}",
						request.requestId(), request.conversationId(), request.submittedAt()));
			}

		});
		return expired;
	}

}
