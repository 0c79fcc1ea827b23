/** What the sandbox's routes need beside themselves. */
package io.agentassist.bridge.sandbox;
