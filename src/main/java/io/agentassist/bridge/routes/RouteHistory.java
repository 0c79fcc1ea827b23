package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.agentassist.bridge.security.OwnerOnly;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last sets of routes that ran, each stored with all its text in a separate file.
 * Several threads may read while one adds to it. A file that cannot be read is skipped
 * with a warning, so that it does not make the others unusable.
 */
final class RouteHistory {

	static final int LENGTH = 20;

	private static final Logger log = LoggerFactory.getLogger(RouteHistory.class);

	private static final String SUFFIX = ".json";

	private final ObjectMapper json = new ObjectMapper().findAndRegisterModules()
		.disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
		.enable(SerializationFeature.INDENT_OUTPUT);

	private final RoutesProperties settings;

	private final Path directory;

	private final Set<Path> unreadable = ConcurrentHashMap.newKeySet();

	RouteHistory(RoutesProperties settings, Path directory) {
		this.settings = settings;
		this.directory = directory;
	}

	/** The revisions, oldest first. */
	List<RouteRevision> all() {
		List<RouteRevision> revisions = new ArrayList<>();
		for (Path file : files()) {
			read(file).ifPresent(revisions::add);
		}
		return revisions;
	}

	/** The revision that ran last. */
	Optional<RouteRevision> last() {
		List<Path> files = new ArrayList<>(files());
		Collections.reverse(files);
		return files.stream().map(this::read).flatMap(Optional::stream).findFirst();
	}

	/** The next revision number, counting unreadable files too. */
	long next() {
		List<Path> files = files();
		return files.isEmpty() ? 1
				: Long.parseLong(files.get(files.size() - 1).getFileName().toString().replace(SUFFIX, "")) + 1;
	}

	/** The file of a revision. */
	Path file(long revision) {
		return this.directory.resolve("%08d".formatted(revision) + SUFFIX);
	}

	/**
	 * Reads a file. Its set may have run with a profile that treats more files as routes
	 * than this one, so they are selected again.
	 */
	private Optional<RouteRevision> read(Path file) {
		try {
			return Optional.of(this.json.readValue(file.toFile(), RouteRevision.class).selectedBy(this.settings));
		}
		catch (IOException | RuntimeException ex) {
			// A file dropped in the meantime is not a problem.
			if (Files.exists(file)) {
				passOver(file, ex);
			}
			return Optional.empty();
		}
	}

	/** Stores a revision, and deletes the oldest ones above the limit. */
	void add(RouteRevision revision) throws IOException {
		OwnerOnly.createFolder(this.directory);
		Path file = file(revision.revision());
		// One that cannot be read may have this number.
		Files.deleteIfExists(file);
		if (!OwnerOnly.createFile(file, this.json.writeValueAsString(revision))) {
			throw new FileAlreadyExistsException(file.toString());
		}
		List<Path> files = files();
		for (Path old : files.subList(0, Math.max(0, files.size() - LENGTH))) {
			Files.delete(old);
		}
	}

	private List<Path> files() {
		if (!Files.isDirectory(this.directory)) {
			return List.of();
		}
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.filter((file) -> file.getFileName().toString().matches("\\d{1,18}\\.json")).sorted().toList();
		}
		catch (IOException | UncheckedIOException ex) {
			passOver(this.directory, ex);
			return List.of();
		}
	}

	private void passOver(Path path, Exception failure) {
		if (this.unreadable.add(path)) {
			log.warn("{} cannot be read and is skipped: {}", path, RouteProblem.reason(failure));
		}
	}

}
