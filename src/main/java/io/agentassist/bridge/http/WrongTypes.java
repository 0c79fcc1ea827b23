package io.agentassist.bridge.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.StringUtils;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/**
 * Logs and counts bodies of the wrong type. Spring refuses them silently, before any
 * route, so that a provider whose callbacks have one would seem to send none.
 */
@ControllerAdvice
class WrongTypes extends ResponseEntityExceptionHandler {

	private static final Logger log = LoggerFactory.getLogger(WrongTypes.class);

	private static final int LONGEST = 200;

	private final AnswerCounts counts;

	WrongTypes(AnswerCounts counts) {
		this.counts = counts;
	}

	@Override
	protected ResponseEntity<Object> handleHttpMediaTypeNotSupported(HttpMediaTypeNotSupportedException failure,
			HttpHeaders headers, HttpStatusCode status, WebRequest webRequest) {
		ServletWebRequest web = (ServletWebRequest) webRequest;
		HttpServletRequest request = web.getRequest();
		HttpServletResponse response = web.getResponse();
		String operation = request.getMethod() + " " + request.getServletPath();
		log.info("{} answered {}: the body's Content-Type is {}", StringUtils.truncate(operation, LONGEST),
				status.value(), name(failure.getContentType()));
		response.setStatus(status.value());
		this.counts.count(operation, response);
		return super.handleHttpMediaTypeNotSupported(failure, headers, status, webRequest);
	}

	/** Without parameters, which may be any text. */
	private static String name(MediaType type) {
		return (type != null) ? StringUtils.truncate(type.getType() + "/" + type.getSubtype(), LONGEST) : "missing";
	}

}
