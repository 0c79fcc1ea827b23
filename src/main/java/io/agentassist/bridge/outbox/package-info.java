/**
 * The outbox: events that wait for their delivery to analytics and to the audit log, and
 * those that were given up.
 */
package io.agentassist.bridge.outbox;
