package io.agentassist.bridge.failure;

import java.io.IOException;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.transaction.TransactionException;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.server.ResponseStatusException;

/**
 * Answers operators' requests as the API's are answered: those that need the database
 * while it is not available, and those that cannot be read.
 */
@ControllerAdvice
class EndpointProblems {

	private final ProblemTranslator problems;

	EndpointProblems(ProblemTranslator problems) {
		this.problems = problems;
	}

	@ExceptionHandler({ DataAccessException.class, TransactionException.class })
	void answer(Exception failure, HttpServletRequest request, HttpServletResponse response) throws IOException {
		this.problems.write(request.getMethod() + " " + request.getRequestURI(), response, failure);
	}

	/** Actuator takes nothing between two commas for a media type. */
	@ExceptionHandler
	void answer(InvalidMimeTypeException failure, HttpServletRequest request, HttpServletResponse response)
			throws IOException {
		answer(new ResponseStatusException(HttpStatus.NOT_ACCEPTABLE, "The header Accept cannot be read.", failure),
				request, response);
	}

}
