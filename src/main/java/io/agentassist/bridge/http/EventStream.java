package io.agentassist.bridge.http;

import java.util.concurrent.CompletionStage;

import jakarta.servlet.http.HttpServletResponse;

/**
 * A body that is written bit by bit for as long as the caller listens (Server-Sent
 * Events). The route and its exchange end before the stream does, so an edit of the route
 * neither waits for its streams nor ends them.
 */
public interface EventStream {

	/**
	 * Starts writing. The stream sets the answer's content type; the headers and status
	 * of the route's message are ignored.
	 * @param response the response, not yet committed
	 * @return completes when nothing more will be written
	 */
	CompletionStage<Void> open(HttpServletResponse response);

}
