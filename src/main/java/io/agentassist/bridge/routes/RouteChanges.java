package io.agentassist.bridge.routes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The differences between two sets of routes.
 *
 * @param added ids of new routes
 * @param changed ids of routes that differ, or whose policy, file or setting does
 * @param removed ids of removed routes
 * @param files names of files that differ
 * @param needRestart differences in what is read only at the start
 */
record RouteChanges(Set<String> added, Set<String> changed, Set<String> removed, Set<String> files,
		List<RouteProblem> needRestart) {

	private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{[?!]?([^{}:]+)(:[^{}]*)?}}");

	/**
	 * Compares two sets.
	 * @param settings returns a setting's value for the set before, or null
	 * @param newSettings does the same for the set after
	 */
	static RouteChanges between(RouteSet before, UnaryOperator<String> settings, RouteSet after,
			UnaryOperator<String> newSettings) {
		List<RouteItem> beforeItems = before.items();
		List<RouteItem> afterItems = after.items();
		Map<String, String> old = contents(before, beforeItems, settings);
		Map<String, String> now = contents(after, afterItems, newSettings);
		Set<String> added = new LinkedHashSet<>(now.keySet());
		added.removeAll(old.keySet());
		Set<String> removed = new LinkedHashSet<>(old.keySet());
		removed.removeAll(now.keySet());
		Set<String> changed = new LinkedHashSet<>();
		now.forEach((id, content) -> {
			if (old.containsKey(id) && !old.get(id).equals(content)) {
				changed.add(id);
			}
		});
		Set<String> files = new TreeSet<>(before.files().keySet());
		files.addAll(after.files().keySet());
		files.removeIf((file) -> before.files().getOrDefault(file, "").equals(after.files().getOrDefault(file, ""))
				&& before.files().containsKey(file) == after.files().containsKey(file));
		return new RouteChanges(added, changed, removed, files, fixed(beforeItems, afterItems));
	}

	/** Everything that defines a route, by its id. */
	private static Map<String, String> contents(RouteSet set, List<RouteItem> items, UnaryOperator<String> settings) {
		Map<String, String> contents = new LinkedHashMap<>();
		List<RouteItem> policies = items.stream().filter(RouteItem::isPolicy).toList();
		for (RouteItem route : items.stream().filter((item) -> !isFixed(item) && item.isRoute()).toList()) {
			StringBuilder content = new StringBuilder(route.content());
			String named = "," + YamlTree.text(route.node(), "routeConfigurationId") + ",";
			for (RouteItem policy : policies) {
				if (policy.id() == null || named.contains("*")
						|| named.replace(" ", "").contains("," + policy.id() + ",")) {
					content.append(policy.content());
				}
			}
			String naming = content.toString();
			set.files().forEach((file, text) -> {
				if (!set.routes().contains(file) && naming.contains(file)) {
					content.append(text);
				}
			});
			for (String key : placeholders(content)) {
				content.append('\n').append(key).append('=').append(settings.apply(key));
			}
			contents.put(route.id(), content.toString());
		}
		return contents;
	}

	/**
	 * The settings that a text refers to, as {@code {{key}}} or {@code {{key:default}}}.
	 */
	static Set<String> placeholders(CharSequence text) {
		Set<String> keys = new TreeSet<>();
		PLACEHOLDER.matcher(text).results().forEach((match) -> keys.add(match.group(1)));
		return keys;
	}

	/** Changes to elements that Camel cannot replace while it runs. */
	private static List<RouteProblem> fixed(List<RouteItem> before, List<RouteItem> after) {
		// A list, since two files may have the same.
		List<String> old = new ArrayList<>();
		before.stream().filter(RouteChanges::isFixed).forEach((item) -> old.add(item.content()));
		List<RouteProblem> problems = new ArrayList<>();
		for (RouteItem item : after) {
			if (isFixed(item) && !old.remove(item.content())) {
				problems.add(item.error(item.node(),
						"'" + item.kind() + "' is read at the start only: undo this, or restart the bridge"));
			}
		}
		old.stream()
			.findFirst()
			.ifPresent((content) -> before.stream()
				.filter((item) -> item.content().equals(content))
				.findFirst()
				.ifPresent((item) -> problems.add(item.error(item.node(), "'" + item.kind()
						+ "' is gone, and is read at the start only: put it back, or restart the bridge"))));
		return problems;
	}

	/**
	 * Whether an element can only be changed by a restart. That includes a route started
	 * without an id, as its generated id is unknown.
	 */
	private static boolean isFixed(RouteItem item) {
		return !item.isPolicy() && !(item.isRoute() && item.id() != null);
	}

}
