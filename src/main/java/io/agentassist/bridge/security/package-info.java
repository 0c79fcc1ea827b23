/** Who may call the API. */
package io.agentassist.bridge.security;
