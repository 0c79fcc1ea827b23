package io.agentassist.bridge.http;

import java.util.concurrent.CompletionStage;

import jakarta.servlet.http.HttpServletResponse;

/**
 * A body that a route leaves to be written bit by bit, for as long as the caller listens
 * (Server-Sent Events). The route and its exchange end before it: an edit of the route
 * neither waits for its streams nor ends them.
 */
public interface EventStream {

	/**
	 * Begins to write. The stream sets the answer's type; the headers and the status of
	 * the route's message do not count.
	 * @param response not committed
	 * @return ends when nothing more will be written
	 */
	CompletionStage<Void> open(HttpServletResponse response);

}
