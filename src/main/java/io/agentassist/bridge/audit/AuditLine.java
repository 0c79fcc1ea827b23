package io.agentassist.bridge.audit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

import org.apache.commons.codec.digest.DigestUtils;

/**
 * The fields that chain a line of the audit log to the one before it:
 * {@code {…event…,"seq":7,"prev_hash":"…","hash":"…"}}. The hash is the SHA-256 of the
 * line's bytes up to the comma before {@code "hash"}. See docs/audit-log.md.
 *
 * @param seq number of the line in its chain, from 1
 * @param prevHash hash of the line before; on the first line, the SHA-256 of the chain's
 * name
 * @param hash hash of this line, hexadecimal
 * @param coreLength bytes of the event before these fields, without its closing brace
 * @param hashedLength bytes that the hash covers
 */
record AuditLine(long seq, String prevHash, String hash, int coreLength, int hashedLength) {

	private static final HexFormat HEX = HexFormat.of();

	private static final int HASH_LENGTH = 64;

	private static final byte[] SEQ = ascii(",\"seq\":");

	private static final byte[] PREV_HASH = ascii(",\"prev_hash\":\"");

	private static final byte[] HASH = ascii(",\"hash\":\"");

	/** The fields with a one-digit seq, after a one-byte core. */
	private static final int SHORTEST = 1 + SEQ.length + 1 + PREV_HASH.length + HASH_LENGTH + 1 + HASH.length
			+ HASH_LENGTH + 2;

	/** The most digits that always fit a long. */
	private static final int LONGEST_SEQ = 18;

	static MessageDigest sha256() {
		return DigestUtils.getSha256Digest();
	}

	static String hex(byte[] bytes) {
		return HEX.formatHex(bytes);
	}

	/** The {@code prev_hash} of a chain's first line. */
	static String origin(String chain) {
		return DigestUtils.sha256Hex(chain);
	}

	/** The bytes of a line that its hash covers. */
	static byte[] hashed(String event, long seq, String prevHash) {
		if (!event.startsWith("{\"") || !event.endsWith("}") || event.indexOf('\n') >= 0) {
			throw new IllegalArgumentException("An audit line must be one JSON object on one line");
		}
		return (event.substring(0, event.length() - 1) + ",\"seq\":" + seq + ",\"prev_hash\":\"" + prevHash + '"')
			.getBytes(StandardCharsets.UTF_8);
	}

	/** The bytes of a line after those its hash covers, including the line feed. */
	static byte[] end(String hash) {
		return ascii(",\"hash\":\"" + hash + "\"}\n");
	}

	/**
	 * Reads the end of a line.
	 * @param bytes the line, starting at index 0
	 * @param length bytes of the line, without the line feed
	 * @return empty if it does not end like a line of the audit log
	 */
	static Optional<AuditLine> parse(byte[] bytes, int length) {
		if (length < SHORTEST) {
			return Optional.empty();
		}
		int hashStart = length - 2 - HASH_LENGTH;
		int hashedLength = hashStart - HASH.length;
		int prevStart = hashedLength - 1 - HASH_LENGTH;
		int seqEnd = prevStart - PREV_HASH.length;
		int seqStart = seqEnd;
		while (seqStart > 0 && bytes[seqStart - 1] >= '0' && bytes[seqStart - 1] <= '9') {
			seqStart--;
		}
		int coreLength = seqStart - SEQ.length;
		if (coreLength < 1 || seqStart == seqEnd || seqEnd - seqStart > LONGEST_SEQ || bytes[seqStart] == '0'
				|| bytes[0] != '{' || bytes[length - 2] != '"' || bytes[length - 1] != '}'
				|| bytes[hashedLength - 1] != '"' || !has(bytes, coreLength, SEQ) || !has(bytes, seqEnd, PREV_HASH)
				|| !has(bytes, hashedLength, HASH) || !isHash(bytes, prevStart) || !isHash(bytes, hashStart)) {
			return Optional.empty();
		}
		return Optional.of(new AuditLine(Long.parseLong(text(bytes, seqStart, seqEnd)),
				text(bytes, prevStart, prevStart + HASH_LENGTH), text(bytes, hashStart, hashStart + HASH_LENGTH),
				coreLength, hashedLength));
	}

	boolean isHashOf(byte[] bytes, MessageDigest digest) {
		digest.update(bytes, 0, this.hashedLength);
		return hex(digest.digest()).equals(this.hash);
	}

	private static boolean has(byte[] bytes, int from, byte[] expected) {
		return Arrays.equals(bytes, from, from + expected.length, expected, 0, expected.length);
	}

	private static boolean isHash(byte[] bytes, int from) {
		for (int i = from; i < from + HASH_LENGTH; i++) {
			if (!HexFormat.isHexDigit(bytes[i]) || (bytes[i] >= 'A' && bytes[i] <= 'F')) {
				return false;
			}
		}
		return true;
	}

	private static String text(byte[] bytes, int from, int to) {
		return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.US_ASCII);
	}

}
