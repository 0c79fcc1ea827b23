package io.agentassist.bridge.genesys;

import java.io.IOException;

/**
 * The provider could not be reached, or the connection broke before an answer arrived;
 * another attempt may succeed.
 */
class ConnectionFailedException extends IOException {

	private static final long serialVersionUID = 1L;

	ConnectionFailedException(IOException cause) {
		super(cause.getMessage(), cause);
	}

}
