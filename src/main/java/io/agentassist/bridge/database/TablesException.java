package io.agentassist.bridge.database;

/** Thrown for tables on which the bridge does not start. */
class TablesException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String action;

	TablesException(String message, String action) {
		super(message);
		this.action = action;
	}

	/** What the operator can do. */
	String action() {
		return this.action;
	}

}
