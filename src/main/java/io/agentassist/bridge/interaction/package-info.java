/** Interactions: the events, the outbox that keeps them, the audit log. */
package io.agentassist.bridge.interaction;
