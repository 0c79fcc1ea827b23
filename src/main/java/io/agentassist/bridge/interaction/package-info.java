/** Interactions: feedback, events, their record, and the erasure of a conversation. */
package io.agentassist.bridge.interaction;
