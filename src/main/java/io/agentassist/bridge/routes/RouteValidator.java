package io.agentassist.bridge.routes;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Checks whether a set of routes would run, without running it: its syntax, Camel's
 * schema, everything it refers to, the HTTP contract, and finally a build of every policy
 * and route in a separate context. Thread safe.
 */
final class RouteValidator {

	/** Shipped with the bridge, but routes only with the profile of this name. */
	private static final String SANDBOX = "sandbox/";

	private final RoutesProperties settings;

	/** 800 KB of JSON, so read only when needed. */
	private SchemaCheck schema;

	/** Items that fitted last time, since the schema is most of the work of a check. */
	private Set<String> fitting = Set.of();

	RouteValidator(RoutesProperties settings) {
		this.settings = settings;
	}

	/**
	 * Checks a set.
	 * @param set the set
	 * @param surroundings what it may refer to
	 * @return the problems, worst first; the set may run if none of them is an error
	 */
	NavigableSet<RouteProblem> validate(RouteSet set, RouteSurroundings surroundings) {
		NavigableSet<RouteProblem> problems = new TreeSet<>();
		if (set.routes().isEmpty()) {
			problems.add(RouteProblem.error(".",
					"there are no route files: none matches agentassist.routes.files, " + this.settings.files()));
			return problems;
		}
		List<RouteItem> items = RouteFileParser.parse(set, problems::add);
		checkNames(set, items, problems::add);
		checkSchema(items, problems::add);
		if (!RouteProblem.anyError(problems)) {
			RouteFiles files = new RouteFiles(this.settings.directory());
			files.use(set);
			try (ScratchContext scratch = new ScratchContext(surroundings, files)) {
				EndpointNames names = new EndpointNames(scratch.camel(), scratch::value);
				ReferenceCheck references = new ReferenceCheck(this.settings, surroundings, scratch, names,
						problems::add);
				Set<String> entrances = references.check(items);
				checkCallers(set, entrances, surroundings, problems::add);
				if (!RouteProblem.anyError(problems)) {
					new HazardCheck(this.settings, surroundings, names, scratch::value, problems::add).check(items,
							items.stream().filter(references::isActive).toList());
					scratch.load(set, items, problems::add);
				}
			}
		}
		return problems;
	}

	/**
	 * Warns of files that look like routes but are not loaded, unless a route reads them.
	 */
	private static void checkNames(RouteSet set, List<RouteItem> items, Consumer<RouteProblem> problems) {
		for (String file : set.files().keySet()) {
			if (file.matches(".*\\.ya?ml") && !file.startsWith(SANDBOX) && !set.routes().contains(file)
					&& items.stream().noneMatch((item) -> item.content().contains(file))) {
				problems.accept(new RouteProblem(file, 1, 1, RouteProblem.Severity.WARNING,
						"is not a route file (agentassist.routes.files), not loaded"));
			}
		}
	}

	private synchronized void checkSchema(List<RouteItem> items, Consumer<RouteProblem> problems) {
		if (this.schema == null) {
			this.schema = new SchemaCheck();
		}
		Set<String> fitting = new HashSet<>();
		for (RouteItem item : items) {
			String content = item.content();
			if (this.fitting.contains(content) || this.schema.fits(item, problems)) {
				fitting.add(content);
			}
		}
		this.fitting = fitting;
	}

	/** Checks that the routes called by beans exist. */
	private static void checkCallers(RouteSet set, Set<String> entrances, RouteSurroundings surroundings,
			Consumer<RouteProblem> problems) {
		surroundings.calledRoutes().forEach((bean, uri) -> {
			if (!entrances.contains(uri)) {
				problems.accept(RouteProblem.error(set.routes().get(0),
						"no route of the set starts with '" + uri + "', which the bean '" + bean + "' calls"));
			}
		});
	}

}
