package io.agentassist.bridge.audit;

/**
 * Thrown when the audit log is not as it was left, so that nothing may be appended to it.
 */
class AuditLogException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	AuditLogException(String message) {
		super(message);
	}

}
