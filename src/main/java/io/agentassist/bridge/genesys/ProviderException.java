package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.agentassist.bridge.failure.RetryAfter;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/**
 * The provider refused a call or failed at it. The caller gets 429 if the provider limits
 * us, otherwise 502; the provider's own words are in the problem's {@code provider}.
 */
class ProviderException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	private final int providerStatus;

	private final transient Duration retryAfter;

	private final String summary;

	/**
	 * Creates the failure.
	 * @param providerStatus the provider's HTTP status
	 * @param code the provider's code, may be null
	 * @param message the provider's message, may be null
	 * @param contextId the provider's context id, may be null
	 * @param correlationId the provider's {@code ININ-Correlation-Id}, may be null
	 * @param retryAfter the provider's {@code Retry-After}, may be null
	 * @param loggable the message without quotes from the transcript, may be null
	 */
	ProviderException(int providerStatus, String code, String message, String contextId, String correlationId,
			Duration retryAfter, String loggable) {
		super(status(providerStatus), problem(providerStatus, code, message, contextId, correlationId), null);
		this.providerStatus = providerStatus;
		this.retryAfter = retryAfter;
		this.summary = "HTTP " + providerStatus + said("code ", code) + said("contextId ", contextId)
				+ said("ININ-Correlation-Id ", correlationId) + said("message: ", loggable);
		if (getStatusCode() == HttpStatus.TOO_MANY_REQUESTS) {
			getHeaders().set(HttpHeaders.RETRY_AFTER,
					RetryAfter.of(Objects.requireNonNullElse(retryAfter, Duration.ZERO)));
		}
	}

	/** For an unusable answer: the provider's status is fine, but the body is not. */
	ProviderException(int providerStatus, String message, String correlationId) {
		this(providerStatus, "unusable.answer", message, null, correlationId, null, message);
	}

	private static String said(String name, String value) {
		return (value != null) ? ", " + name + value : "";
	}

	private static HttpStatus status(int providerStatus) {
		return (providerStatus == HttpStatus.TOO_MANY_REQUESTS.value()) ? HttpStatus.TOO_MANY_REQUESTS
				: HttpStatus.BAD_GATEWAY;
	}

	private static ProblemDetail problem(int providerStatus, String code, String message, String contextId,
			String correlationId) {
		Map<String, Object> provider = new LinkedHashMap<>();
		provider.put("status", providerStatus);
		provider.put("code", code);
		provider.put("message", message);
		provider.put("context_id", contextId);
		provider.put("correlation_id", correlationId);
		provider.values().removeIf((value) -> value == null);
		HttpStatus status = status(providerStatus);
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status,
				(status == HttpStatus.TOO_MANY_REQUESTS) ? "The provider limits our requests."
						: "The provider answered " + providerStatus + ((code != null) ? " (" + code + ")." : "."));
		problem.setProperty("provider", provider);
		return problem;
	}

	/**
	 * One line for the log: what the provider said and what its support asks for, without
	 * quotes from the transcript.
	 */
	@Override
	public String getMessage() {
		return this.summary;
	}

	/**
	 * The provider's HTTP status.
	 * @return 200 to 599
	 */
	int providerStatus() {
		return this.providerStatus;
	}

	/**
	 * How long the provider asks us to wait.
	 * @return null if it did not say
	 */
	Duration retryAfter() {
		return this.retryAfter;
	}

}
