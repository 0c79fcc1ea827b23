/**
 * The HTTP layer around the routes: non-blocking consumer, body limit, headers, event
 * streams; limits for outgoing calls.
 */
package io.agentassist.bridge.http;
