/**
 * The HTTP layer in front of the routes: non-blocking consumer, body limit, headers,
 * event streams.
 */
package io.agentassist.bridge.http;
