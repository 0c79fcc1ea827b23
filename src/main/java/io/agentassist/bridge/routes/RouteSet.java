package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import org.apache.commons.codec.digest.DigestUtils;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/**
 * The files of the routes at one moment: those that hold routes, and others beside them
 * that routes read.
 *
 * @param files the text of each file by name, which is the path relative to the folder,
 * with slashes
 * @param routes the names of the files that hold routes
 */
record RouteSet(NavigableMap<String, String> files, List<String> routes) {

	/** Examples are tried out by tests and people, but not loaded. */
	private static final String EXAMPLES = "examples/";

	/**
	 * Reads a folder.
	 * @param settings which files are routes, and how large they may be
	 * @param folder the folder
	 * @param problems receives each file that is refused or cannot be read
	 */
	static RouteSet read(RoutesProperties settings, Path folder, Consumer<RouteProblem> problems) {
		NavigableMap<String, String> files = new TreeMap<>();
		List<RouteProblem> beside = new ArrayList<>();
		walk(folder, (path, attributes) -> {
			if (!attributes.isDirectory() && isWanted(path)) {
				String text = text(folder, path, settings.maxFileSize().toBytes(),
						isRoute(settings, path) ? problems : beside::add);
				if (text != null) {
					files.put(name(path), text);
				}
			}
		}, (path, failure) -> {
			if (isWanted(path)) {
				problems.accept(unreadable(path, failure));
			}
		});
		RouteSet set = of(settings, files);
		// A picture, say, concerns nobody, but a text that a route reads does.
		beside.stream()
			.filter((problem) -> set.routes.stream().anyMatch((route) -> files.get(route).contains(problem.file())))
			.forEach(problems);
		return set;
	}

	/**
	 * Walks through everything in a folder, three levels deep, without following links
	 * inside it. What cannot be looked at is skipped.
	 * @param folder the folder, or a link to it
	 * @param found receives each file, by its path relative to the folder
	 * @param failed receives whatever cannot be looked at, by the same kind of path
	 */
	static void walk(Path folder, BiConsumer<Path, BasicFileAttributes> found, BiConsumer<Path, IOException> failed) {
		try {
			// Resolved first, as the walk would not follow a link to the folder itself
			// either.
			Path root = folder.toRealPath();
			if (!Files.isDirectory(root)) {
				throw new NotDirectoryException(folder.toString());
			}
			Files.walkFileTree(root, Set.of(), 3, new SimpleFileVisitor<>() {
				@Override
				public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
					found.accept(root.relativize(file), attributes);
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult visitFileFailed(Path file, IOException failure) {
					failed.accept(root.relativize(file), failure);
					return FileVisitResult.CONTINUE;
				}
			});
		}
		catch (IOException ex) {
			failed.accept(Path.of(""), ex);
		}
	}

	/**
	 * Separates routes from the files beside them.
	 * @param settings which files are routes
	 * @param files the text of each file by name
	 */
	static RouteSet of(RoutesProperties settings, Map<String, String> files) {
		NavigableMap<String, String> sorted = new TreeMap<>(files);
		return new RouteSet(sorted,
				sorted.keySet().stream().filter((name) -> isRoute(settings, Path.of(name))).toList());
	}

	private static boolean isRoute(RoutesProperties settings, Path path) {
		return settings.files()
			.stream()
			.anyMatch((pattern) -> FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(path));
	}

	private static String text(Path folder, Path path, long maxSize, Consumer<RouteProblem> problems) {
		try {
			// By its name, as a set knows it: the process's locale may lack some
			// characters.
			Path file = folder.resolve(name(path));
			if (!file.toRealPath().startsWith(folder.toRealPath())) {
				problems.accept(RouteProblem.error(name(path),
						"is a link to a place outside of the folder; put the file itself here"));
				return null;
			}
			if (Files.isDirectory(file)) {
				return null;
			}
			if (!Files.isRegularFile(file)) {
				problems.accept(RouteProblem.error(name(path), "is not a regular file"));
				return null;
			}
			if (Files.size(file) > maxSize) {
				problems.accept(RouteProblem.error(name(path), "has " + Files.size(file) + " bytes, more than the "
						+ maxSize + " of agentassist.routes.max-file-size"));
				return null;
			}
			return Files.readString(file);
		}
		catch (InvalidPathException ex) {
			problems.accept(RouteProblem.error(name(path),
					"has a name that the bridge's locale cannot express: rename it, or set LC_ALL=C.UTF-8 at the start"));
		}
		catch (CharacterCodingException ex) {
			problems.accept(RouteProblem.error(name(path), "is not UTF-8 text"));
		}
		catch (NoSuchFileException ex) {
			problems.accept(RouteProblem.error(name(path), "is a link to a file that does not exist"));
		}
		catch (IOException ex) {
			problems.accept(unreadable(path, ex));
		}
		return null;
	}

	private static RouteProblem unreadable(Path path, IOException failure) {
		return RouteProblem.error(name(path), "cannot be read: "
				+ ((failure instanceof AccessDeniedException) ? "the bridge's user may not" : failure.toString()));
	}

	/**
	 * Skips editors' temporary files (4913 is Vim's, to see whether it may write) and the
	 * folders of version control and of the file system.
	 */
	private static boolean isWanted(Path path) {
		for (Path part : path) {
			if (part.toString().startsWith(".") || part.toString().equals("lost+found")) {
				return false;
			}
		}
		return !path.toString().matches(".*~|.*\\.(bak|swp|tmp)|(.*/)?(#[^/]*#|4913)")
				&& !name(path).startsWith(EXAMPLES);
	}

	private static String name(Path path) {
		return path.toString().isEmpty() ? "." : path.toString().replace('\\', '/');
	}

	/** What is in the files of the routes, without those that cannot be parsed. */
	List<RouteItem> items() {
		return RouteFileParser.parse(this, (problem) -> {
		});
	}

	/** The settings that routes name as placeholders. */
	Set<ConfigurationPropertyName> placeholders() {
		Set<ConfigurationPropertyName> names = new HashSet<>();
		for (String file : this.routes) {
			RouteChanges.placeholders(this.files.get(file))
				.forEach((key) -> names.add(ConfigurationPropertyName.adapt(key, '.')));
		}
		return names;
	}

	/** A digest of all files: equal for equal sets. */
	String hash() {
		MessageDigest digest = DigestUtils.getSha256Digest();
		this.files.forEach((file, text) -> digest.update((file + "\0" + text + "\0").getBytes(StandardCharsets.UTF_8)));
		return HexFormat.of().formatHex(digest.digest());
	}

}
