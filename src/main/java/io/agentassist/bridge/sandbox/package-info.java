/** Beans that the sandbox's routes need. */
package io.agentassist.bridge.sandbox;
