package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Fuzzed: the files of an audit log, as {@code audit verify} reads them: first the
 * chain's file, after a line {@code ---} its checkpoints. Whatever they hold, the
 * verification ends with findings, unless it is a chain that nobody has changed.
 */
public final class AuditReaderFuzz {

	private static final Path FOLDER = folder();

	private static final Path CHAIN = FOLDER.resolve("audit-fuzz-2026-01-01-0000000001.jsonl");

	private static final Path CHECKPOINTS = FOLDER.resolve(CheckpointFile.name("fuzz"));

	private static final String SEPARATOR = "\n---\n";

	private AuditReaderFuzz() {
	}

	private static Path folder() {
		try {
			Path folder = Files.createTempDirectory("audit-fuzz");
			folder.toFile().deleteOnExit();
			return folder;
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Loads all that it takes, before the clock of the first input runs.
	 * @throws IOException as an input
	 */
	public static void fuzzerInitialize() throws IOException {
		fuzzerTestOneInput(new byte[0]);
	}

	/**
	 * Takes one input.
	 * @param input chain and checkpoints
	 * @throws IOException when the disk fails
	 */
	public static void fuzzerTestOneInput(byte[] input) throws IOException {
		// One character for each byte.
		String text = new String(input, StandardCharsets.ISO_8859_1);
		int end = text.indexOf(SEPARATOR);
		String chain = (end >= 0) ? text.substring(0, end + 1) : text;
		// The verifier waits for the rest of a line without an end.
		chain = (chain.isEmpty() || chain.endsWith("\n")) ? chain : chain + "\n";
		Files.writeString(CHAIN, chain, StandardCharsets.ISO_8859_1);
		Files.writeString(CHECKPOINTS, (end >= 0) ? text.substring(end + SEPARATOR.length()) : "",
				StandardCharsets.ISO_8859_1);
		try {
			AuditVerification strict = new AuditVerifier(FOLDER, List.of(), false).verify();
			new AuditVerifier(FOLDER, List.of(), true).verify();
			if (strict.isAllWell() && !isChained(chain)) {
				throw new AssertionError("A changed chain is found in order");
			}
		}
		finally {
			Files.deleteIfExists(CHAIN);
			Files.deleteIfExists(CHECKPOINTS);
		}
	}

	/** By the document, docs/audit-log.md, and not by the code. */
	private static boolean isChained(String chain) {
		String previous = AuditLine.hex(AuditLine.sha256().digest("fuzz".getBytes(StandardCharsets.UTF_8)));
		long seq = 0;
		for (String line : chain.split("\n", -1)) {
			if (line.isEmpty() && seq == chain.chars().filter((c) -> c == '\n').count()) {
				return true;
			}
			int end = line.lastIndexOf(",\"hash\":\"");
			seq++;
			if (end < 0
					|| !line.substring(0, end).endsWith(",\"seq\":" + seq + ",\"prev_hash\":\"" + previous + "\"")) {
				return false;
			}
			previous = AuditLine
				.hex(AuditLine.sha256().digest(line.substring(0, end).getBytes(StandardCharsets.ISO_8859_1)));
			if (!line.substring(end).equals(",\"hash\":\"" + previous + "\"}")) {
				return false;
			}
		}
		return false;
	}

}
