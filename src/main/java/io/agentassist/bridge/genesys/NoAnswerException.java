package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;

import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponse;

/**
 * The provider gave no answer, or none that can be read. Tells its failures from those of
 * other systems that a route calls.
 */
class NoAnswerException extends IOException implements ErrorResponse {

	private static final long serialVersionUID = 1L;

	private final transient ProblemDetail body;

	NoAnswerException(IOException cause) {
		super(cause.getMessage(), cause);
		boolean isTimeout = cause instanceof SocketTimeoutException;
		this.body = ProblemDetail.forStatusAndDetail(isTimeout ? HttpStatus.GATEWAY_TIMEOUT : HttpStatus.BAD_GATEWAY,
				"The provider " + (isTimeout ? "did not answer in time." : failure(cause)));
	}

	private static String failure(IOException cause) {
		if (cause instanceof MessageConstraintException) {
			return "sent too many headers, or too long ones.";
		}
		// Where there was no connection, or no beginning of an answer, it is a
		// ConnectionFailedException.
		return (cause instanceof ConnectionClosedException || cause instanceof MalformedChunkCodingException
				|| cause instanceof SocketException) ? "broke its answer off." : "could not be reached.";
	}

	@Override
	public HttpStatusCode getStatusCode() {
		return HttpStatusCode.valueOf(this.body.getStatus());
	}

	@Override
	public ProblemDetail getBody() {
		return this.body;
	}

}
