package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;

/**
 * Fuzzed: a file of routes, as the check of the routes reads it. Whatever it holds, the
 * check ends with a list of problems that name a place; a file without an error is
 * checked with the shipped ones besides.
 */
public final class RouteCheckFuzz {

	private static final String FILE = "fuzzed.camel.yaml";

	private static final OfflineRoutes OFFLINE = new OfflineRoutes("");

	private static final RouteSet SHIPPED = shipped();

	private RouteCheckFuzz() {
	}

	private static RouteSet shipped() {
		try {
			return RouteSet.read(OFFLINE.settings(), Path.of("routes"), (problem) -> {
			});
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
		RouteSet one = new RouteSet(new TreeMap<>(Map.of(FILE, text)), List.of(FILE));
		NavigableSet<RouteProblem> alone = OFFLINE.validate(one);
		check(alone, text);
		boolean isReadable = alone.stream()
			.noneMatch((problem) -> problem.isError() && !problem.message().startsWith("no route of the set"));
		if (isReadable) {
			NavigableMap<String, String> files = new TreeMap<>(SHIPPED.files());
			files.put(FILE, text);
			List<String> routes = new ArrayList<>(SHIPPED.routes());
			routes.add(FILE);
			check(OFFLINE.validate(new RouteSet(files, routes)), text);
		}
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
