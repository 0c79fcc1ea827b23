/** The provider: its token, its query, its answers and its failures. */
package io.agentassist.bridge.genesys;
