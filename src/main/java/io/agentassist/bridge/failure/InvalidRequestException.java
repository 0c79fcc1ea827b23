package io.agentassist.bridge.failure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** Thrown when a request breaks the contract (400). */
public class InvalidRequestException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	/**
	 * The log shows only the first few errors of a body that breaks the contract
	 * thousands of times.
	 */
	private static final int MOST_IN_LOG = 10;

	private final String summary;

	/**
	 * Creates the answer.
	 * @param field the JSON name of the field or the name of the parameter
	 * @param message what is wrong with it, as a sentence
	 */
	public InvalidRequestException(String field, String message) {
		this(List.of(error(field, message)));
	}

	InvalidRequestException(List<Map<String, String>> errors) {
		super(HttpStatus.BAD_REQUEST, problem(errors), null);
		this.summary = errors.stream()
			.limit(MOST_IN_LOG)
			.map((error) -> error.get("field") + ": " + error.get("message"))
			.collect(Collectors.joining(" "));
	}

	/** One entry of {@code errors}; the field is shown first. */
	static Map<String, String> error(String field, String message) {
		Map<String, String> error = new LinkedHashMap<>();
		error.put("field", field);
		error.put("message", message);
		return error;
	}

	/** The errors with their fields, for the log. */
	String summary() {
		return this.summary;
	}

	private static ProblemDetail problem(List<Map<String, String>> errors) {
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST,
				String.join(" ", errors.stream().map((error) -> error.get("message")).distinct().toList()));
		problem.setProperty("errors", errors);
		return problem;
	}

}
