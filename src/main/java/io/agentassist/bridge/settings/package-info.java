/** Settings: reporting missing and wrong ones, and changing live ones. */
package io.agentassist.bridge.settings;
