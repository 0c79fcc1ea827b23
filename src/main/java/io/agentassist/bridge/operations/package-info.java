/** What operators see and steer. */
package io.agentassist.bridge.operations;
