/** Interactions: the events, and the outbox that keeps them. */
package io.agentassist.bridge.interaction;
