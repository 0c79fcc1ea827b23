/** Failures: how they are answered and logged, by the policies of the routes. */
package io.agentassist.bridge.failure;
