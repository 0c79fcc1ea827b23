package io.agentassist.bridge.genesys;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * The provider's login host refuses our client credentials (502); there is no point in
 * retrying.
 */
class CredentialsRefusedException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	CredentialsRefusedException(ProviderException refusal) {
		super(HttpStatus.BAD_GATEWAY, refusal.getBody(), refusal);
		setDetail("The provider refuses our client credentials.");
	}

	/** One line for the log: what the login host said. */
	@Override
	public String getMessage() {
		return getCause().getMessage();
	}

}
