package io.agentassist.bridge.callback;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

import io.agentassist.bridge.suggestion.RequestWatcher;
import io.agentassist.bridge.suggestion.TrackedRequest;
import io.agentassist.bridge.suggestion.UnknownRequestException;

import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Finds the request that a callback answers. */
@Component
public class CallbackRequests {

	private final RequestWatcher watcher;

	private final Duration wait;

	CallbackRequests(RequestWatcher watcher, CallbackProperties properties) {
		this.watcher = watcher;
		this.wait = properties.unknownRequestWait();
	}

	/**
	 * Finds it, at once or, as a callback may overtake the answer to its own request, a
	 * little later.
	 * @param callback the callback
	 * @return the request
	 * @throws UnknownRequestException by the stage, when there is none
	 */
	public CompletionStage<TrackedRequest> find(@ExchangeProperty("callback") Callback callback) {
		return this.watcher.awaitExistence(callback.requestId(), this.wait)
			.thenApply((found) -> found.orElseThrow(() -> new UnknownRequestException("Unknown request ID")));
	}

}
