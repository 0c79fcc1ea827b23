package io.agentassist.bridge.http;

import java.io.IOException;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.web.servlet.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

/**
 * Writes the servlet container's error answers once the filters have begun (an invalid
 * chunk, a body that stalls, a failed filter). Replaces Spring Boot's controller, which
 * uses its own body format and answers 500 to a request for {@code /error}.
 */
@Controller
class ProblemErrorController implements ErrorController {

	private final ObjectMapper json;

	ProblemErrorController(ObjectMapper json) {
		this.json = json;
	}

	@RequestMapping("${server.error.path:/error}")
	void error(HttpServletRequest request, HttpServletResponse response) throws IOException {
		HttpStatusCode status = (request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code)
				? HttpStatusCode.valueOf(code) : HttpStatus.NOT_FOUND;
		response.setStatus(status.value());
		response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
		ProblemDetail problem = ProblemDetail.forStatus(status);
		problem.setDetail(detail(status.value()));
		response.getOutputStream().write(this.json.writeValueAsBytes(problem));
	}

	/** Null if there is nothing to say. */
	private static String detail(int status) {
		return switch (status) {
			case 400 -> "The body cannot be read.";
			case 404 -> "There is nothing at this path.";
			case 408 -> BoundedBodyHttpBinding.STALLED;
			default -> null;
		};
	}

}
