/** Settings that may change while the bridge runs. */
package io.agentassist.bridge.settings;
