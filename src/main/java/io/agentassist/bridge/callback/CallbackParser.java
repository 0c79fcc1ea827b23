package io.agentassist.bridge.callback;

import java.io.CharConversionException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.http.BodyText;
import io.agentassist.bridge.suggestion.Identifier;

import org.springframework.stereotype.Component;

/** Parses the provider's callbacks, and its answers of the same form. */
@Component
public class CallbackParser {

	private static final int MAX_STATUS_LENGTH = 40;

	/**
	 * Fields of a suggestion that are text in every answer, whatever the provider sends.
	 */
	private static final List<String> TEXTS = List.of("id", "title");

	private final ObjectMapper json;

	private final BodyText bodyText;

	CallbackParser(ObjectMapper json, BodyText bodyText) {
		// Of a field that the provider gives twice, the last one counts.
		this.json = json.copy().configure(JsonParser.Feature.STRICT_DUPLICATE_DETECTION, false);
		this.bodyText = bodyText;
	}

	/**
	 * Parses a callback.
	 * @param body the bytes as received
	 * @return the callback
	 * @throws InvalidCallbackException if they are not a non-empty JSON object, or the
	 * suggestions are not a list of objects
	 */
	public Callback parse(byte[] body) {
		JsonNode callback;
		try {
			callback = tree(body);
		}
		catch (IOException ex) {
			throw new InvalidCallbackException(reason(ex));
		}
		if (!callback.isObject() || callback.isEmpty()) {
			throw new InvalidCallbackException("no JSON object, or an empty one");
		}
		return read(callback);
	}

	private static String reason(IOException failure) {
		if (failure instanceof StreamConstraintsException limit) {
			return limit.getOriginalMessage();
		}
		if (failure instanceof JsonProcessingException syntax) {
			JsonLocation place = syntax.getLocation();
			return "not JSON, line %d, column %d".formatted(place.getLineNr(), place.getColumnNr());
		}
		return (failure instanceof CharacterCodingException) ? "not UTF-8" : failure.getMessage();
	}

	/**
	 * Parses JSON from the provider, rejecting anything that could not be written and
	 * read again, some of which Jackson lets through.
	 * @param body the bytes as received
	 * @return the tree; a missing node if there is nothing
	 * @throws IOException if it is not JSON, or holds something that is not valid text
	 */
	public JsonNode tree(byte[] body) throws IOException {
		String text = this.bodyText.decode(body);
		try {
			JsonNode tree = this.json.readTree(text);
			if ((text.contains("\\ud") || text.contains("\\uD"))
					&& !StandardCharsets.UTF_8.newEncoder().canEncode(tree.toString())) {
				throw new CharConversionException("Unpaired surrogate");
			}
			return tree;
		}
		catch (NumberFormatException ex) {
			throw new IOException("An exponent with too many digits", ex);
		}
	}

	/**
	 * Reads a parsed callback or a completed answer. Fields of its suggestions get the
	 * names of the contract; a number or a boolean for an id or a title becomes its text.
	 * @param callback a JSON object
	 * @return the callback
	 * @throws InvalidCallbackException if the suggestions are not a list of objects
	 */
	public Callback read(JsonNode callback) {
		JsonNode suggestions = callback.path("suggestions");
		if (suggestions.isMissingNode() || suggestions.isNull()) {
			suggestions = this.json.createArrayNode();
		}
		if (!(suggestions instanceof ArrayNode array)) {
			throw new InvalidCallbackException("suggestions is not a list");
		}
		for (JsonNode suggestion : array) {
			if (!(suggestion instanceof ObjectNode fields)) {
				throw new InvalidCallbackException("a suggestion is not an object");
			}
			if (fields.has("knowledgeSourceId") && !fields.has("knowledge_source_id")) {
				fields.set("knowledge_source_id", fields.remove("knowledgeSourceId"));
			}
			for (String name : TEXTS) {
				JsonNode value = fields.path(name);
				if (value.isNumber() || value.isBoolean()) {
					fields.put(name, value.asText());
				}
			}
		}
		String id = callback.path("id").asText("");
		String status = callback.path("status").asText("");
		// No request has a longer id and no provider a longer status, so such values
		// would only bloat the log.
		return new Callback((id.length() <= Identifier.MAX_LENGTH) ? id : "",
				(status.length() <= MAX_STATUS_LENGTH) ? status : "", array);
	}

}
