package io.agentassist.bridge.callback;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

import io.agentassist.bridge.suggestion.RequestStore;
import io.agentassist.bridge.suggestion.RequestWatcher;
import io.agentassist.bridge.suggestion.TrackedRequest;
import io.agentassist.bridge.suggestion.UnknownRequestException;

import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/**
 * Finds the request an outcome belongs to; its callback may arrive before the request is
 * stored.
 */
@Component
public class CallbackRequests {

	private final RequestStore requests;

	private final RequestWatcher watcher;

	private final Duration wait;

	CallbackRequests(RequestStore requests, RequestWatcher watcher, CallbackProperties properties) {
		this.requests = requests;
		this.watcher = watcher;
		this.wait = properties.unknownRequestWait();
	}

	/**
	 * Finds the request and locks it for the rest of the caller's transaction.
	 * @param requestId its id
	 * @param found the request if it was found before, else null
	 * @return the request as it is now; null if there is none
	 * @throws UnknownRequestException if it was found before but is gone now
	 */
	public TrackedRequest lock(@ExchangeProperty("requestId") String requestId,
			@ExchangeProperty("request") TrackedRequest found) {
		return (found != null) ? this.requests.lock(found) : this.requests.findAndLock(requestId).orElse(null);
	}

	/**
	 * Waits for the request to appear, at most
	 * {@code agentassist.callback.unknown-request-wait}: a callback may overtake the
	 * answer to its own request.
	 * @param requestId its id
	 * @return the request, or empty once the wait is over
	 */
	public CompletionStage<Optional<TrackedRequest>> await(@ExchangeProperty("requestId") String requestId) {
		return this.watcher.awaitExistence(requestId, this.wait);
	}

}
