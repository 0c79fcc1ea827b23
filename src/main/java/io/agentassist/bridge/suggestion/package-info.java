/** Suggestion requests: what an agent desktop asks for, and what has become of it. */
package io.agentassist.bridge.suggestion;
