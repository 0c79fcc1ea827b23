/** The life cycle of what is kept: requests expire, old rows are purged. */
package io.agentassist.bridge.lifecycle;
