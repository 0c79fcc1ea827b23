/** The audit log: one hash chain per instance, signed checkpoints, verification. */
package io.agentassist.bridge.audit;
