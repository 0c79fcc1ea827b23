package io.agentassist.bridge.routes;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import io.agentassist.bridge.settings.LiveSettings;
import io.agentassist.bridge.settings.MissingSettings;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The settings of {@code config/} in force, and how changes to them take effect: settings
 * in {@link LiveSettings} at once, placeholders of routes together with their routes, all
 * others at a restart. Not thread safe.
 */
final class LiveConfig {

	/** Used by routes, but read only at the start. */
	private static final ConfigurationPropertyName OURS = ConfigurationPropertyName.of("agentassist.routes");

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
	 * @param problems receives each file that cannot be read
	 * @return the settings in the files; those in force if they cannot be read
	 */
	ConfigSnapshot read(Consumer<RouteProblem> problems) {
		return ConfigSnapshot.read(this.environment, problems).orElse(this.running);
	}

	/**
	 * Checks settings as a start does.
	 * @param problems receives each setting that a start would refuse
	 * @return the records that could be bound
	 */
	Map<Class<?>, Record> check(ConfigSnapshot settings, Consumer<RouteProblem> problems) {
		MissingSettings.missing(settings.environment())
			.forEach((key, variable) -> problems
				.accept(ConfigCheck.problem(settings, key, "has no value: set " + variable)));
		return this.check.bind(settings, problems);
	}

	/**
	 * Adopts the text of files whose settings are already in force.
	 * @return a warning for each edit without effect because a value from elsewhere wins
	 */
	List<RouteProblem> takeText(ConfigSnapshot settings) {
		List<RouteProblem> problems = settings.overridden(this.running);
		this.running = settings;
		return problems;
	}

	/** Warns of keys that nothing reads. */
	List<RouteProblem> misspelt(ConfigSnapshot settings, Set<ConfigurationPropertyName> placeholders) {
		return this.check.misspelt(settings, placeholders);
	}

	/** Makes these settings visible to routes that are read from now on. */
	void install(ConfigSnapshot settings) {
		settings.install(this.environment);
	}

	/** Puts settings in force. */
	void run(ConfigSnapshot settings, Map<Class<?>, Record> records) {
		this.holders.forEach((holder) -> holder.set(records.get(holder.type())));
		this.running = settings;
	}

	/**
	 * Describes the differences from what is in force.
	 * @return a line for each changed key; with its values only if it is a live setting,
	 * as others may hold values that must not be logged
	 */
	List<String> describe(ConfigSnapshot settings) {
		List<String> lines = new ArrayList<>();
		for (String key : settings.changes(this.running)) {
			lines.add(isLive(key) ? key + " " + this.running.value(key) + " -> " + settings.value(key) : key);
		}
		return lines;
	}

	/**
	 * Warns of changes that take effect only at a restart.
	 * @param placeholders the keys that routes use as placeholders
	 */
	List<RouteProblem> needRestart(ConfigSnapshot settings, Set<ConfigurationPropertyName> placeholders) {
		List<RouteProblem> problems = new ArrayList<>();
		Set<String> told = new HashSet<>();
		for (String key : settings.changes(this.atStart)) {
			// One warning for a list, not one for each of its elements.
			String setting = key.replaceFirst("\\[\\d+].*", "");
			ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
			if (!this.check.isUnknown(key, settings, placeholders)
					&& (OURS.isAncestorOf(name) || !(isLive(key) || placeholders.contains(name)))
					&& told.add(setting)) {
				problems.add(settings.problem(key, RouteProblem.Severity.WARNING,
						"'" + setting + "' is read at the start only, and takes effect at a restart"));
			}
		}
		return problems;
	}

	private boolean isLive(String key) {
		ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
		return this.holders.stream().anyMatch((holder) -> holder.isLive(name));
	}

	/** The folders of the files. */
	Set<Path> folders() {
		Set<Path> folders = new LinkedHashSet<>(this.atStart.folders());
		folders.addAll(this.running.folders());
		return folders;
	}

}
