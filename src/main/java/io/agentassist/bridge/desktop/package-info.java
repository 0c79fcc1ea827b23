/** What an agent's desktop sees of the bridge: streams of suggestions, and the panel. */
package io.agentassist.bridge.desktop;
