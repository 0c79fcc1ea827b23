package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

import org.apache.camel.FailedToStartRouteException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jmx.export.annotation.ManagedAttribute;
import org.springframework.jmx.export.annotation.ManagedOperation;
import org.springframework.jmx.export.annotation.ManagedOperationParameter;
import org.springframework.jmx.export.annotation.ManagedResource;

/**
 * The routes that run, and what becomes of an edit: it is checked as a whole, then either
 * applied as a whole or rejected without any effect. Thread safe.
 */
@ManagedResource(objectName = LiveRoutes.OBJECT_NAME, description = "The routes that run, and their last edits")
public class LiveRoutes {

	/** Name of the MBean. */
	static final String OBJECT_NAME = "io.agentassist.bridge:type=LiveRoutes";

	private static final Logger log = LoggerFactory.getLogger(LiveRoutes.class);

	private final RoutesProperties settings;

	private final RouteValidator validator;

	private final RouteSwapper swapper;

	private final RouteHistory history;

	private final MeterRegistry meters;

	private final Clock clock;

	private RouteRevision running;

	/** What is wrong with the files as they are; empty when they run. */
	private NavigableSet<RouteProblem> pending = new TreeSet<>();

	/** Hash of the files that are rejected. */
	private String rejected = "";

	LiveRoutes(RoutesProperties settings, RouteValidator validator, RouteSwapper swapper, MeterRegistry meters,
			Clock clock) {
		this.settings = settings;
		this.validator = validator;
		this.swapper = swapper;
		this.history = new RouteHistory(settings.history());
		this.meters = meters;
		this.clock = clock;
		// So that the first edit does not make the figure appear.
		List.of("accepted", "rejected", "rolled-back").forEach(this::edits);
	}

	/**
	 * Decides what runs after a start: the files as they are, unless they have changed
	 * and are bad. Files that ran before are not checked again, and neither are the very
	 * first: nothing could run instead of them.
	 * @return the set to run
	 */
	synchronized RouteSet load() throws IOException {
		NavigableSet<RouteProblem> problems = new TreeSet<>();
		RouteSet set = RouteSet.read(this.settings, this.settings.directory(), problems::add);
		Optional<RouteRevision> last = this.history.last();
		if (last.isPresent() && last.get().hash().equals(set.hash()) && problems.isEmpty()) {
			this.running = last.get();
			return set;
		}
		if (last.isPresent()) {
			problems.addAll(this.validator.validate(set));
			if (problems.stream().anyMatch(RouteProblem::isError)) {
				this.running = last.get();
				reject(set, problems);
				return this.running.set();
			}
		}
		this.running = RouteRevision.of(last.map(RouteRevision::revision).orElse(0L) + 1, now(),
				List.of("files as found at the start"), set);
		return set;
	}

	/** The set that {@link #load()} decided for has started. */
	synchronized void started() throws IOException {
		if (this.history.last().map(RouteRevision::revision).orElse(0L) < this.running.revision()) {
			this.history.add(this.running);
		}
	}

	/** Makes the first edit as fast as the others. */
	synchronized void warmUp() {
		this.validator.validate(this.running.set()).forEach((problem) -> log.warn("Running routes: {}", problem));
	}

	/** Takes the files as they are now. */
	synchronized void refresh() throws IOException {
		NavigableSet<RouteProblem> problems = new TreeSet<>();
		RouteSet set = RouteSet.read(this.settings, this.settings.directory(), problems::add);
		String hash = set.hash() + problems;
		if (hash.equals(this.rejected)) {
			return;
		}
		if (problems.isEmpty() && set.hash().equals(this.running.hash())) {
			if (!this.rejected.isEmpty()) {
				log.info("Routes are as revision {} again, which runs", this.running.revision());
				accept();
			}
			return;
		}
		apply(set, problems, describe(RouteChanges.between(this.running.set(), set)), "accepted");
	}

	private void apply(RouteSet set, NavigableSet<RouteProblem> problems, List<String> description, String outcome) {
		Instant start = this.clock.instant();
		RouteChanges changes = RouteChanges.between(this.running.set(), set);
		problems.addAll(this.validator.validate(set));
		if (problems.stream().noneMatch(RouteProblem::isError)) {
			problems.addAll(changes.needRestart());
		}
		if (problems.stream().anyMatch(RouteProblem::isError)) {
			reject(set, problems);
			return;
		}
		try {
			Instant swap = this.clock.instant();
			this.swapper.apply(set, changes);
			this.running = RouteRevision.of(this.running.revision() + 1, now(), description, set);
			accept();
			edits(outcome).increment();
			problems.forEach((problem) -> log.warn("Routes: {}", problem));
			log.info(
					"Routes revision {} runs: files {}; routes added {}, changed {}, removed {}; {} ms, {} ms of it to swap",
					this.running.revision(), changes.files(), changes.added(), changes.changed(), changes.removed(),
					Duration.between(start, this.clock.instant()).toMillis(),
					Duration.between(swap, this.clock.instant()).toMillis());
			this.history.add(this.running);
		}
		catch (IOException ex) {
			log.error("Routes revision {} runs and could not be kept in {}", this.running.revision(),
					this.settings.history(), ex);
		}
		catch (Exception ex) {
			undo(set, changes);
			problems.add(doesNotStart(set, changes, ex));
			reject(set, problems);
		}
	}

	private static RouteProblem doesNotStart(RouteSet set, RouteChanges changes, Exception failure) {
		String message = "does not start: " + RouteProblem.reason(failure);
		if (failure instanceof FailedToStartRouteException start) {
			return RouteItem.problem(RouteFileParser.parse(set, (problem) -> {
			}), start.getRouteId(), message);
		}
		return RouteProblem.error(changes.files().stream().findFirst().orElse("."), message);
	}

	/** The previous set, after half of another has been started. */
	private void undo(RouteSet set, RouteChanges changes) {
		try {
			this.swapper.apply(this.running.set(), RouteChanges.between(set, this.running.set()));
		}
		catch (Exception ex) {
			log.error("Routes {} could not be put back: restart the bridge", changes.changed(), ex);
		}
	}

	/** Stops routes that were replaced and have come to their end. */
	synchronized void stopRetired() {
		this.swapper.stopRetired();
	}

	private void reject(RouteSet set, NavigableSet<RouteProblem> problems) {
		List<RouteProblem> refused = problems.stream()
			.filter((problem) -> problem.message().startsWith("is ") || problem.message().startsWith("has "))
			.toList();
		this.rejected = set.hash() + new TreeSet<>(refused);
		this.pending = problems;
		edits("rejected").increment();
		problems.forEach((problem) -> log.error("Routes rejected: {}", problem));
		log.error("Routes revision {} goes on, the edit has no effect: mend it, or undo it", this.running.revision());
	}

	private void accept() {
		this.rejected = "";
		this.pending = new TreeSet<>();
	}

	private Counter edits(String outcome) {
		return this.meters.counter("agentassist.routes.edits", "outcome", outcome);
	}

	private List<String> describe(RouteChanges changes) {
		List<String> lines = new ArrayList<>();
		for (String name : changes.files()) {
			Path file = this.settings.directory().resolve(name);
			try {
				lines.add(name + " by " + Files.getOwner(file).getName() + " at " + Files.getLastModifiedTime(file));
			}
			catch (IOException | UnsupportedOperationException ex) {
				lines.add(name + " removed");
			}
		}
		return lines;
	}

	private Instant now() {
		return this.clock.instant().truncatedTo(ChronoUnit.MILLIS);
	}

	/**
	 * Gets the number of the set that runs.
	 * @return counted from 1, over restarts
	 */
	@ManagedAttribute(description = "Number of the set of routes that runs")
	public synchronized long getRevision() {
		return this.running.revision();
	}

	/**
	 * Gets what tells sets apart, also between replicas.
	 * @return a digest of the files that run
	 */
	@ManagedAttribute(description = "Digest of the files that run, to compare replicas")
	public synchronized String getHash() {
		return this.running.hash();
	}

	/**
	 * Tells of an edit that was rejected.
	 * @return a line for each problem of the files as they are; empty when they run
	 */
	@ManagedAttribute(description = "What is wrong with the files as they are; empty when they run")
	public synchronized List<String> getPendingEdit() {
		return this.pending.stream().map(RouteProblem::toString).toList();
	}

	/**
	 * Tells what was changed when, and by whom.
	 * @return a line for each revision that is kept, oldest first
	 * @throws IOException when the history cannot be read
	 */
	@ManagedAttribute(description = "The last revisions, oldest first")
	public synchronized List<String> getHistory() throws IOException {
		return this.history.all()
			.stream()
			.map((revision) -> revision.revision() + " at " + revision.appliedAt() + ": "
					+ String.join(", ", revision.changes()))
			.toList();
	}

	/**
	 * Runs an earlier set again, as a new revision, and writes its files into the folder.
	 * @param revision its number, one of the history's
	 * @return the number of the set that runs then
	 * @throws IOException when files cannot be read or written
	 * @throws IllegalArgumentException when there is no such revision
	 * @throws IllegalStateException when it does not run any more
	 */
	@ManagedOperation(description = "Runs an earlier revision again and writes its files into the folder")
	@ManagedOperationParameter(name = "revision", description = "its number")
	public synchronized long rollBack(long revision) throws IOException {
		RouteRevision earlier = this.history.all()
			.stream()
			.filter((candidate) -> candidate.revision() == revision)
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no revision " + revision));
		long before = this.running.revision();
		apply(earlier.set(), new TreeSet<>(), List.of("back to revision " + revision), "rolled-back");
		if (this.running.revision() == before) {
			throw new IllegalStateException("Revision " + revision + " does not run any more: " + getPendingEdit());
		}
		write(earlier.set());
		return this.running.revision();
	}

	private void write(RouteSet set) throws IOException {
		RouteSet found = RouteSet.read(this.settings, this.settings.directory(), (problem) -> {
		});
		for (String name : found.files().keySet()) {
			if (!set.files().containsKey(name)) {
				Files.delete(this.settings.directory().resolve(name));
			}
		}
		for (String name : set.files().keySet()) {
			if (!set.files().get(name).equals(found.files().get(name))) {
				Path file = this.settings.directory().resolve(name);
				Files.createDirectories(file.getParent());
				Files.writeString(file, set.files().get(name));
			}
		}
	}

}
