package io.agentassist.bridge.failure;

import java.io.IOException;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;

/**
 * Answers operators' requests that need the database as the API's are answered while it
 * is not available.
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

}
