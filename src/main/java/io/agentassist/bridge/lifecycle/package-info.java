/** The life cycle of stored data: requests expire, old rows are purged. */
package io.agentassist.bridge.lifecycle;
