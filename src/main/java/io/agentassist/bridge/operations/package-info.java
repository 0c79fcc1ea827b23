/** What operators see and control. */
package io.agentassist.bridge.operations;
