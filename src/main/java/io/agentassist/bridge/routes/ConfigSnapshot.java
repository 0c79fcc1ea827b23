package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.agentassist.bridge.settings.YamlSyntax;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.DefaultBootstrapContext;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.boot.origin.TextResourceOrigin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.FileSystemResource;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The contents of the files in {@code config/} at one moment, together with the settings
 * from elsewhere that override them or fill their placeholders. Immutable, thread safe.
 */
final class ConfigSnapshot {

	private static final Logger log = LoggerFactory.getLogger(ConfigSnapshot.class);

	/** Keys and environment variables that usually hold secrets. */
	private static final Pattern SECRET = Pattern.compile(
			"(?i)(secret|password|token|credential|passphrase|jaas.?config|connection.?string|(api|secret|access|account|private).?key)s?(\\[\\d+])?$");

	private static final Pattern VARIABLE = Pattern.compile("^\\$\\{([A-Z][A-Z0-9_]*)[:}]");

	/** Shorter values occur in text by chance. */
	private static final int SHORTEST_SECRET = 10;

	/** How Spring Boot's names for what it read from a file begin. */
	private static final String FILE = "Config resource '";

	/** The file that must exist; those of profiles may come and go. */
	private static final String NEEDED = "application.yaml";

	/** The place reported for settings that are in no file. */
	static final String NOWHERE = "config";

	private final ConfigurableEnvironment environment;

	/** The effective values, by key as written in a file. */
	private final Map<String, String> values = new TreeMap<>();

	/** The text in the files, by name of the source and key. */
	private final Map<String, String> texts = new HashMap<>();

	private ConfigSnapshot(ConfigurableEnvironment environment) {
		this.environment = environment;
		// As Spring Boot does: it finds a-b as the environment variable AB, too.
		ConfigurationPropertySources.attach(environment);
		sources(environment).forEach((source) -> {
			for (String key : source.getPropertyNames()) {
				this.values.putIfAbsent(key, value(source, key));
				this.texts.putIfAbsent(textKey(source, key), String.valueOf(source.getProperty(key)));
			}
		});
	}

	private String value(PropertySource<?> source, String key) {
		try {
			return this.environment.getProperty(key);
		}
		catch (IllegalArgumentException ex) {
			// An unresolved placeholder: reported where the value is needed.
			return String.valueOf(source.getProperty(key));
		}
	}

	/** Creates a snapshot of the files as the application read them. */
	static ConfigSnapshot of(ConfigurableEnvironment running) {
		StandardEnvironment copy = withoutSources();
		running.getPropertySources()
			.stream()
			.filter((source) -> !ConfigurationPropertySources.isAttachedConfigurationPropertySource(source))
			.forEach(copy.getPropertySources()::addLast);
		copy.setActiveProfiles(running.getActiveProfiles());
		return new ConfigSnapshot(copy);
	}

	/**
	 * Reads the files as Spring Boot does at a start.
	 * @param running the application's environment, for everything that is not in files
	 * @param problems receives why the files cannot be read: one is not YAML or has
	 * become empty, or the one that must exist is gone
	 * @return the snapshot; empty if the files cannot be read
	 */
	static Optional<ConfigSnapshot> read(ConfigurableEnvironment running, Consumer<RouteProblem> problems) {
		List<RouteProblem> emptied = emptied(running);
		if (!emptied.isEmpty()) {
			emptied.forEach(problems);
			return Optional.empty();
		}
		StandardEnvironment fresh = withoutSources();
		List<PropertySource<?>> below = new ArrayList<>();
		boolean files = false;
		for (PropertySource<?> source : running.getPropertySources()) {
			if (source.getName().startsWith(FILE)) {
				files = true;
			}
			else if (files) {
				below.add(source);
			}
			else if (!ConfigurationPropertySources.isAttachedConfigurationPropertySource(source)) {
				fresh.getPropertySources().addLast(source);
			}
		}
		try {
			ConfigDataEnvironmentPostProcessor.applyTo(fresh, null, new DefaultBootstrapContext(),
					running.getActiveProfiles());
			below.forEach(fresh.getPropertySources()::addLast);
			return Optional.of(new ConfigSnapshot(fresh));
		}
		catch (RuntimeException ex) {
			List<RouteProblem> errors = syntaxErrors(folders(running));
			errors.forEach(problems);
			if (errors.isEmpty()) {
				problems.accept(RouteProblem.error(NOWHERE, "cannot be read: " + RouteProblem.reason(ex)));
			}
			return Optional.empty();
		}
	}

	/**
	 * Files that are empty or missing, more likely from a failed save than on purpose:
	 * each of their settings would be missing.
	 */
	private static List<RouteProblem> emptied(ConfigurableEnvironment running) {
		List<RouteProblem> problems = new ArrayList<>();
		for (Path file : filesWithSettings(running)) {
			try {
				if (file.endsWith(NEEDED) && Files.notExists(file)) {
					problems.add(RouteProblem.error(name(file), "is gone: put it back"));
				}
				else if (Files.size(file) == 0) {
					problems.add(RouteProblem.error(name(file), "is empty; to remove all of its settings, delete it"));
				}
			}
			catch (IOException ex) {
				log.debug("File {} is gone or cannot be read, which is reported elsewhere", file, ex);
			}
		}
		return problems;
	}

	private static StandardEnvironment withoutSources() {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().forEach((source) -> environment.getPropertySources().remove(source.getName()));
		return environment;
	}

	/** Finds syntax errors with Spring's own parser. */
	private static List<RouteProblem> syntaxErrors(Set<Path> folders) {
		List<RouteProblem> problems = new ArrayList<>();
		for (Path file : files(folders)) {
			try {
				new YamlPropertySourceLoader().load(name(file), new FileSystemResource(file));
			}
			catch (YAMLException ex) {
				Mark mark = (ex instanceof MarkedYAMLException marked) ? marked.getProblemMark() : null;
				problems.add(new RouteProblem(name(file), (mark != null) ? mark.getLine() + 1 : 1,
						(mark != null) ? mark.getColumn() + 1 : 1, RouteProblem.Severity.ERROR,
						"not valid YAML: " + YamlSyntax.problem(ex)));
			}
			catch (IOException ex) {
				problems.add(RouteProblem.error(name(file), "cannot be read: " + RouteProblem.reason(ex)));
			}
		}
		return problems;
	}

	/** Makes the application's environment hold the same settings. */
	void install(ConfigurableEnvironment running) {
		MutablePropertySources sources = running.getPropertySources();
		Set<String> names = new LinkedHashSet<>();
		List<EnumerablePropertySource<?>> before = sources(running);
		String previous = null;
		for (PropertySource<?> source : sources(this.environment)) {
			names.add(source.getName());
			if (sources.contains(source.getName())) {
				sources.replace(source.getName(), source);
			}
			else if (previous != null) {
				sources.addAfter(previous, source);
			}
			else if (!before.isEmpty()) {
				sources.addBefore(before.get(0).getName(), source);
			}
			else {
				sources.addLast(source);
			}
			previous = source.getName();
		}
		sources(running).stream()
			.map(PropertySource::getName)
			.filter((name) -> !names.contains(name))
			.forEach(sources::remove);
	}

	ConfigurableEnvironment environment() {
		return this.environment;
	}

	/**
	 * A setting, or null; as written in its file if it has an unresolved placeholder.
	 */
	String value(String key) {
		try {
			return this.environment.getProperty(key);
		}
		catch (IllegalArgumentException ex) {
			return this.values.get(key);
		}
	}

	/**
	 * The values of all settings that hold secrets, from any source; longest first, as
	 * one may be the beginning of another.
	 */
	List<String> secrets() {
		List<String> secrets = new ArrayList<>();
		for (PropertySource<?> source : this.environment.getPropertySources()) {
			if (source instanceof EnumerablePropertySource<?> enumerable) {
				Arrays.stream(enumerable.getPropertyNames())
					.filter(SECRET.asPredicate())
					.map((key) -> value(source, key))
					// An unresolved placeholder is not a secret, and its name is helpful.
					.filter((value) -> value != null && !value.contains("${"))
					.flatMap((value) -> Arrays.stream(value.split(",")))
					.filter((value) -> value.length() >= SHORTEST_SECRET)
					.forEach(secrets::add);
			}
		}
		secrets.sort(Comparator.comparingInt(String::length).reversed());
		return secrets;
	}

	/** Spring Boot numbers the documents of a file once there are two. */
	private static String textKey(PropertySource<?> source, String key) {
		return source.getName().replaceFirst(" \\(document #\\d+\\)$", "") + key;
	}

	/** The keys whose value differs, was added or was removed. */
	Set<String> changes(ConfigSnapshot before) {
		Set<String> changed = new TreeSet<>(this.values.keySet());
		changed.addAll(before.values.keySet());
		changed.removeIf((key) -> Objects.equals(value(key), before.value(key)));
		return changed;
	}

	/** The keys in the files. */
	Set<String> keys() {
		return Collections.unmodifiableSet(this.values.keySet());
	}

	/** Whether all settings are the same. */
	boolean isSame(ConfigSnapshot other) {
		return this.values.equals(other.values);
	}

	/**
	 * Reports edits that change nothing, because the value in force comes from elsewhere.
	 */
	List<RouteProblem> overridden(ConfigSnapshot before) {
		List<RouteProblem> problems = new ArrayList<>();
		for (EnumerablePropertySource<?> source : sources(this.environment)) {
			for (String key : source.getPropertyNames()) {
				String text = this.texts.get(textKey(source, key));
				if (!text.equals(before.texts.get(textKey(source, key)))
						&& Objects.equals(value(key), before.value(key))) {
					Origin here = OriginLookup.getOrigin(source, key);
					Origin winner = origin(ConfigurationPropertyName.adapt(key, '.'));
					if (!here.equals(winner) || text.contains("${")) {
						problems.add(problem(here, RouteProblem.Severity.WARNING,
								"this edit of '" + key + "' changes nothing: the value in force comes from "
										+ (here.equals(winner) ? "what its ${…} stands for" : describe(winner))));
					}
				}
			}
		}
		return problems;
	}

	private static String describe(Origin origin) {
		return (file(origin) != null) ? name(file(origin)) : String.valueOf(origin);
	}

	/** The origin of the value in force, or null if there is none. */
	private Origin origin(ConfigurationPropertyName name) {
		for (ConfigurationPropertySource source : ConfigurationPropertySources
			.from(this.environment.getPropertySources())) {
			ConfigurationProperty property = source.getConfigurationProperty(name);
			if (property != null) {
				Origin origin = property.getOrigin();
				return (origin instanceof PropertySourceOrigin wrapper && wrapper.getOrigin() != null)
						? wrapper.getOrigin() : origin;
			}
		}
		return null;
	}

	/** Whether a value in a file refers to a key, as {@code ${key}}. */
	boolean names(String key) {
		return this.texts.values()
			.stream()
			.anyMatch((text) -> text.contains("${" + key + "}") || text.contains("${" + key + ":"));
	}

	/** The folders that hold the files. */
	Set<Path> folders() {
		return folders(this.environment);
	}

	private static Set<Path> folders(ConfigurableEnvironment environment) {
		return filesWithSettings(environment).stream()
			.map(Path::getParent)
			.collect(Collectors.toCollection(LinkedHashSet::new));
	}

	private static Set<Path> filesWithSettings(ConfigurableEnvironment environment) {
		Set<Path> files = new LinkedHashSet<>();
		sources(environment).forEach((source) -> {
			for (String key : source.getPropertyNames()) {
				Path file = file(OriginLookup.getOrigin(source, key));
				if (file != null) {
					files.add(file.toAbsolutePath());
				}
			}
		});
		return files;
	}

	/** The files that Spring Boot may read. */
	static List<Path> files(Set<Path> folders) {
		List<Path> found = new ArrayList<>();
		for (Path folder : folders) {
			try (Stream<Path> files = Files.list(folder)) {
				files.filter((file) -> file.getFileName().toString().matches("application.*\\.ya?ml"))
					.sorted()
					.forEach(found::add);
			}
			catch (IOException ex) {
				// Spring Boot treats it as empty, and the check reports the missing
				// settings.
				log.debug("Folder {} cannot be read", folder, ex);
			}
		}
		return found;
	}

	/**
	 * Creates a problem with a key, placed where its value in force comes from; for a
	 * missing key, where its siblings begin.
	 */
	RouteProblem problem(String key, RouteProblem.Severity severity, String message) {
		ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
		Origin origin = origin(name);
		if (origin != null && file(origin) == null) {
			return new RouteProblem(NOWHERE, 1, 1, severity, message + " (set by " + origin + ")");
		}
		String variable = (severity == RouteProblem.Severity.ERROR) ? variable(name) : null;
		while (origin == null && name.getNumberOfElements() > 1) {
			name = name.getParent();
			origin = firstBelow(name);
		}
		return problem(origin, severity, (variable != null) ? message + " (set by " + variable + ")" : message);
	}

	/** The variable from which a file takes the value of a key; null if from none. */
	private String variable(ConfigurationPropertyName name) {
		return sources(this.environment).stream()
			.flatMap((source) -> Arrays.stream(source.getPropertyNames())
				.filter((key) -> ConfigurationPropertyName.adapt(key, '.').equals(name))
				.map((key) -> this.texts.get(textKey(source, key))))
			.findFirst()
			.map(VARIABLE::matcher)
			.filter(Matcher::find)
			.map((matcher) -> matcher.group(1))
			.filter(this.environment::containsProperty)
			.orElse(null);
	}

	private static RouteProblem problem(Origin origin, RouteProblem.Severity severity, String message) {
		if (file(origin) == null) {
			return new RouteProblem(NOWHERE, 1, 1, severity, message);
		}
		TextResourceOrigin.Location at = ((TextResourceOrigin) origin).getLocation();
		return new RouteProblem(name(file(origin)), at.getLine() + 1, at.getColumn() + 1, severity, message);
	}

	private Origin firstBelow(ConfigurationPropertyName ancestor) {
		for (EnumerablePropertySource<?> source : sources(this.environment)) {
			for (String candidate : source.getPropertyNames()) {
				if (ancestor.isAncestorOf(ConfigurationPropertyName.adapt(candidate, '.'))) {
					return OriginLookup.getOrigin(source, candidate);
				}
			}
		}
		return null;
	}

	private static Path file(Origin origin) {
		try {
			return (origin instanceof TextResourceOrigin text && text.getResource() != null
					&& text.getResource().isFile()) ? text.getResource().getFile().toPath() : null;
		}
		catch (IOException ex) {
			return null;
		}
	}

	private static String name(Path file) {
		Path here = Path.of("").toAbsolutePath();
		Path absolute = file.toAbsolutePath().normalize();
		return (absolute.startsWith(here) ? here.relativize(absolute) : absolute).toString().replace('\\', '/');
	}

	/** The sources that came from files; the first one wins. */
	private static List<EnumerablePropertySource<?>> sources(ConfigurableEnvironment environment) {
		List<EnumerablePropertySource<?>> sources = new ArrayList<>();
		environment.getPropertySources().forEach((source) -> {
			if (source.getName().startsWith(FILE) && source instanceof EnumerablePropertySource<?> enumerable) {
				sources.add(enumerable);
			}
		});
		return sources;
	}

}
