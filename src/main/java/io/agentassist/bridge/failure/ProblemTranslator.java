package io.agentassist.bridge.failure;

import java.io.CharConversionException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.CharacterCodingException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.ConstraintViolation;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.bean.validator.BeanValidationException;
import org.apache.camel.support.processor.PredicateValidationException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.TruncatedChunkException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.util.StringUtils;
import org.springframework.web.ErrorResponse;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.server.ResponseStatusException;

/**
 * Turns a failure into an answer: an RFC 9457 problem with its status and headers, and
 * one log line. Routes call it as the bean {@code problems} from
 * {@code routes/error-policies.camel.yaml}. Thread safe.
 */
@Component("problems")
public class ProblemTranslator {

	/**
	 * Attribute of a servlet request and property of an exchange: who calls, for the log.
	 */
	public static final String CALLER = "agentassist.caller";

	private static final Logger log = LoggerFactory.getLogger(ProblemTranslator.class);

	private static final Duration STATE_RETRY_AFTER = Duration.ofSeconds(2);

	private static final Duration SATURATION_RETRY_AFTER = Duration.ofSeconds(1);

	private static final int MAX_ID_LENGTH = 200;

	/** With who called, and ids. */
	private static final int MAX_OPERATION_LENGTH = 3 * MAX_ID_LENGTH;

	private static final String GIVEN_TWICE = "Is given twice.";

	/** Jackson's words: the exception has no type of its own. */
	private static final Pattern DUPLICATE_FIELD = Pattern.compile("Duplicate field '(.*)'", Pattern.DOTALL);

	/** Anything other than a plain name might be text that belongs in no log. */
	private static final Pattern PLAIN_NAME = Pattern.compile("[\\w.-]{1,40}");

	/** Failures of the provider are told apart where it is called. */
	private static final String OTHER_SYSTEM = "A system that the route calls ";

	private final ObjectMapper json;

	private final UnexpectedFailures unexpected;

	ProblemTranslator(ObjectMapper json, UnexpectedFailures unexpected) {
		this.json = json;
		this.unexpected = unexpected;
	}

	/**
	 * Replaces the message with the answer to the exchange's caught exception.
	 * @param exchange a failed exchange, in an {@code onException} or {@code doCatch}
	 * @throws JsonProcessingException never in practice: the body consists of strings and
	 * numbers
	 */
	public void answer(Exchange exchange) throws JsonProcessingException {
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		ErrorResponse answer = translate(failure);
		String step = (String) exchange.removeProperty(FailedStep.PROPERTY);
		if (FailureLog.isCopy(exchange)) {
			this.unexpected.log(describe(exchange), step, "", failure);
		}
		else {
			log(answer, failure, describe(exchange), step);
		}
		Message message = exchange.getMessage();
		message.removeHeaders("*");
		message.setBody(this.json.writeValueAsBytes(answer.getBody()));
		message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.getStatusCode().value());
		message.setHeader(Exchange.CONTENT_TYPE, MediaType.APPLICATION_PROBLEM_JSON_VALUE);
		answer.getHeaders().toSingleValueMap().forEach(message::setHeader);
	}

	/**
	 * Answers a failed request that no route answers.
	 * @param operation method and path, for the log
	 * @param response the response, not yet committed
	 * @param failure what went wrong
	 * @throws IOException when the caller has gone
	 */
	public void write(String operation, HttpServletResponse response, Exception failure) throws IOException {
		ErrorResponse answer = translate(failure);
		log(answer, failure, StringUtils.truncate(operation, MAX_OPERATION_LENGTH), null);
		byte[] body = this.json.writeValueAsBytes(answer.getBody());
		response.setStatus(answer.getStatusCode().value());
		response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
		answer.getHeaders().toSingleValueMap().forEach(response::setHeader);
		response.setContentLength(body.length);
		response.getOutputStream().write(body);
	}

	private static ErrorResponse translate(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof ErrorResponse answer) {
				return answer;
			}
			if (cause instanceof BeanValidationException invalid) {
				return new InvalidRequestException(invalid.getConstraintViolations()
					.stream()
					.map((violation) -> InvalidRequestException.error(fieldName(violation), violation.getMessage()))
					.sorted(Comparator.comparing((error) -> error.get("field")))
					.toList());
			}
			if (cause instanceof JsonMappingException && isSyntaxError(cause.getCause())) {
				// Jackson names the field at which it stopped here, too.
				continue;
			}
			if (cause instanceof JsonMappingException mismatch && !mismatch.getPath().isEmpty()) {
				return new InvalidRequestException(
						List.of(InvalidRequestException.error(fieldName(mismatch), message(mismatch))));
			}
			if (cause instanceof StreamReadException syntax) {
				Matcher duplicate = DUPLICATE_FIELD.matcher(syntax.getOriginalMessage());
				if (duplicate.matches()) {
					return PLAIN_NAME.matcher(duplicate.group(1)).matches()
							? new InvalidRequestException(duplicate.group(1), GIVEN_TWICE)
							: new ResponseStatusException(HttpStatus.BAD_REQUEST, "A field is given twice.");
				}
			}
			if (cause instanceof StreamConstraintsException) {
				return new ResponseStatusException(HttpStatus.BAD_REQUEST,
						"The JSON is nested too deeply, or has too many values, or too long a name or number.");
			}
			if (isOfContent(cause) || cause instanceof PredicateValidationException) {
				return new ResponseStatusException(HttpStatus.BAD_REQUEST, "The body is not a JSON object.");
			}
			if (cause instanceof SocketTimeoutException) {
				return new ResponseStatusException(HttpStatus.GATEWAY_TIMEOUT,
						OTHER_SYSTEM + "did not answer in time.");
			}
			if (cause instanceof IOException) {
				return new ResponseStatusException(HttpStatus.BAD_GATEWAY, OTHER_SYSTEM + "could not be reached.");
			}
			if (cause instanceof CallNotPermittedException) {
				return new RetryLaterException(OTHER_SYSTEM + "keeps failing; calls to it are suspended.",
						STATE_RETRY_AFTER);
			}
			if (cause instanceof BulkheadFullException) {
				return new RetryLaterException("Too many requests are in progress.", SATURATION_RETRY_AFTER);
			}
			if (cause instanceof DataAccessException || cause instanceof TransactionException) {
				return new RetryLaterException("The database is not available, try again.", STATE_RETRY_AFTER);
			}
		}
		return new ErrorResponseException(HttpStatus.INTERNAL_SERVER_ERROR);
	}

	/** Whether a message cannot be read, which the failure's own message may quote. */
	static boolean isOfContent(Throwable failure) {
		return failure instanceof JsonProcessingException || failure instanceof CharConversionException
				|| failure instanceof CharacterCodingException;
	}

	private static String fieldName(ConstraintViolation<?> violation) {
		return SnakeCaseStrategy.INSTANCE
			.translate(violation.getPropertyPath().toString().replace(".<list element>", ""));
	}

	private static boolean isSyntaxError(Throwable cause) {
		return (cause instanceof StreamReadException && !(cause instanceof InputCoercionException))
				|| cause instanceof StreamConstraintsException || cause instanceof CharConversionException;
	}

	private static String message(JsonMappingException mismatch) {
		if (mismatch instanceof InvalidFormatException invalid && invalid.getTargetType().isEnum()) {
			return Stream.of(invalid.getTargetType().getEnumConstants())
				.map((value) -> value.toString().toLowerCase(Locale.ROOT))
				.collect(Collectors.joining(", ", "Must be one of ", "."));
		}
		// Jackson cannot set a field of a record that is complete: the field was there
		// before, in its other spelling.
		return (mismatch instanceof InvalidDefinitionException) ? GIVEN_TWICE : "Has the wrong type.";
	}

	private static String fieldName(JsonMappingException mismatch) {
		List<String> path = new ArrayList<>();
		for (JsonMappingException.Reference reference : mismatch.getPath()) {
			path.add((reference.getFieldName() != null) ? reference.getFieldName() : "[" + reference.getIndex() + "]");
		}
		return String.join(".", path).replace(".[", "[");
	}

	/**
	 * The failed route, or the one where the exchange began, with the ids of the request.
	 */
	static String describe(Exchange exchange) {
		return exchange.getProperty(Exchange.FAILURE_ROUTE_ID, exchange.getFromRouteId(), String.class) + ids(exchange);
	}

	/**
	 * The caller and the ids of the request and conversation, for a log line.
	 * @param exchange the exchange that works for the request
	 * @return the ids, to be read between commas; empty if unknown
	 */
	public static String ids(Exchange exchange) {
		String ids = named("caller", exchange.getProperty(CALLER)) + named("request", exchange.getProperty("requestId"))
				+ named("conversation", exchange.getProperty("conversationId"));
		return ids.isEmpty() ? "" : ids + ",";
	}

	/** Truncated, as a refused id may have any length. */
	private static String named(String what, Object id) {
		return (id != null) ? ", " + what + " " + StringUtils.truncate(id.toString(), MAX_ID_LENGTH) : "";
	}

	/**
	 * Our own answers already say everything in their detail, unless they carry the
	 * provider's words. Of other exceptions only the first line is logged: later lines
	 * may quote a row of the database.
	 */
	private static String reason(Throwable cause, ProblemDetail problem) {
		boolean providerSpoke = problem.getProperties() != null && problem.getProperties().containsKey("provider");
		return (cause instanceof ErrorResponse && !providerSpoke) ? "" : ": " + firstLine(cause);
	}

	/**
	 * Names the root cause of a failure in one line, and before it what the database's
	 * driver says, which may name the server.
	 * @param failure the failure
	 * @return the type and the first line of the message of each
	 */
	public static String causeOf(Throwable failure) {
		Throwable root = NestedExceptionUtils.getMostSpecificCause(failure);
		Throwable driver = root;
		for (Throwable each = failure; each != null; each = each.getCause()) {
			if (each instanceof SQLException) {
				driver = each;
			}
		}
		return (driver == root) ? inOneLine(root) : inOneLine(driver) + " (" + inOneLine(root) + ")";
	}

	private static String inOneLine(Throwable failure) {
		return failure.getClass().getSimpleName() + ": " + firstLine(failure);
	}

	/**
	 * HttpClient quotes an answer that it cannot read, which may quote the query or the
	 * token.
	 */
	private static String firstLine(Throwable failure) {
		if (failure instanceof HttpException || (failure instanceof MalformedChunkCodingException
				&& !(failure instanceof TruncatedChunkException))) {
			return "not HTTP";
		}
		return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
	}

	private void log(ErrorResponse answer, Exception failure, String what, String step) {
		int status = answer.getStatusCode().value();
		ProblemDetail problem = answer.getBody();
		String detail = (problem.getDetail() != null) ? problem.getDetail() : problem.getTitle();
		if (status == HttpStatus.INTERNAL_SERVER_ERROR.value()) {
			this.unexpected.log(what, step, ", answered 500", failure);
		}
		else if (status > HttpStatus.INTERNAL_SERVER_ERROR.value() || status == HttpStatus.TOO_MANY_REQUESTS.value()) {
			Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
			// A line for each request would bury the one that tells why the breaker is
			// open.
			log.atLevel((cause instanceof CallsSuspendedException) ? Level.INFO : Level.WARN)
				.log("{} answered {}{}: {} ({}{})", what, status, UnexpectedFailures.at(step), detail,
						cause.getClass().getSimpleName(), reason(cause, problem));
		}
		else {
			log.info("{} answered {}: {}", what, status,
					(answer instanceof InvalidRequestException invalid) ? invalid.summary() : detail);
		}
	}

}
