package io.agentassist.bridge.callback;

import java.io.IOException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.agentassist.bridge.suggestion.Identifier;

import org.springframework.stereotype.Component;

/** Reads the provider's callback, and its answers of the same form. */
@Component
public class CallbackParser {

	private static final int MAX_STATUS_LENGTH = 40;

	private final ObjectMapper json;

	CallbackParser(ObjectMapper json) {
		this.json = json;
	}

	/**
	 * Parses a callback.
	 * @param body the bytes that came
	 * @return the callback
	 * @throws InvalidCallbackException when they are no JSON object with content, or the
	 * suggestions are no list of objects
	 */
	public Callback parse(byte[] body) {
		JsonNode callback;
		try {
			callback = this.json.readTree(body);
		}
		catch (IOException ex) {
			throw new InvalidCallbackException(ex);
		}
		if (callback == null || !callback.isObject() || callback.isEmpty()) {
			throw new InvalidCallbackException(null);
		}
		return read(callback);
	}

	/**
	 * Reads a parsed callback or a completed answer.
	 * @param callback a JSON object
	 * @return the callback
	 * @throws InvalidCallbackException when the suggestions are no list of objects
	 */
	public Callback read(JsonNode callback) {
		JsonNode suggestions = callback.path("suggestions");
		if (suggestions.isMissingNode() || suggestions.isNull()) {
			suggestions = this.json.createArrayNode();
		}
		if (!(suggestions instanceof ArrayNode array)) {
			throw new InvalidCallbackException(null);
		}
		for (JsonNode suggestion : array) {
			if (!suggestion.isObject()) {
				throw new InvalidCallbackException(null);
			}
		}
		String id = callback.path("id").asText("");
		String status = callback.path("status").asText("");
		// No request has a longer id, no provider a longer status: neither is worth a
		// line of the log.
		return new Callback((id.length() <= Identifier.MAX_LENGTH) ? id : "",
				(status.length() <= MAX_STATUS_LENGTH) ? status : "", array);
	}

}
