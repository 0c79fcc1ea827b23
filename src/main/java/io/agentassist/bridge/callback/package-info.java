/** The provider's webhook: who may call it, and what it says. */
package io.agentassist.bridge.callback;
