/**
 * The HTTP layer in front of the routes: non-blocking consumer, body limit, headers,
 * problem bodies.
 */
package io.agentassist.bridge.http;
