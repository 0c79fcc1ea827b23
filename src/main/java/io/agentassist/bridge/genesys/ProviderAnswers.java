package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.agentassist.bridge.callback.Callback;
import io.agentassist.bridge.callback.CallbackParser;
import io.agentassist.bridge.callback.InvalidCallbackException;
import io.agentassist.bridge.failure.RetryAfter;
import io.agentassist.bridge.suggestion.RequestStatus;
import io.agentassist.bridge.suggestion.SuggestionRequest;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import org.springframework.util.StringUtils;

/** Parses the provider's answers, and turns refusals into exceptions. */
@Component
public class ProviderAnswers {

	private static final String CORRELATION_ID = "ININ-Correlation-Id";

	private static final Pattern CREDENTIALS = Pattern.compile("(?i)\\b(Basic|Bearer)\\s+[^\\s\"',;]+");

	/** Anything other than a plain name might quote the request. */
	private static final Pattern TOKEN = Pattern.compile("[\\w.:-]{1,100}");

	private static final Pattern TYPE = Pattern.compile("[\\w.+-]{1,40}/[\\w.+-]{1,80}");

	private static final int LONGEST_TEXT = 500;

	private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}]+");

	private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{M}\\p{N}]+");

	private final CallbackParser callbacks;

	private final Clock clock;

	ProviderAnswers(CallbackParser callbacks, Clock clock) {
		this.callbacks = callbacks;
		this.clock = clock;
	}

	/**
	 * Throws if the provider did not do what was asked.
	 * @param status the HTTP status
	 * @param body the answer
	 * @param correlationId the provider's correlation id, may be null
	 * @param retryAfter the provider's Retry-After, may be null
	 * @param request what was asked; null if it was a token
	 * @param provider the provider that answers; null if a site's route calls another
	 * system
	 * @throws ProviderException when the status is not 2xx
	 */
	public void failOnRefusal(@Header(Exchange.HTTP_RESPONSE_CODE) int status, byte[] body,
			@Header(CORRELATION_ID) String correlationId, @Header("Retry-After") String retryAfter,
			@ExchangeProperty("suggestionRequest") SuggestionRequest request,
			@ExchangeProperty(Provider.PROPERTY) Provider provider) {
		if (status < 200 || status > 299) {
			throw refusal(status, body, plain(correlationId, request, provider), retryAfter, request, provider);
		}
	}

	/**
	 * Parses the answer to a query.
	 * @param status the HTTP status
	 * @param body the answer
	 * @param correlationId the provider's correlation id, may be null
	 * @param retryAfter the provider's Retry-After, may be null
	 * @param request what was asked
	 * @param provider the provider that answers; null if a site's route calls another
	 * system
	 * @param type the answer's type, may be null
	 * @return the provider's id and status, with suggestions if they are included already
	 * @throws ProviderException if the status is not 2xx, the body does not match the
	 * contract, or the provider has given up on the request
	 */
	public Callback read(@Header(Exchange.HTTP_RESPONSE_CODE) int status, byte[] body,
			@Header(CORRELATION_ID) String correlationId, @Header("Retry-After") String retryAfter,
			@ExchangeProperty("suggestionRequest") SuggestionRequest request,
			@ExchangeProperty(Provider.PROPERTY) Provider provider, @Header(Exchange.CONTENT_TYPE) String type) {
		failOnRefusal(status, body, correlationId, retryAfter, request, provider);
		Function<String, ProviderException> unusable = (reason) -> new ProviderException(status, reason,
				plain(correlationId, request, provider));
		try {
			JsonNode tree = parse(body);
			if (!tree.isObject()) {
				throw unusable.apply("The answer is not a JSON object" + described(body, type) + ".");
			}
			Callback answer = this.callbacks.read(tree);
			String id = answer.requestId();
			if (id.isBlank() || id.chars().anyMatch(Character::isISOControl)) {
				throw unusable.apply("The answer has no usable id.");
			}
			if (answer.isFailed()) {
				throw unusable.apply("The provider reported the request as failed at once.");
			}
			// Without suggestions the request is not completed yet: the callback will
			// bring them.
			boolean queued = answer.isCompleted() ? !tree.hasNonNull("suggestions") : answer.status().isBlank();
			return queued ? new Callback(id, RequestStatus.QUEUED.text(), answer.suggestions()) : answer;
		}
		catch (InvalidCallbackException ex) {
			throw unusable.apply("The answer's suggestions are not a list of objects.");
		}
	}

	private ProviderException refusal(int status, byte[] body, String correlationId, String retryAfter,
			SuggestionRequest request, Provider provider) {
		JsonNode error = parse(body);
		// The token endpoint uses OAuth's names.
		String code = text(error, provider, "code", "error");
		String message = text(error, provider, "message", "error_description", "description");
		if (code != null && token(code) == null) {
			message = (message != null) ? message : code;
			code = null;
		}
		return new ProviderException(status, code, message, token(text(error, provider, "contextId")), correlationId,
				RetryAfter.parse(retryAfter, this.clock.instant()).orElse(null),
				(message != null && request != null) ? mask(message, request.transcript()) : message);
	}

	/** The beginning of the first of these fields that has text; null if none has. */
	private static String text(JsonNode error, Provider provider, String... names) {
		return Stream.of(names)
			.map(error::path)
			.filter((node) -> node.isValueNode() && !node.isNull())
			.map(JsonNode::asText)
			.filter(StringUtils::hasText)
			.findFirst()
			.map((text) -> beginning(withoutCredentials(text, provider)))
			.orElse(null);
	}

	private static String beginning(String text) {
		return (text.codePointCount(0, text.length()) > LONGEST_TEXT)
				? text.substring(0, text.offsetByCodePoints(0, LONGEST_TEXT)) + " …" : text;
	}

	/** What arrived instead, which tells a gateway's page from a broken provider. */
	private static String described(byte[] body, String type) {
		int size = (body != null) ? body.length : 0;
		Matcher name = TYPE.matcher((type != null) ? type : "");
		return ", but " + size + " bytes" + (name.lookingAt() ? " of " + name.group() : "");
	}

	/** An id that quotes neither our credentials nor the transcript; else null. */
	private static String plain(String id, SuggestionRequest request, Provider provider) {
		boolean quotes = id == null || (request != null && !mask(id, request.transcript()).equals(id));
		return quotes ? null : token(withoutCredentials(id, provider));
	}

	private static String token(String text) {
		return (text != null && TOKEN.matcher(text).matches()) ? text : null;
	}

	/** Hides credentials, since a gateway may quote the request's headers. */
	private static String withoutCredentials(String message, Provider provider) {
		String ours = (provider != null) ? provider.tokens().withoutCredentials(message) : message;
		return CREDENTIALS.matcher(ours).replaceAll("$1 ***");
	}

	/**
	 * A message may quote the transcript, which must not get into the log. Words of the
	 * transcript are hidden, whole or cut short, even if the characters between them are
	 * gone.
	 */
	private static String mask(String message, String transcript) {
		String text = transcript.toLowerCase(Locale.ROOT);
		String quotable = text + ' ' + NO_WORD.matcher(text).replaceAll("");
		return WORD.matcher(message)
			.replaceAll((word) -> quotable.contains(word.group().toLowerCase(Locale.ROOT)) ? "***" : word.group());
	}

	/**
	 * Parses an answer.
	 * @param body the bytes as received, may be null
	 * @return the answer; a missing node if it is not JSON
	 */
	JsonNode parse(byte[] body) {
		try {
			return this.callbacks.tree(body);
		}
		catch (IOException ex) {
			return MissingNode.getInstance();
		}
	}

}
