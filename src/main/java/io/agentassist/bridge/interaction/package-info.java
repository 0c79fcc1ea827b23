/** Interactions: their events, and the outbox that stores them. */
package io.agentassist.bridge.interaction;
