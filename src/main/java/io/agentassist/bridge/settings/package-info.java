/** What is said of settings: that they are missing or wrong, or in force from now on. */
package io.agentassist.bridge.settings;
