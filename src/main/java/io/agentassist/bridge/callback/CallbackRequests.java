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

/** Finds the request that an outcome is of, whose callback may come before it is kept. */
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
	 * Finds it and locks it for the rest of the caller's transaction.
	 * @param requestId its id
	 * @param found the request if it was found before, else null
	 * @return the request as it is now; null where there is none
	 * @throws UnknownRequestException when it was found before and is gone
	 */
	public TrackedRequest lock(@ExchangeProperty("requestId") String requestId,
			@ExchangeProperty("request") TrackedRequest found) {
		return (found != null) ? this.requests.lock(found) : this.requests.findAndLock(requestId).orElse(null);
	}

	/**
	 * Waits until it is there, but not for longer than
	 * {@code agentassist.callback.unknown-request-wait}: a callback may overtake the
	 * answer to its own request.
	 * @param requestId its id
	 * @return the request, or empty, when the wait is over
	 */
	public CompletionStage<Optional<TrackedRequest>> await(@ExchangeProperty("requestId") String requestId) {
		return this.watcher.awaitExistence(requestId, this.wait);
	}

}
