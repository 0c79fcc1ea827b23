/** What an agent's desktop uses of the bridge: suggestion streams and the panel. */
package io.agentassist.bridge.desktop;
