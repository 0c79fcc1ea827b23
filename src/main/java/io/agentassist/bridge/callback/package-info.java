/** The provider's webhook: authentication and parsing. */
package io.agentassist.bridge.callback;
