package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

import org.apache.camel.FailedToStartRouteException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.jmx.export.annotation.ManagedAttribute;
import org.springframework.jmx.export.annotation.ManagedOperation;
import org.springframework.jmx.export.annotation.ManagedOperationParameter;
import org.springframework.jmx.export.annotation.ManagedResource;

/**
 * The running routes and the handling of edits: an edit is checked as a whole, then
 * either applied as a whole or rejected without any effect. Thread safe; the getters do
 * not wait for an edit under way, which may take seconds.
 */
@ManagedResource(objectName = LiveRoutes.OBJECT_NAME, description = "The running routes, and their latest edits")
public class LiveRoutes {

	/** The name of the MBean. */
	static final String OBJECT_NAME = "io.agentassist.bridge:type=LiveRoutes";

	private static final Logger log = LoggerFactory.getLogger(LiveRoutes.class);

	private final RoutesProperties settings;

	private final RouteValidator validator;

	private final ConfigurableListableBeanFactory beans;

	private final LiveConfig config;

	private final RouteSwapper swapper;

	private final RouteHistory history;

	private final MeterRegistry meters;

	private final Clock clock;

	private volatile RouteRevision running;

	/**
	 * The warnings with which the running set was accepted; also errors if it was not
	 * checked before it ran.
	 */
	private volatile List<RouteProblem> warnings = List.of();

	/** What is wrong with the files as they are; empty if they are what runs. */
	private volatile List<RouteProblem> pending = List.of();

	/** The files that were rejected, or null. */
	private Found rejected;

	/** Problems with other things than the files, by subject. */
	private final Map<String, String> troubles = new ConcurrentSkipListMap<>();

	LiveRoutes(RoutesProperties settings, ConfigurableListableBeanFactory beans, LiveConfig config,
			RouteSwapper swapper, MeterRegistry meters, Clock clock) {
		this.settings = settings;
		this.validator = new RouteValidator(settings);
		this.beans = beans;
		this.config = config;
		this.swapper = swapper;
		this.history = new RouteHistory(settings, settings.history());
		this.meters = meters;
		this.clock = clock;
		// Registers the counters now, so that they do not appear only with the first
		// edit.
		List.of("accepted", "rejected", "rolled-back").forEach(this::edits);
		Gauge.builder("agentassist.routes.pending", this, (routes) -> routes.pending.size())
			.description("Problems of an edit that is refused")
			.register(meters);
	}

	/**
	 * Decides what runs after a start: the files as they are, unless they have changed
	 * and are bad. To save time, files that ran before are not checked again, and neither
	 * are those of the very first start: {@link #warmUp()} checks them.
	 * @return the set to run
	 * @throws UnreadableRoutesException if at the very first start there are no files or
	 * some cannot be read
	 */
	synchronized RouteSet load() {
		NavigableSet<RouteProblem> problems = new TreeSet<>();
		RouteSet set = RouteSet.read(this.settings, this.settings.directory(), problems::add);
		Optional<RouteRevision> last = this.history.last();
		if (last.isPresent() && last.get().hash().equals(set.hash()) && problems.isEmpty()) {
			this.running = last.get();
			return set;
		}
		if (last.isEmpty()) {
			if (problems.isEmpty() && set.routes().isEmpty()) {
				problems.addAll(validate(set, this.config.running()));
			}
			if (!problems.isEmpty()) {
				throw new UnreadableRoutesException(this.settings.directory(), problems);
			}
		}
		else {
			Found found = new Found(set, this.config.running(), List.copyOf(problems));
			problems.addAll(validate(set, this.config.running()));
			if (RouteProblem.anyError(problems)) {
				this.running = last.get();
				reject(found, problems);
				return this.running.set();
			}
		}
		this.running = RouteRevision.of(this.history.next(), now(), List.of("files as found at the start"), set);
		return set;
	}

	/** Called once the set chosen by {@link #load()} has started. */
	synchronized void started() {
		if (this.history.last().map(RouteRevision::revision).orElse(0L) < this.running.revision()) {
			keep();
		}
	}

	private void keep() {
		try {
			this.history.add(this.running);
			this.troubles.remove("history");
		}
		catch (IOException | UncheckedIOException ex) {
			log.error("Routes revision {} runs, but could not be kept in {}", this.running.revision(),
					this.settings.history(), ex);
			this.troubles.put("history", "revision " + this.running.revision() + " could not be kept in "
					+ this.settings.history() + ", so it cannot be rolled back to: " + RouteProblem.reason(ex));
		}
	}

	/** The folders of other files that may change. */
	synchronized Set<Path> configFolders() {
		return this.config.folders();
	}

	/**
	 * Checks what the start did not, and warms up so that the first edit is as fast as
	 * later ones.
	 */
	synchronized void warmUp() {
		ConfigSnapshot config = this.config.running();
		NavigableSet<RouteProblem> problems = validate(this.running.set(), config);
		Set<ConfigurationPropertyName> placeholders = this.running.set().placeholders();
		problems.addAll(this.config.misspelt(config, placeholders));
		// Somebody may have edited settings already.
		problems.addAll(this.config.needRestart(config, placeholders));
		this.warnings = masked(problems, config);
		log("Running routes: {}", this.warnings);
	}

	private static void log(String message, Collection<RouteProblem> problems) {
		problems.forEach((problem) -> log.atLevel(problem.isError() ? Level.ERROR : Level.WARN).log(message, problem));
	}

	private NavigableSet<RouteProblem> validate(RouteSet set, ConfigSnapshot config) {
		try {
			return this.validator.validate(set, new RouteSurroundings(config.environment(), this.beans, true));
		}
		catch (RuntimeException | LinkageError | StackOverflowError ex) {
			log.debug("The check failed", ex);
			return new TreeSet<>(
					Set.of(RouteProblem.error(".", "the routes cannot be checked: " + RouteProblem.reason(ex))));
		}
	}

	private static List<RouteProblem> masked(Collection<RouteProblem> problems, ConfigSnapshot config) {
		List<String> secrets = config.secrets();
		return problems.stream().map((problem) -> problem.without(secrets)).toList();
	}

	/** Reads the files as they are now, and applies or rejects them. */
	synchronized void refresh() {
		List<RouteProblem> refused = new ArrayList<>();
		RouteSet set = RouteSet.read(this.settings, this.settings.directory(), refused::add);
		Found found = new Found(set, this.config.read(refused::add), List.copyOf(refused));
		if (found.isSame(new Found(this.running.set(), this.config.running(), List.of()))) {
			log("Settings: {}", this.config.takeText(found.config()));
			if (!this.pending.isEmpty()) {
				log.info("Routes are those of the running revision {} again", this.running.revision());
				accept(this.warnings);
			}
			return;
		}
		NavigableSet<RouteProblem> problems = apply(found, describe(found), "accepted");
		if (RouteProblem.anyError(problems)) {
			reject(found, problems);
		}
	}

	/**
	 * Checks a set and, if it has no errors, runs it.
	 * @return the problems found; if there is an error among them, nothing has changed
	 */
	private NavigableSet<RouteProblem> apply(Found found, List<String> description, String outcome) {
		Instant start = this.clock.instant();
		RouteSet set = found.set();
		ConfigSnapshot config = found.config();
		RouteChanges changes = changes(this.running.set(), this.config.running(), set, config);
		NavigableSet<RouteProblem> problems = new TreeSet<>(found.refused());
		Map<Class<?>, Record> records = this.config.check(config, problems::add);
		problems.addAll(validate(set, config));
		Set<ConfigurationPropertyName> placeholders = set.placeholders();
		problems.addAll(this.config.misspelt(config, placeholders));
		if (!RouteProblem.anyError(problems)) {
			problems.addAll(changes.needRestart());
			problems.addAll(this.config.needRestart(config, placeholders));
			problems.addAll(config.overridden(this.config.running()));
		}
		if (RouteProblem.anyError(problems)) {
			return problems;
		}
		List<String> settings = this.config.describe(config);
		Instant swap = this.clock.instant();
		try {
			this.config.install(config);
			this.swapper.apply(set, changes);
			this.config.run(config, records);
		}
		// A class missing from lib/ causes an Error, not an Exception.
		catch (Exception | LinkageError | StackOverflowError ex) {
			undo(set, config);
			problems.add(doesNotStart(set, changes, ex));
			return problems;
		}
		accept(problems);
		this.running = RouteRevision.of(this.running.revision() + 1, now(), description, set);
		edits(outcome).increment();
		log("Routes: {}", problems);
		log.info(
				"Routes revision {} runs: files {}; settings {}; routes added {}, changed {}, removed {}; {} ms, {} ms of it to swap",
				this.running.revision(), changes.files(), settings, changes.added(), changes.changed(),
				changes.removed(), Duration.between(start, this.clock.instant()).toMillis(),
				Duration.between(swap, this.clock.instant()).toMillis());
		keep();
		return problems;
	}

	private static RouteChanges changes(RouteSet before, ConfigSnapshot configBefore, RouteSet after,
			ConfigSnapshot configAfter) {
		return RouteChanges.between(before, configBefore::value, after, configAfter::value);
	}

	/** Goes back to the previous set after another has been started in part. */
	private void undo(RouteSet set, ConfigSnapshot config) {
		RouteChanges changes = changes(set, config, this.running.set(), this.config.running());
		try {
			this.config.install(this.config.running());
			this.swapper.apply(this.running.set(), changes);
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			log.error("Routes {} could not be restored: restart the bridge", changes.changed(), ex);
			this.troubles.put("undo", "routes " + changes.changed() + " could not be restored: restart the bridge");
		}
	}

	private static RouteProblem doesNotStart(RouteSet set, RouteChanges changes, Throwable failure) {
		String message = "does not start: " + RouteProblem.reason(failure);
		if (failure instanceof FailedToStartRouteException start) {
			return RouteItem.problem(set.items(), start.getRouteId(), message);
		}
		return RouteProblem.error(changes.files().stream().findFirst().orElse("."), message);
	}

	/** Stops routes that were replaced and have nothing left to do. */
	synchronized void stopRetired() {
		this.swapper.stopRetired();
	}

	private void reject(Found found, NavigableSet<RouteProblem> problems) {
		List<RouteProblem> masked = masked(problems, found.config());
		if (this.rejected != null && found.isSame(this.rejected) && errors(masked).equals(errors(this.pending))) {
			// Told already.
			return;
		}
		this.pending = masked;
		this.rejected = found;
		edits("rejected").increment();
		log("Routes rejected: {}", this.pending);
		log.error("Routes revision {} keeps running, the edit has no effect: fix it, or undo it",
				this.running.revision());
	}

	private static List<RouteProblem> errors(Collection<RouteProblem> problems) {
		return problems.stream().filter(RouteProblem::isError).toList();
	}

	private void accept(Collection<RouteProblem> warnings) {
		this.rejected = null;
		this.warnings = List.copyOf(warnings);
		this.pending = List.of();
	}

	private Counter edits(String outcome) {
		return this.meters.counter("agentassist.routes.edits", "outcome", outcome);
	}

	private List<String> describe(Found found) {
		List<String> lines = new ArrayList<>();
		for (String name : changes(this.running.set(), this.config.running(), found.set(), found.config()).files()) {
			lines.add(name + " " + author(file(name)));
		}
		List<String> settings = this.config.describe(found.config());
		if (!settings.isEmpty()) {
			String authors = ConfigSnapshot.files(found.config().folders())
				.stream()
				.map((file) -> file.getFileName() + " " + author(file))
				.collect(Collectors.joining(", "));
			lines.add("settings " + String.join(", ", settings) + " (" + authors + ")");
		}
		return lines;
	}

	private static String author(Path file) {
		try {
			return "by " + Files.getOwner(file).getName() + " at " + Files.getLastModifiedTime(file);
		}
		catch (IOException | UnsupportedOperationException ex) {
			return "removed";
		}
	}

	private Instant now() {
		return this.clock.instant().truncatedTo(ChronoUnit.MILLIS);
	}

	/**
	 * Gets the number of the running set.
	 * @return counted from 1, across restarts
	 */
	@ManagedAttribute(description = "Revision of the running routes")
	public long getRevision() {
		return this.running.revision();
	}

	/**
	 * Gets what identifies a set, to compare instances.
	 * @return a digest of the running files
	 */
	@ManagedAttribute(description = "Digest of the running files, to compare instances")
	public String getHash() {
		return this.running.hash();
	}

	/**
	 * Gets the problems of a rejected edit.
	 * @return a line for each problem of the files as they are; empty if they are what
	 * runs
	 */
	@ManagedAttribute(description = "What is wrong with the files in the folder; empty if they are running")
	public List<String> getPendingEdit() {
		return this.pending.stream().map(RouteProblem::toString).toList();
	}

	/**
	 * Gets the warnings about the running set, for example of patterns that lose or
	 * repeat messages.
	 * @return a line for each
	 */
	@ManagedAttribute(description = "Warnings about the running routes")
	public List<String> getWarnings() {
		return this.warnings.stream().filter((problem) -> !problem.isError()).map(RouteProblem::toString).toList();
	}

	/**
	 * Gets the problems besides those of a pending edit.
	 * @return a line for each: errors in the running set, a history or folder that cannot
	 * be used
	 */
	@ManagedAttribute(description = "What is wrong apart from a pending edit")
	public List<String> getProblems() {
		return Stream
			.concat(this.troubles.values().stream(),
					this.warnings.stream().filter(RouteProblem::isError).map(RouteProblem::toString))
			.toList();
	}

	/**
	 * Records why the files could not be looked at.
	 * @param reason the reason; null once they can
	 */
	void watched(String reason) {
		if (reason == null) {
			this.troubles.remove("watch");
		}
		else {
			this.troubles.put("watch", "the files could not be read: " + reason);
		}
	}

	/**
	 * Gets what was changed, when and by whom.
	 * @return a line for each stored revision, oldest first
	 */
	@ManagedAttribute(description = "The last revisions, oldest first")
	public List<String> getHistory() {
		return this.history.all()
			.stream()
			.map((revision) -> revision.revision() + " at " + revision.appliedAt() + ": "
					+ String.join(", ", revision.changes()))
			.toList();
	}

	/**
	 * Runs an earlier set again, as a new revision, and writes its files into the folder;
	 * otherwise the next edit or restart would undo it.
	 * @param revision its number in the history
	 * @return the number of the new revision
	 * @throws IllegalArgumentException if there is no such revision
	 * @throws IllegalStateException if it no longer runs, or the folder cannot be written
	 */
	@ManagedOperation(description = "Runs an earlier revision again and writes its files into the folder")
	@ManagedOperationParameter(name = "revision", description = "its number")
	public synchronized long rollBack(long revision) {
		RouteRevision earlier = this.history.all()
			.stream()
			.filter((candidate) -> candidate.revision() == revision)
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no revision " + revision));
		RouteSet found = RouteSet.read(this.settings, this.settings.directory(), (problem) -> {
		});
		Set<Path> surplus = new TreeSet<>();
		found.files().keySet().forEach((name) -> surplus.add(file(name)));
		Map<Path, String> texts = new TreeMap<>();
		earlier.files().forEach((name, text) -> {
			surplus.remove(file(name));
			if (!text.equals(found.files().get(name))) {
				texts.put(file(name), text);
			}
		});
		Stream.concat(surplus.stream().map(Path::getParent), texts.keySet().stream().map(LiveRoutes::place))
			.filter((place) -> !Files.isWritable(place))
			.findFirst()
			.ifPresent((place) -> {
				throw new IllegalStateException(place + " cannot be written by the bridge, so the folder would undo"
						+ " the roll-back: put the files of revision " + revision + " there yourself, from "
						+ this.history.file(revision));
			});
		ConfigSnapshot config = this.config.running();
		NavigableSet<RouteProblem> problems = apply(new Found(earlier.set(), config, List.of()),
				List.of("back to revision " + revision), "rolled-back");
		if (RouteProblem.anyError(problems)) {
			throw new IllegalStateException("Revision " + revision + " no longer runs: " + masked(problems, config));
		}
		try {
			for (Path file : surplus) {
				Files.delete(file);
			}
			for (Map.Entry<Path, String> file : texts.entrySet()) {
				Files.createDirectories(file.getKey().getParent());
				Files.writeString(file.getKey(), file.getValue());
			}
		}
		catch (IOException ex) {
			String problem = "the files of revision " + revision + ", which runs as " + this.running.revision()
					+ ", could not all be written, and the next edit or restart undoes it: put them there, from "
					+ this.history.file(revision) + " (" + RouteProblem.reason(ex) + ")";
			this.pending = List.of(RouteProblem.error(".", problem));
			log.error("Routes: {}", problem);
			throw new IllegalStateException(problem, ex);
		}
		return this.running.revision();
	}

	private Path file(String name) {
		return this.settings.directory().resolve(name).toAbsolutePath();
	}

	/**
	 * What must be writable for a file to be written: the file itself, or the nearest
	 * existing folder above it.
	 */
	private static Path place(Path file) {
		return (Files.exists(file, LinkOption.NOFOLLOW_LINKS) || file.getParent() == null) ? file
				: place(file.getParent());
	}

	/**
	 * The files at one moment.
	 *
	 * @param set the routes
	 * @param config the settings
	 * @param refused problems with files that were left out
	 */
	private record Found(RouteSet set, ConfigSnapshot config, List<RouteProblem> refused) {

		boolean isSame(Found other) {
			return this.set.hash().equals(other.set.hash()) && this.config.isSame(other.config)
					&& this.refused.equals(other.refused);
		}

	}

}
