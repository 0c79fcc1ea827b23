package io.agentassist.bridge.routes;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

import io.agentassist.bridge.settings.LiveSettings;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The settings of {@code config/} that run, and what becomes of others: settings in
 * {@link LiveSettings} change at once, placeholders of routes with their routes, all
 * others at a restart. Not thread safe.
 */
final class LiveConfig {

	/** Used by routes, and read at the start nevertheless. */
	private static final ConfigurationPropertyName OURS = ConfigurationPropertyName.of("agentassist.routes");

	/** All other keys are Spring Boot's and its libraries' to know. */
	private static final ConfigurationPropertyName BRIDGE = ConfigurationPropertyName.of("agentassist");

	private final ConfigurableEnvironment environment;

	private final ConfigCheck check;

	private final Collection<LiveSettings<?>> holders;

	private final ConfigSnapshot atStart;

	private ConfigSnapshot running;

	LiveConfig(ConfigurableEnvironment environment, ConfigCheck check, Collection<LiveSettings<?>> holders) {
		this.environment = environment;
		this.check = check;
		this.holders = List.copyOf(holders);
		this.atStart = ConfigSnapshot.of(environment);
		this.running = this.atStart;
	}

	ConfigSnapshot running() {
		return this.running;
	}

	/**
	 * Reads the files.
	 * @param problems told of files that cannot be read
	 * @return what they say; what runs where they cannot be read
	 */
	ConfigSnapshot read(Consumer<RouteProblem> problems) {
		try {
			return ConfigSnapshot.read(this.environment);
		}
		catch (ConfigSnapshot.UnreadableConfigException ex) {
			ex.problems().forEach(problems);
			return this.running;
		}
	}

	/**
	 * Checks settings as a start does.
	 * @param problems told of those that a start would refuse
	 * @return the records of the others
	 */
	Map<Class<?>, Record> check(ConfigSnapshot settings, Consumer<RouteProblem> problems) {
		return this.check.bind(settings, problems);
	}

	/**
	 * Takes the text of files that say what runs already.
	 * @return which of their edits have no effect, as a value from elsewhere wins
	 */
	List<RouteProblem> takeText(ConfigSnapshot settings) {
		List<RouteProblem> problems = settings.overridden(this.running);
		this.running = settings;
		return problems;
	}

	/**
	 * Names new keys that nothing reads.
	 * @param isPlaceholder tells keys that routes have
	 */
	List<RouteProblem> misspelt(ConfigSnapshot settings, Predicate<ConfigurationPropertyName> isPlaceholder) {
		List<RouteProblem> problems = new ArrayList<>();
		for (String key : settings.changes(this.atStart)) {
			if (isUnknown(key, settings, isPlaceholder)) {
				problems.add(settings.problem(key, RouteProblem.Severity.WARNING,
						"'" + key + "' is no setting of the bridge, and no route names it: is it misspelt?"));
			}
		}
		return problems;
	}

	private boolean isUnknown(String key, ConfigSnapshot settings, Predicate<ConfigurationPropertyName> isPlaceholder) {
		ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
		return BRIDGE.isAncestorOf(name) && this.atStart.value(key) == null && !isPlaceholder.test(name)
				&& !this.check.knows(name) && !settings.names(key);
	}

	/** Lets routes that are read from now on find other settings. */
	void install(ConfigSnapshot settings) {
		settings.install(this.environment);
	}

	/** Puts settings in force. */
	void run(ConfigSnapshot settings, Map<Class<?>, Record> records) {
		this.holders.forEach((holder) -> holder.set(records.get(holder.type())));
		this.running = settings;
	}

	/**
	 * What differs from what runs.
	 * @return a line for each key that a record of live settings has, with its values;
	 * the others may hold what is not for logs
	 */
	List<String> describe(ConfigSnapshot settings) {
		List<String> lines = new ArrayList<>();
		for (String key : settings.changes(this.running)) {
			lines.add(isLive(key) ? key + " " + this.running.value(key) + " -> " + settings.value(key) : key);
		}
		return lines;
	}

	/**
	 * Names what a restart would change.
	 * @param isPlaceholder tells keys that routes have
	 */
	List<RouteProblem> needRestart(ConfigSnapshot settings, Predicate<ConfigurationPropertyName> isPlaceholder) {
		List<RouteProblem> problems = new ArrayList<>();
		for (String key : settings.changes(this.atStart)) {
			ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
			if (!isUnknown(key, settings, isPlaceholder)
					&& (OURS.isAncestorOf(name) || !(isLive(key) || isPlaceholder.test(name)))) {
				problems.add(settings.problem(key, RouteProblem.Severity.WARNING,
						"'" + key + "' is read at the start only, and takes effect at a restart"));
			}
		}
		return problems;
	}

	private boolean isLive(String key) {
		ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
		return this.holders.stream().anyMatch((holder) -> holder.isLive(name));
	}

	/** Where the files are. */
	Set<Path> folders() {
		Set<Path> folders = new LinkedHashSet<>(this.atStart.folders());
		folders.addAll(this.running.folders());
		return folders;
	}

}
