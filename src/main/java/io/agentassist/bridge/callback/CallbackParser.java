package io.agentassist.bridge.callback;

import java.io.CharConversionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.suggestion.Identifier;

import org.springframework.stereotype.Component;

/** Reads the provider's callback, and its answers of the same form. */
@Component
public class CallbackParser {

	private static final int MAX_STATUS_LENGTH = 40;

	/** Which RFC 8259 lets a reader ignore; Jackson does so in bytes but not in text. */
	private static final String BYTE_ORDER_MARK = "\uFEFF";

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
			callback = tree(body);
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
	 * Reads JSON of the provider's, of which nothing is taken that could not be written
	 * and read again: Jackson lets some through.
	 * @param body the bytes that came
	 * @return the tree; null or a missing node when there is nothing
	 * @throws IOException when it is no JSON, or holds something that is no text
	 */
	public JsonNode tree(byte[] body) throws IOException {
		String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
		try {
			JsonNode tree = this.json.readTree(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
			if ((text.contains("\\ud") || text.contains("\\uD"))
					&& !StandardCharsets.UTF_8.newEncoder().canEncode(tree.toString())) {
				throw new CharConversionException("Half of a surrogate pair");
			}
			return tree;
		}
		catch (NumberFormatException ex) {
			throw new IOException("An exponent with too many digits", ex);
		}
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
			if (!(suggestion instanceof ObjectNode fields)) {
				throw new InvalidCallbackException(null);
			}
			if (fields.has("knowledgeSourceId") && !fields.has("knowledge_source_id")) {
				fields.set("knowledge_source_id", fields.remove("knowledgeSourceId"));
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
