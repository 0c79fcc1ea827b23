package io.agentassist.bridge.http;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

import io.agentassist.bridge.failure.FailureLog;
import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.failure.RetryLaterException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.PathContainer;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.context.request.async.DeferredResultProcessingInterceptor;
import org.springframework.web.context.request.async.WebAsyncUtils;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * A platform-http consumer that releases the request's thread while a route waits.
 * Camel's own consumer holds a thread of Spring's executor (8 by default) until the whole
 * route is done, so eight long polls stop the service. This one starts the route on
 * Tomcat's thread. A route that stays there (the callback) is answered without any
 * hand-over; a route that continues elsewhere (a {@code threads} step, a bean that
 * returns a {@code CompletionStage}) frees the thread at once. An {@link EventStream} is
 * written after the route has ended.
 */
class NonBlockingHttpConsumer extends SpringBootPlatformHttpConsumer {

	private static final Logger log = LoggerFactory.getLogger(NonBlockingHttpConsumer.class);

	private static final String API = "/agentassist/";

	private final BoundedBodyHttpBinding binding;

	private final ProblemTranslator problems;

	private final AnswerCounts counts;

	private final Intakes intakes;

	NonBlockingHttpConsumer(PlatformHttpEndpoint endpoint, Processor processor, BoundedBodyHttpBinding binding,
			ProblemTranslator problems, AnswerCounts counts, Intakes intakes) {
		// The executor is not used: service() is replaced.
		super(endpoint, processor, Runnable::run);
		this.binding = binding;
		this.problems = problems;
		this.counts = counts;
		this.intakes = intakes;
	}

	/**
	 * Runs the route for a request.
	 * @return null if the response has already been written (Spring MVC is then done with
	 * the request), else a future that completes once it has
	 */
	@Override
	public CompletableFuture<Void> service(HttpServletRequest request, HttpServletResponse response) {
		// Read now, as the request may be gone when an asynchronous route ends.
		String operation = request.getMethod() + " " + request.getRequestURI();
		Exchange exchange = createExchange(true);
		exchange.setPattern(ExchangePattern.InOut);
		exchange.setProperty(FailureLog.ANSWERED, exchange);
		TraceContext.enter(request, exchange);
		try {
			return service(operation, exchange, request, response);
		}
		finally {
			TraceContext.leave();
		}
	}

	private CompletableFuture<Void> service(String operation, Exchange exchange, HttpServletRequest request,
			HttpServletResponse response) {
		try {
			String path = request.getServletPath();
			if (path.startsWith(API) && path.endsWith("/")) {
				// Camel takes it for the path without; filters, pauses and metrics do
				// not.
				throw new ResponseStatusException(HttpStatus.NOT_FOUND, "No path of the API ends with a slash.");
			}
			if (isSuspended() || this.intakes.isPaused(operation)) {
				throw new RetryLaterException("This operation is paused.", Duration.ofSeconds(5));
			}
			exchange.getMessage().setBody(read(request, exchange.getMessage()));
			this.binding.readRequest(request, exchange.getMessage());
			createUoW(exchange);
			exchange.setProperty(ProblemTranslator.CALLER, request.getAttribute(ProblemTranslator.CALLER));
			exchange.setProperty(Tenant.PROPERTY, request.getAttribute(Tenant.ATTRIBUTE));
			exchange.setProperty(Tenant.ORGANISATIONS, request.getAttribute(Tenant.ORGANISATIONS));
		}
		catch (Exception ex) {
			releaseExchange(exchange, false);
			writeProblem(operation, response, ex);
			this.counts.count(operation, response);
			return null;
		}
		Object requestBody = exchange.getMessage().getBody();
		CompletableFuture<Void> answered = new CompletableFuture<>();
		CompletionStage<Void> asynchronous = whenAsynchronous(request);
		Thread tomcats = Thread.currentThread();
		AtomicBoolean left = new AtomicBoolean();
		getAsyncProcessor().process(exchange, (routed) -> DeferredOperations.call(exchange, (done) -> {
			// Camel says of no route that it is done synchronously.
			boolean isHere = Thread.currentThread() == tomcats && !left.get();
			boolean isAnsweredHere = isHere && !(exchange.getMessage().getBody() instanceof EventStream);
			(isAnsweredHere ? CompletableFuture.<Void>completedStage(null) : asynchronous)
				.thenComposeAsync((nothing) -> answer(exchange, operation, response, requestBody),
						isHere ? Runnable::run : (answer) -> run(request, operation, answer))
				.whenComplete((nothing, failure) -> answered.complete(null));
		}));
		left.set(true);
		return answered.isDone() ? null : answered;
	}

	/**
	 * Runs the answer of a route that continued elsewhere on a thread of Tomcat's, since
	 * a caller who reads slowly holds the thread that writes.
	 */
	private static void run(HttpServletRequest request, String operation, Runnable answer) {
		Map<String, String> logContext = Objects.requireNonNullElse(MDC.getCopyOfContextMap(), Map.of());
		try {
			request.getAsyncContext().start(() -> {
				MDC.setContextMap(logContext);
				try {
					answer.run();
				}
				finally {
					MDC.clear();
				}
			});
		}
		catch (IllegalStateException | RejectedExecutionException ex) {
			// The request, or the server, has ended. The exchange has yet to.
			log.debug("No thread to answer {} on: {}", operation, ex.toString());
			answer.run();
		}
	}

	private Object read(HttpServletRequest request, Message message) {
		try {
			return this.binding.parseBody(request, message);
		}
		catch (IOException ex) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "The body did not arrive.", ex);
		}
	}

	private CompletionStage<Void> answer(Exchange exchange, String operation, HttpServletResponse response,
			Object requestBody) {
		try {
			if (exchange.getException() != null) {
				writeProblem(operation + ProblemTranslator.ids(exchange), response, exchange.getException());
			}
			else if (isBareError(exchange.getMessage(), requestBody)) {
				writeProblem(operation, response, bareError(status(exchange.getMessage()), operation));
			}
			else if (exchange.getMessage().getBody() instanceof EventStream stream) {
				return stream.open(response);
			}
			else {
				this.binding.writeResponse(exchange, response);
			}
		}
		catch (Exception ex) {
			exchange.setException(ex);
			if (response.isCommitted()) {
				// The caller has gone, or its connection broke.
				log.debug("Response of {} not written: {}", operation, ex.toString());
			}
			else {
				response.resetBuffer();
				writeProblem(operation + ProblemTranslator.ids(exchange), response, ex);
			}
		}
		finally {
			// First, as a response that Tomcat has ended meanwhile cannot be counted.
			doneUoW(exchange);
			releaseExchange(exchange, false);
			this.counts.count(operation, response);
		}
		return CompletableFuture.completedFuture(null);
	}

	/**
	 * Completes once the request's thread has returned to Spring, which makes the request
	 * asynchronous. Nothing may be written before by another thread: after a write that
	 * failed, because the caller has gone, it cannot become asynchronous any more.
	 */
	private static CompletionStage<Void> whenAsynchronous(HttpServletRequest request) {
		CompletableFuture<Void> begun = new CompletableFuture<>();
		WebAsyncUtils.getAsyncManager(request)
			.registerDeferredResultInterceptor(begun, new DeferredResultProcessingInterceptor() {

				@Override
				public <T> void preProcess(NativeWebRequest request, DeferredResult<T> result) {
					begun.complete(null);
				}
			});
		return begun;
	}

	/**
	 * If no operation has the path, Camel's OpenAPI router sets only the status, so the
	 * request's body would be sent back.
	 */
	private static boolean isBareError(Message message, Object requestBody) {
		return status(message) >= HttpStatus.BAD_REQUEST.value() && message.getBody() == requestBody;
	}

	private ErrorResponseException bareError(int status, String operation) {
		ErrorResponseException failure = new ErrorResponseException(HttpStatusCode.valueOf(status));
		if (status == HttpStatus.METHOD_NOT_ALLOWED.value()) {
			String[] methodAndPath = operation.split(" ", 2);
			failure.setDetail("This path does not accept " + methodAndPath[0] + " requests.");
			failure.getHeaders().setAllow(methods(PathContainer.parsePath(methodAndPath[1])));
		}
		return failure;
	}

	/** The methods of the contract's operations at a path. */
	private Set<HttpMethod> methods(PathContainer path) {
		return getEndpoint().getCamelContext()
			.getRestRegistry()
			.listAllRestServices()
			.stream()
			.filter((operation) -> PathPatternParser.defaultInstance
				.parse(operation.getBasePath() + operation.getBaseUrl())
				.matches(path))
			.map((operation) -> HttpMethod.valueOf(operation.getMethod()))
			.collect(Collectors.toSet());
	}

	private static int status(Message message) {
		return message.getHeader(Exchange.HTTP_RESPONSE_CODE, HttpStatus.OK.value(), int.class);
	}

	private void writeProblem(String operation, HttpServletResponse response, Exception failure) {
		try {
			this.problems.write(operation, response, failure);
		}
		catch (IOException ex) {
			log.debug("Problem of {} not written: {}", operation, ex.toString());
		}
	}

}
