package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.agentassist.bridge.audit.AuditVerification.Finding;

/**
 * Checks the chains in a folder, even while instances append to them. Reads each file
 * once from start to end, keeping one line in memory. For single use; not thread safe.
 */
final class AuditVerifier {

	private final Path folder;

	private final List<PublicKey> keys;

	private final boolean allowArchived;

	/** Chains that must have checkpoints, all signed by one of the given keys. */
	private final Predicate<String> mustBeSigned;

	/** Checkpoints kept off the host, by chain. */
	private final Map<String, List<AuditCheckpoint>> kept = new HashMap<>();

	private final List<Finding> findings = new ArrayList<>();

	private final Set<String> notes = new LinkedHashSet<>();

	/**
	 * Sets up a verification.
	 * @param folder holds the {@code audit-*.jsonl} files
	 * @param keys public keys, one of which must have signed each checkpoint; empty:
	 * signatures are not checked
	 * @param allowArchived whether the oldest files of a chain may be missing, if a
	 * checkpoint signs the line before the first one left
	 */
	AuditVerifier(Path folder, List<PublicKey> keys, boolean allowArchived) {
		this(folder, keys, allowArchived, (chain) -> true);
	}

	AuditVerifier(Path folder, List<PublicKey> keys, boolean allowArchived, Predicate<String> mustBeSigned) {
		this.folder = folder;
		this.keys = keys;
		this.allowArchived = allowArchived;
		this.mustBeSigned = mustBeSigned;
	}

	/**
	 * Also expects checkpoints that were kept out of reach of anyone who can write to the
	 * folder: they reveal changes even if the checkpoints in the folder were rewritten or
	 * deleted.
	 * @param file the checkpoints as analytics got them, one a line
	 * @throws IOException when the file cannot be read
	 * @throws IllegalArgumentException when a line is not a checkpoint
	 */
	void expect(Path file) throws IOException {
		long number = 0;
		for (String line : Files.readAllLines(file)) {
			number++;
			AuditCheckpoint checkpoint;
			try {
				checkpoint = AuditCheckpoint.parse(line);
			}
			catch (IllegalArgumentException ex) {
				throw new IllegalArgumentException(file + ":" + number + ": no checkpoint", ex);
			}
			String reason = check(checkpoint, checkpoint.chain());
			if (reason != null) {
				this.findings.add(new Finding(file, number, reason));
			}
			else {
				this.kept.computeIfAbsent(checkpoint.chain(), (chain) -> new ArrayList<>()).add(checkpoint);
			}
		}
	}

	/** Checks every chain. */
	AuditVerification verify() throws IOException {
		int files = 0;
		long lines = 0;
		int checkpoints = 0;
		long uncovered = 0;
		SortedMap<String, List<ChainFile>> chains = chains();
		this.kept.keySet().forEach((chain) -> chains.putIfAbsent(chain, List.of()));
		for (String chain : chains.keySet()) {
			// Read before the files, which may be growing, so that no checkpoint is ahead
			// of its line.
			List<AuditCheckpoint> signed = Stream
				.concat(checkpoints(chain).stream(), this.kept.getOrDefault(chain, List.of()).stream())
				.distinct()
				.toList();
			// Listed again, since the first list may be older than the newest checkpoint.
			List<ChainFile> listed = chains().getOrDefault(chain, List.of());
			ChainVerifier verifier = new ChainVerifier(this.folder, chain, signed, this.allowArchived);
			verifier.verify(listed).ifPresent(this.findings::add);
			if (!this.keys.isEmpty() && signed.isEmpty() && verifier.lines() > 0) {
				String reason = "no signature vouches for chain " + chain;
				if (this.mustBeSigned.test(chain)) {
					this.findings.add(new Finding(this.folder.resolve(CheckpointFile.name(chain)), 0,
							"no checkpoint: " + reason));
				}
				else {
					this.notes.add(reason + " yet");
				}
			}
			if (verifier.archived() > 0) {
				this.notes.add("chain " + chain + " begins with line " + (verifier.archived() + 1)
						+ ": those before are not here");
			}
			files += listed.size();
			lines += verifier.lines();
			checkpoints += verifier.checkpoints();
			uncovered += verifier.uncovered();
		}
		return new AuditVerification(chains.size(), files, lines, checkpoints, uncovered, !this.keys.isEmpty(),
				List.copyOf(this.findings), List.copyOf(this.notes));
	}

	private SortedMap<String, List<ChainFile>> chains() throws IOException {
		SortedMap<String, List<ChainFile>> chains = new TreeMap<>();
		List<String> names;
		try (Stream<Path> paths = Files.list(this.folder)) {
			names = paths.map((path) -> path.getFileName().toString()).sorted().toList();
		}
		for (String name : names) {
			Optional<ChainFile> file = ChainFile.of(name);
			if (file.isPresent()) {
				chains.computeIfAbsent(file.get().chain(), (chain) -> new ArrayList<>()).add(file.get());
			}
			else if (CheckpointFile.isOne(name)) {
				chains.computeIfAbsent(CheckpointFile.chain(name), (chain) -> new ArrayList<>());
			}
			else if (ChainFile.isAuditLog(name)) {
				Finding stray = new Finding(this.folder.resolve(name), 0, "not the file name of a chain");
				if (!this.findings.contains(stray)) {
					this.findings.add(stray);
				}
			}
		}
		return chains;
	}

	/** The good ones; of the others, only the first is reported. */
	private List<AuditCheckpoint> checkpoints(String chain) throws IOException {
		Path file = this.folder.resolve(CheckpointFile.name(chain));
		List<AuditCheckpoint> checkpoints = new ArrayList<>();
		long number = 0;
		boolean isReported = false;
		for (String line : CheckpointFile.lines(file)) {
			number++;
			AuditCheckpoint checkpoint = null;
			String reason;
			try {
				checkpoint = AuditCheckpoint.parse(line);
				reason = check(checkpoint, chain);
			}
			catch (IllegalArgumentException ex) {
				reason = "no checkpoint";
			}
			if (reason == null) {
				checkpoints.add(checkpoint);
			}
			else if (!isReported) {
				this.findings.add(new Finding(file, number, reason));
				isReported = true;
			}
		}
		return checkpoints;
	}

	private String check(AuditCheckpoint checkpoint, String chain) {
		if (!checkpoint.chain().equals(chain)) {
			return "checkpoint of chain " + checkpoint.chain();
		}
		if (this.keys.isEmpty()) {
			return null;
		}
		byte[] signature;
		try {
			signature = checkpoint.signatureBytes();
		}
		catch (IllegalArgumentException ex) {
			return "the signature is not base64: it was changed";
		}
		List<PublicKey> named = this.keys.stream()
			.filter((key) -> SigningKey.id(key).equals(checkpoint.keyId()))
			.toList();
		if (named.isEmpty()) {
			String reason = "signed by key " + checkpoint.keyId() + ", which was not given";
			if (this.mustBeSigned.test(chain)) {
				return reason;
			}
			this.notes.add("chain " + chain + " is " + reason);
			return null;
		}
		return named.stream().anyMatch((key) -> SigningKey.isSignedBy(key, checkpoint.signed(), signature)) ? null
				: "the signature does not match: it was changed";
	}

}
