package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Fuzzed: a file of routes, as the check of the routes reads it. Whatever it holds, the
 * check ends with a list of problems that name a place; a file that can be read is
 * checked with some of the shipped ones besides.
 */
public final class RouteCheckFuzz {

	private static final String FILE = "fuzzed.camel.yaml";

	/** Those without which no set is complete, and their policies. */
	private static final List<String> BESIDES = List.of("provider-query.camel.yaml", "erasure.camel.yaml",
			"interaction-recording.camel.yaml", "error-policies.camel.yaml");

	private static final OfflineRoutes OFFLINE = new OfflineRoutes("");

	private static final NavigableMap<String, String> SHIPPED = shipped();

	private RouteCheckFuzz() {
	}

	private static NavigableMap<String, String> shipped() {
		try {
			NavigableMap<String, String> files = new TreeMap<>();
			for (String name : BESIDES) {
				files.put(name, Files.readString(Path.of("routes", name)));
			}
			// Else the check would end before its last steps.
			OFFLINE.validate(new RouteSet(files, BESIDES)).stream().filter(RouteProblem::isError).forEach((problem) -> {
				throw new AssertionError(problem.toString());
			});
			return files;
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Loads all that it takes, before the clock of the first input runs.
	 */
	public static void fuzzerInitialize() {
		fuzzerTestOneInput(new byte[0]);
	}

	/**
	 * Takes one input.
	 * @param input a file
	 */
	public static void fuzzerTestOneInput(byte[] input) {
		String text = new String(input, StandardCharsets.UTF_8);
		NavigableSet<RouteProblem> problems = new TreeSet<>();
		RouteFileParser.parse(new RouteSet(new TreeMap<>(Map.of(FILE, text)), List.of(FILE)), problems::add);
		if (problems.stream().noneMatch(RouteProblem::isError)) {
			NavigableMap<String, String> files = new TreeMap<>(SHIPPED);
			files.put(FILE, text);
			problems = OFFLINE.validate(new RouteSet(files, List.copyOf(files.keySet())));
		}
		check(problems, text);
	}

	private static void check(NavigableSet<RouteProblem> problems, String text) {
		long lines = text.lines().count() + 1;
		for (RouteProblem problem : problems) {
			if (problem.message().isBlank() || problem.line() < 1
					|| (FILE.equals(problem.file()) && problem.line() > lines + 1)) {
				throw new AssertionError("No place: " + problem);
			}
		}
	}

}
