package io.agentassist.bridge.audit;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * A signed statement of where a chain ended at some time. The signature is Ed25519 over
 * the bytes of the JSON up to the comma before {@code "signature"}.
 *
 * @param eventId the same for the same chain, line and key
 * @param timestamp when it was signed
 * @param chain the chain
 * @param seq number of the chain's last line at that time
 * @param hash hash of that line
 * @param keyId names the key: the first 16 hexadecimal digits of the SHA-256 of the
 * public key (X.509)
 * @param signature base64
 * @param payload the whole checkpoint as JSON
 */
public record AuditCheckpoint(String eventId, Instant timestamp, String chain, long seq, String hash, String keyId,
		String signature, String payload) {

	private static final String TYPE = "agentassist_audit_checkpoint";

	private static final String SIGNATURE = ",\"signature\":\"";

	static AuditCheckpoint sign(ChainPosition end, String chain, Instant now, SigningKey key) {
		String id = UUID.nameUUIDFromBytes((chain + "/" + end.seq() + "/" + key.id()).getBytes(StandardCharsets.UTF_8))
			.toString();
		String signed = """
				{"event_id":"%s","event_type":"%s","timestamp":"%s","action":"checkpoint","chain":"%s","seq":%d,\
				"hash":"%s","key_id":"%s\"""".formatted(id, TYPE, now, chain, end.seq(), end.hash(), key.id());
		String signature = Base64.getEncoder().encodeToString(key.sign(signed.getBytes(StandardCharsets.UTF_8)));
		return new AuditCheckpoint(id, now, chain, end.seq(), end.hash(), key.id(), signature,
				signed + SIGNATURE + signature + "\"}");
	}

	/**
	 * Reads a checkpoint.
	 * @throws IllegalArgumentException when it is not a checkpoint
	 */
	static AuditCheckpoint parse(String payload) {
		try {
			JsonNode json = new ObjectMapper().readTree(payload);
			AuditCheckpoint checkpoint = new AuditCheckpoint(json.path("event_id").asText(),
					Instant.parse(json.path("timestamp").asText()), json.path("chain").asText(),
					json.path("seq").asLong(), json.path("hash").asText(), json.path("key_id").asText(),
					json.path("signature").asText(), payload);
			if (!TYPE.equals(json.path("event_type").asText()) || !payload.endsWith(checkpoint.end())) {
				throw new IllegalArgumentException("no checkpoint");
			}
			return checkpoint;
		}
		catch (JsonProcessingException | java.time.DateTimeException ex) {
			throw new IllegalArgumentException("no checkpoint", ex);
		}
	}

	private String end() {
		return SIGNATURE + this.signature + "\"}";
	}

	/** The bytes that the signature covers. */
	byte[] signed() {
		return this.payload.substring(0, this.payload.length() - end().length()).getBytes(StandardCharsets.UTF_8);
	}

	byte[] signatureBytes() {
		return Base64.getDecoder().decode(this.signature);
	}

}
