/** Suggestion requests: what an agent desktop asks for, and the outcome. */
package io.agentassist.bridge.suggestion;
