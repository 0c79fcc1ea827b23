package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The files of the routes at one moment: those that hold routes, and those beside them
 * that routes read.
 *
 * @param files text by name; a name is the path from the folder, with slashes
 * @param routes the names of those that hold routes
 */
record RouteSet(NavigableMap<String, String> files, List<String> routes) {

	/** Tried out by tests and by people, not loaded. */
	private static final String EXAMPLES = "examples/";

	/**
	 * Reads a folder.
	 * @param settings which files are routes, and how large they may be
	 * @param folder the folder
	 * @param problems told of files that are refused
	 * @throws IOException when the folder cannot be read
	 */
	static RouteSet read(RoutesProperties settings, Path folder, Consumer<RouteProblem> problems) throws IOException {
		NavigableMap<String, String> files = new TreeMap<>();
		try (Stream<Path> found = Files.walk(folder, 3)) {
			List<Path> paths = found.filter((path) -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
				.map(folder::relativize)
				.filter((path) -> !isHidden(path) && !name(path).startsWith(EXAMPLES))
				.sorted()
				.toList();
			for (Path path : paths) {
				String text = text(folder, path, settings.maxFileSize().toBytes(), problems);
				if (text != null) {
					files.put(name(path), text);
				}
			}
		}
		return of(settings, files);
	}

	/**
	 * Tells routes from the files beside them.
	 * @param settings which files are routes
	 * @param files text by name
	 */
	static RouteSet of(RoutesProperties settings, Map<String, String> files) {
		List<PathMatcher> patterns = settings.files()
			.stream()
			.map((pattern) -> FileSystems.getDefault().getPathMatcher("glob:" + pattern))
			.toList();
		NavigableMap<String, String> sorted = new TreeMap<>(files);
		return new RouteSet(sorted,
				sorted.keySet()
					.stream()
					.filter((name) -> patterns.stream().anyMatch((pattern) -> pattern.matches(Path.of(name))))
					.toList());
	}

	private static String text(Path folder, Path path, long maxSize, Consumer<RouteProblem> problems)
			throws IOException {
		Path file = folder.resolve(path);
		try {
			if (!file.toRealPath().startsWith(folder.toRealPath())) {
				problems.accept(RouteProblem.error(name(path),
						"is a link to a place outside of the folder; put the file itself here"));
				return null;
			}
			if (Files.isDirectory(file)) {
				return null;
			}
			if (Files.size(file) > maxSize) {
				problems.accept(RouteProblem.error(name(path), "has " + Files.size(file) + " bytes, more than the "
						+ maxSize + " of agentassist.routes.max-file-size"));
				return null;
			}
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file))).toString();
		}
		catch (CharacterCodingException ex) {
			problems.accept(RouteProblem.error(name(path), "is not UTF-8 text"));
		}
		catch (NoSuchFileException ex) {
			problems.accept(RouteProblem.error(name(path), "is a link to a file that is not there"));
		}
		return null;
	}

	/** Editors' temporary files and version control's folders. */
	private static boolean isHidden(Path path) {
		for (Path part : path) {
			if (part.toString().startsWith(".")) {
				return true;
			}
		}
		return path.toString().endsWith("~");
	}

	private static String name(Path path) {
		return path.toString().replace('\\', '/');
	}

	/** A digest of all files: equal for equal sets. */
	String hash() {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			for (Map.Entry<String, String> file : this.files.entrySet()) {
				digest.update((file.getKey() + "\0" + file.getValue() + "\0").getBytes(StandardCharsets.UTF_8));
			}
			return HexFormat.of().formatHex(digest.digest());
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
