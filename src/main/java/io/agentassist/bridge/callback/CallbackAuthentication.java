package io.agentassist.bridge.callback;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;

import org.apache.camel.Headers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponseException;

/**
 * Accepts only the provider's callbacks, as set by {@code agentassist.callback.auth}. It
 * checks the bytes as received, before anything parses them. Thread safe.
 */
@Component
public class CallbackAuthentication {

	private static final Logger log = LoggerFactory.getLogger(CallbackAuthentication.class);

	private final CallbackAuthenticator authenticator;

	CallbackAuthentication(CallbackProperties properties, Clock clock) {
		this.authenticator = switch (properties.auth()) {
			case HMAC -> new HubSignature(properties.keys());
			case STANDARD_WEBHOOKS -> new StandardWebhookSignature(properties.keys(), properties.tolerance(), clock);
			case API_KEY -> SharedHeader.apiKey(properties.keys());
			case BASIC -> SharedHeader.basic(properties.username(), properties.keys());
			case NONE -> {
				log.warn(
						"Callbacks are NOT authenticated (agentassist.callback.auth=none): anyone can post suggestions");
				yield (body, header) -> Optional.empty();
			}
		};
	}

	/**
	 * Accepts or refuses a callback.
	 * @param body the bytes as received
	 * @param headers the headers as received; names are case-insensitive
	 * @throws ErrorResponseException 401 without any detail, if it is not the provider's
	 */
	public void verify(byte[] body, @Headers Map<String, Object> headers) {
		// A header sent more than once is a list and proves nothing.
		this.authenticator.refusal(body, (name) -> (headers.get(name) instanceof String value) ? value : null)
			.ifPresent((reason) -> {
				log.warn("Callback refused: {} (agentassist.callback.auth and AGENTASSIST_CALLBACK_SECRET must match "
						+ "the provider's)", reason);
				throw new ErrorResponseException(HttpStatus.UNAUTHORIZED);
			});
	}

	/**
	 * Signs like a provider configured for {@link CallbackAuth#HMAC}.
	 * @param body the bytes to sign
	 * @return value of the header {@code X-Hub-Signature-256}
	 * @throws IllegalStateException if callbacks are authenticated in another way
	 */
	public String sign(byte[] body) {
		if (this.authenticator instanceof HubSignature signature) {
			return signature.sign(body);
		}
		throw new IllegalStateException("Only agentassist.callback.auth=hmac signs");
	}

}
