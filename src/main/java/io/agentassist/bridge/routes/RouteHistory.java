package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.agentassist.bridge.security.OwnerOnly;

/**
 * The last sets of routes that ran, each in a file of its own, with all its text. Not
 * thread safe.
 */
final class RouteHistory {

	static final int LENGTH = 20;

	private final ObjectMapper json = new ObjectMapper().findAndRegisterModules()
		.disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
		.enable(SerializationFeature.INDENT_OUTPUT);

	private final RoutesProperties settings;

	private final Path directory;

	RouteHistory(RoutesProperties settings, Path directory) {
		this.settings = settings;
		this.directory = directory;
	}

	/** The revisions, oldest first. */
	List<RouteRevision> all() throws IOException {
		List<RouteRevision> revisions = new ArrayList<>();
		for (Path file : files()) {
			revisions.add(read(file));
		}
		return revisions;
	}

	/** The one that ran last. */
	Optional<RouteRevision> last() throws IOException {
		List<Path> files = files();
		return files.isEmpty() ? Optional.empty() : Optional.of(read(files.get(files.size() - 1)));
	}

	/** A set may have run with a profile that has more files for routes than this one. */
	private RouteRevision read(Path file) throws IOException {
		return this.json.readValue(file.toFile(), RouteRevision.class).selectedBy(this.settings);
	}

	/** Keeps a revision, and drops the oldest over the limit. */
	void add(RouteRevision revision) throws IOException {
		OwnerOnly.createFolder(this.directory);
		Path file = this.directory.resolve("%08d.json".formatted(revision.revision()));
		Path unfinished = this.directory.resolve("unfinished");
		OwnerOnly.createFile(unfinished);
		this.json.writeValue(unfinished.toFile(), revision);
		Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
		List<Path> files = files();
		for (Path old : files.subList(0, Math.max(0, files.size() - LENGTH))) {
			Files.delete(old);
		}
	}

	private List<Path> files() throws IOException {
		if (!Files.isDirectory(this.directory)) {
			return List.of();
		}
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.filter((file) -> file.getFileName().toString().matches("\\d+\\.json")).sorted().toList();
		}
	}

}
