package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The checkpoint file of a chain, {@code checkpoints-<chain>.jsonl} beside the chain's
 * files. Not thread safe.
 */
final class CheckpointFile {

	private static final String PREFIX = "checkpoints-";

	private static final String SUFFIX = ".jsonl";

	private final ChainFiles files;

	private final String name;

	private AuditCheckpoint last;

	/** Where the last whole checkpoint ends: anything after it was cut off by a crash. */
	private long length;

	CheckpointFile(ChainFiles files, String chain) throws IOException {
		this.files = files;
		this.name = name(chain);
		Path file = files.path(this.name);
		if (Files.exists(file)) {
			try (AuditLineReader reader = new AuditLineReader(file, 0)) {
				String line = null;
				while (reader.next() && reader.isWhole()) {
					line = text(reader);
					this.length = reader.position();
				}
				this.last = parsed(line);
			}
		}
	}

	private static AuditCheckpoint parsed(String line) {
		try {
			return (line != null) ? AuditCheckpoint.parse(line) : null;
		}
		catch (IllegalArgumentException ex) {
			// "audit verify" reports it; a new one is due.
			return null;
		}
	}

	static String name(String chain) {
		return PREFIX + chain + SUFFIX;
	}

	static boolean isOne(String name) {
		return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
	}

	static String chain(String name) {
		return name.substring(PREFIX.length(), name.length() - SUFFIX.length());
	}

	/** The complete lines of a checkpoint file; empty if there is no file. */
	static List<String> lines(Path file) throws IOException {
		List<String> lines = new ArrayList<>();
		if (Files.exists(file)) {
			try (AuditLineReader reader = new AuditLineReader(file, 0)) {
				while (reader.next() && reader.isWhole()) {
					lines.add(text(reader));
				}
			}
		}
		return lines;
	}

	private static String text(AuditLineReader reader) {
		return new String(reader.bytes(), 0, reader.length(), StandardCharsets.UTF_8);
	}

	/** The newest checkpoint; null if there is none. */
	AuditCheckpoint last() {
		return this.last;
	}

	void append(AuditCheckpoint checkpoint) throws IOException {
		this.files.truncate(this.name, this.length);
		byte[] line = (checkpoint.payload() + "\n").getBytes(StandardCharsets.UTF_8);
		this.files.append(this.name, this.length, line);
		this.length += line.length;
		this.last = checkpoint;
	}

}
