package io.agentassist.bridge.lifecycle;

import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;

import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.TrackedRequest;

import org.apache.camel.Exchange;
import org.springframework.stereotype.Component;

/** Gives up requests whose callback does not come. Thread safe. */
@Component
public class RequestExpiry {

	private final RequestStore requests;

	private final Supplier<LifecycleProperties> settings;

	private final Clock clock;

	RequestExpiry(RequestStore requests, Supplier<LifecycleProperties> settings, Clock clock) {
		this.requests = requests;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Marks a batch of overdue requests as expired, in the caller's transaction. Those
	 * that another replica or a callback has locked are left to it.
	 * @param exchange told, as {@code scheduler:} wants it, whether there may be more
	 * @return the requests as they are now
	 */
	public List<TrackedRequest> expire(Exchange exchange) {
		int batch = this.settings.get().batchSize();
		List<TrackedRequest> expired = this.requests
			.expire(this.clock.instant().minus(this.settings.get().expireAfter()), batch);
		exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, expired.size() == batch);
		return expired;
	}

}
