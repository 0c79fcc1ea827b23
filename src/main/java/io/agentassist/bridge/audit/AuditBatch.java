package io.agentassist.bridge.audit;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;

/** Lines that are written to disk together. Not thread safe. */
final class AuditBatch {

	private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

	private final MessageDigest digest = AuditLine.sha256();

	private long seq;

	private String hash;

	/**
	 * Starts a batch.
	 * @param end where the chain ends
	 */
	AuditBatch(ChainPosition end) {
		this.seq = end.seq();
		this.hash = end.hash();
	}

	/**
	 * Adds a line.
	 * @param event one JSON object, on one line
	 */
	void add(String event) {
		byte[] hashed = AuditLine.hashed(event, this.seq + 1, this.hash);
		this.seq++;
		this.hash = AuditLine.hex(this.digest.digest(hashed));
		this.lines.writeBytes(hashed);
		this.lines.writeBytes(AuditLine.end(this.hash));
	}

	byte[] bytes() {
		return this.lines.toByteArray();
	}

	/**
	 * Where the chain ends after this batch.
	 * @param file the file the batch is appended to
	 * @param start length of the file before the batch
	 */
	ChainPosition end(String file, long start) {
		return new ChainPosition(this.seq, this.hash, file, start + this.lines.size());
	}

}
