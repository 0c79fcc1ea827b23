package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;

/**
 * A key in the file {@code agentassist.api.keys-file}.
 *
 * @param name who holds the key
 * @param sha256 SHA-256 of the key, 64 hexadecimal digits
 * @param tenant tenant whose conversations it gives access to; null if the site has only
 * one
 * @param organisations organisations at the provider that it may use, {@code default} for
 * the one without a name; null for its tenant's own
 * @param scopes what it allows; null for everything
 * @param requestsPerSecond rate limit; null for
 * {@code agentassist.api.requests-per-second}
 */
@JsonNaming(PropertyNamingStrategies.KebabCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
record ApiKeyEntry(String name, String sha256, String tenant, Set<String> organisations, Set<Scope> scopes,
		Integer requestsPerSecond) {

	static final int MAX_TENANT_LENGTH = 200;

	/**
	 * Misspelt fields must be errors: without its scopes or organisations, a key would
	 * allow everything. So must be a field given twice: the last one would win, and might
	 * be another tenant's. And so must a field without a value, which would count as left
	 * out.
	 */
	private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
		.disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
		.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
		.build()).enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

	ApiKeyEntry {
		sha256 = (sha256 != null) ? sha256.toLowerCase(Locale.ROOT) : "";
		if (name == null || name.isBlank()) {
			throw new IllegalArgumentException("a key has no name");
		}
		if (!sha256.matches("[0-9a-f]{64}")) {
			throw new IllegalArgumentException("sha256 of " + name + " must have 64 hexadecimal digits");
		}
		if (tenant != null && (tenant.isBlank() || tenant.length() > MAX_TENANT_LENGTH)) {
			throw new IllegalArgumentException("tenant of " + name + " is blank or too long");
		}
		if (organisations != null && (organisations.isEmpty() || organisations.contains(null))) {
			throw new IllegalArgumentException("organisations of " + name + " is empty");
		}
		if (requestsPerSecond != null && requestsPerSecond < 1) {
			throw new IllegalArgumentException("requests-per-second of " + name + " must be at least 1");
		}
	}

	/**
	 * Reads the file.
	 * @throws IOException if it cannot be read or any entry is invalid
	 */
	static List<ApiKeyEntry> read(Path file) throws IOException {
		List<ApiKeyEntry> entries;
		byte[] yaml = Files.readAllBytes(file);
		refuseEmptyFields(yaml);
		try (JsonParser parser = YAML.createParser(yaml)) {
			if (parser.nextToken() == JsonToken.START_ARRAY) {
				// An iterator over values takes those of the list then.
				parser.clearCurrentToken();
			}
			entries = YAML.readerFor(ApiKeyEntry.class).<ApiKeyEntry>readValues(parser).readAll();
			if (parser.nextToken() != null) {
				throw new IOException("there is a second document, after ---");
			}
		}
		catch (UnrecognizedPropertyException ex) {
			throw new IOException("a key has no field " + ex.getPropertyName(), ex);
		}
		Set<String> seen = new HashSet<>();
		for (ApiKeyEntry entry : entries) {
			if (!seen.add(entry.name()) || !seen.add(entry.sha256())) {
				throw new IOException("the name or the key of " + entry.name() + " is a duplicate");
			}
		}
		return entries;
	}

	/** Of what has been read, one left empty cannot be told from one left out. */
	private static void refuseEmptyFields(byte[] yaml) throws IOException {
		try (JsonParser parser = YAML.createParser(yaml)) {
			while (parser.nextToken() != null) {
				if (parser.currentToken() == JsonToken.VALUE_NULL
						|| (parser.currentToken() == JsonToken.VALUE_STRING && parser.getText().isEmpty())) {
					String name = parser.currentName();
					throw new IOException(((name != null) ? "the field " + name : "an entry") + " is empty in line "
							+ parser.currentTokenLocation().getLineNr());
				}
			}
		}
	}

	/** The entry as written in the file. */
	String toYaml() throws IOException {
		return YAML.writeValueAsString(List.of(this));
	}

}
