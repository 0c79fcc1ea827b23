package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

import io.agentassist.bridge.audit.AuditVerification.Finding;

/** Checks the files of one chain. For single use; not thread safe. */
final class ChainVerifier {

	/** After this time a line that was being written is complete. */
	private static final long WRITE_MILLIS = 500;

	private final Path folder;

	private final String chain;

	private final boolean allowArchived;

	/** Checkpoints whose lines have not been read yet. */
	private final Deque<AuditCheckpoint> expected = new ArrayDeque<>();

	private final MessageDigest digest = AuditLine.sha256();

	private long lines;

	private int checkpoints;

	/**
	 * The seq of the last line that a checkpoint signs; it covers all lines before too.
	 */
	private long coveredSeq;

	private long uncovered;

	private Path file;

	private long number;

	/** Number of lines before the first one in the folder. */
	private long archived;

	/** The line before; null at the first one. */
	private AuditLine last;

	ChainVerifier(Path folder, String chain, List<AuditCheckpoint> checkpoints, boolean allowArchived) {
		this.folder = folder;
		this.chain = chain;
		this.allowArchived = allowArchived;
		checkpoints.stream().sorted(Comparator.comparingLong(AuditCheckpoint::seq)).forEach(this.expected::add);
	}

	/**
	 * Checks files.
	 * @param files of the chain
	 * @return the first bad line; empty if there is none
	 */
	Optional<Finding> verify(List<ChainFile> files) throws IOException {
		List<ChainFile> ordered = files.stream().sorted(Comparator.comparingLong(ChainFile::firstSeq)).toList();
		this.file = this.folder.resolve(CheckpointFile.name(this.chain));
		for (ChainFile next : ordered) {
			this.file = this.folder.resolve(next.name());
			this.number = 0;
			boolean isNewest = next.equals(ordered.get(ordered.size() - 1));
			String reason = read(next, isNewest);
			if (reason != null) {
				return Optional.of(new Finding(this.file, this.number, reason));
			}
		}
		if (!this.expected.isEmpty()) {
			AuditCheckpoint unmet = this.expected.peekLast();
			return Optional.of(new Finding(this.file, this.number,
					"the chain ends with seq " + lastSeq() + ", but a checkpoint of " + unmet.timestamp()
							+ " signs seq " + unmet.seq() + ": lines are missing"));
		}
		return Optional.empty();
	}

	private String read(ChainFile name, boolean isNewest) throws IOException {
		try (AuditLineReader reader = new AuditLineReader(this.file, 0)) {
			while (reader.next()) {
				if (!reader.isWhole() && isNewest) {
					pause();
					reader.next();
				}
				this.number = reader.number();
				if (!reader.isWhole()) {
					return "the line is cut off";
				}
				String reason = check(reader);
				if (reason == null && this.number == 1 && this.last.seq() != name.firstSeq()) {
					reason = "the file's name says that seq " + name.firstSeq() + " comes first";
				}
				if (reason != null) {
					return reason;
				}
				this.lines++;
				this.uncovered = (this.last.seq() == this.coveredSeq) ? 0 : this.uncovered + 1;
			}
		}
		return null;
	}

	private static void pause() throws IOException {
		try {
			Thread.sleep(WRITE_MILLIS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new java.io.InterruptedIOException();
		}
	}

	private String check(AuditLineReader reader) {
		AuditLine line = AuditLine.parse(reader.bytes(), reader.length()).orElse(null);
		if (line == null) {
			return "not an audit line: it does not end with seq, prev_hash and hash";
		}
		if (!line.isHashOf(reader.bytes(), this.digest)) {
			return "the hash does not match the line: it was changed";
		}
		String reason = (this.last != null) ? follows(line) : begins(line);
		if (reason == null) {
			reason = meetsCheckpoints(line.seq(), line.hash());
		}
		this.last = line;
		return reason;
	}

	private String follows(AuditLine line) {
		if (line.seq() != this.last.seq() + 1) {
			return "seq " + line.seq() + " follows seq " + this.last.seq() + ": "
					+ ((line.seq() > this.last.seq()) ? "lines are missing" : "out of order, or duplicated");
		}
		return line.prevHash().equals(this.last.hash()) ? null
				: "prev_hash is not the hash of the line before: one of the two was replaced";
	}

	private String begins(AuditLine line) {
		if (line.seq() == 1) {
			return line.prevHash().equals(AuditLine.origin(this.chain)) ? null
					: "prev_hash does not match the start of chain " + this.chain
							+ ": the line belongs to another chain";
		}
		if (!this.allowArchived) {
			return "the chain begins with seq " + line.seq()
					+ ": lines are missing (--archived, if they were moved away)";
		}
		this.archived = line.seq() - 1;
		while (!this.expected.isEmpty() && this.expected.peekFirst().seq() < line.seq() - 1) {
			this.expected.removeFirst();
		}
		if (this.expected.isEmpty() || this.expected.peekFirst().seq() != line.seq() - 1) {
			return "the chain begins with seq " + line.seq() + ", and no checkpoint signs the line before";
		}
		return meetsCheckpoints(line.seq() - 1, line.prevHash());
	}

	private String meetsCheckpoints(long seq, String hash) {
		while (!this.expected.isEmpty() && this.expected.peekFirst().seq() == seq) {
			AuditCheckpoint checkpoint = this.expected.removeFirst();
			if (!checkpoint.hash().equals(hash)) {
				return "seq " + seq + " has another hash in the checkpoint of " + checkpoint.timestamp()
						+ ": this line or one before it was replaced";
			}
			this.checkpoints++;
			this.coveredSeq = seq;
		}
		return null;
	}

	private long lastSeq() {
		return (this.last != null) ? this.last.seq() : 0;
	}

	/**
	 * Number of lines before the first one in the folder, which may have been moved away.
	 */
	long archived() {
		return this.archived;
	}

	long lines() {
		return this.lines;
	}

	int checkpoints() {
		return this.checkpoints;
	}

	/** Number of lines after the last one that a checkpoint signs. */
	long uncovered() {
		return this.uncovered;
	}

}
