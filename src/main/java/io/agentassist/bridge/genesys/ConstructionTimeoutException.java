package io.agentassist.bridge.genesys;

import java.time.Duration;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** Building a query took too long (504); the provider was not called. */
class ConstructionTimeoutException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	ConstructionTimeoutException(Duration took, Duration limit) {
		super(HttpStatus.GATEWAY_TIMEOUT);
		setDetail(
				"Building the request took " + took.toMillis() + " ms, over the limit of " + limit.toMillis() + " ms.");
	}

}
