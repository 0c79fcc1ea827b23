package io.agentassist.bridge.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Remembers every interaction that the bridge acknowledged, and compares them at the end
 * with what it kept: a figure for speed means nothing where work was lost on the way.
 */
final class Ledger {

	private static final Duration STALLED = Duration.ofSeconds(15);

	private static final Duration LIMIT = Duration.ofMinutes(3);

	private static final Duration PAUSE = Duration.ofSeconds(2);

	private final Set<Interaction> acknowledged = ConcurrentHashMap.newKeySet();

	void acknowledged(String action, String requestId) {
		this.acknowledged.add(new Interaction(action, requestId));
	}

	int size() {
		return this.acknowledged.size();
	}

	/**
	 * Waits until everything has arrived, or nothing arrives any more, and a moment
	 * longer for what should not arrive: doubles.
	 * @param auditDirectories where the {@code audit-*.jsonl} files are
	 * @param events what analytics received so far
	 * @return the outcome
	 */
	Reconciliation reconcile(List<Path> auditDirectories, Supplier<Map<Interaction, Integer>> events) {
		long start = System.nanoTime();
		long lastChange = start;
		Reconciliation result = compare(auditDirectories, events.get());
		while (!result.nothingLost() && System.nanoTime() - start < LIMIT.toNanos()
				&& System.nanoTime() - lastChange < STALLED.toNanos()) {
			pause();
			Reconciliation next = compare(auditDirectories, events.get());
			if (!next.equals(result)) {
				lastChange = System.nanoTime();
			}
			result = next;
		}
		pause();
		return compare(auditDirectories, events.get());
	}

	private Reconciliation compare(List<Path> auditDirectories, Map<Interaction, Integer> events) {
		try {
			return Reconciliation.of(this.acknowledged, auditLines(auditDirectories), events);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot read the audit log", ex);
		}
	}

	private static Map<Interaction, Integer> auditLines(List<Path> directories) throws IOException {
		Map<Interaction, Integer> lines = new HashMap<>();
		for (Path directory : directories) {
			try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "audit-*.jsonl")) {
				for (Path file : files) {
					count(file, lines);
				}
			}
		}
		return lines;
	}

	private static void count(Path file, Map<Interaction, Integer> lines) throws IOException {
		try (Stream<String> text = Files.lines(file)) {
			text.filter(Interaction::isOne)
				.map(Interaction::parse)
				.forEach((interaction) -> lines.merge(interaction, 1, Integer::sum));
		}
	}

	private static void pause() {
		try {
			Thread.sleep(PAUSE.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
