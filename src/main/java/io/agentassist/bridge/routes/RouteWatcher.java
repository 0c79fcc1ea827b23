package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.web.context.WebServerGracefulShutdownLifecycle;
import org.springframework.context.SmartLifecycle;

/**
 * Looks at the folder of the routes and at the settings a few times a second, and applies
 * their files once they have stopped changing, since an editor saves in several steps.
 * Without live editing it only does the work due after a start and a roll-back.
 */
class RouteWatcher implements SmartLifecycle {

	private static final Logger log = LoggerFactory.getLogger(RouteWatcher.class);

	/** Leaves the time after a start to the first callers. */
	private static final Duration WARM_UP_DELAY = Duration.ofSeconds(5);

	private final RoutesProperties settings;

	private final LiveRoutes routes;

	private ScheduledExecutorService scheduler;

	private Map<Path, String> seen;

	private Map<Path, String> taken;

	/** Why the last look failed; null if it did not. */
	private String trouble;

	private long quietSince;

	private long warmUpAt;

	private boolean warm;

	RouteWatcher(RoutesProperties settings, LiveRoutes routes) {
		this.settings = settings;
		this.routes = routes;
	}

	@Override
	public void start() {
		this.scheduler = Executors.newSingleThreadScheduledExecutor((task) -> {
			Thread thread = new Thread(task, "routes");
			thread.setDaemon(true);
			return thread;
		});
		long interval = this.settings.watchInterval().toMillis();
		this.warmUpAt = System.nanoTime() + WARM_UP_DELAY.toNanos();
		Future<?> unused = this.scheduler.scheduleWithFixedDelay(this::look, interval, interval, TimeUnit.MILLISECONDS);
	}

	private void look() {
		try {
			if (this.settings.live()) {
				takeEdits();
			}
			// Not only for edits: a roll-back retires routes too.
			this.routes.stopRetired();
			if (!this.warm && System.nanoTime() - this.warmUpAt >= 0) {
				this.warm = true;
				this.routes.warmUp();
			}
			if (this.trouble != null) {
				log.info("Routes can be read again");
				this.trouble = null;
				this.routes.watched(null);
			}
		}
		// Catches everything: if rethrown, it would silently end all further looks.
		catch (Throwable ex) {
			this.taken = null;
			if (!ex.toString().equals(this.trouble)) {
				log.error("Routes could not be read, retrying", ex);
				this.trouble = ex.toString();
				this.routes.watched(this.trouble);
			}
		}
	}

	private void takeEdits() {
		Map<Path, String> now = stamps();
		if (!now.equals(this.seen)) {
			this.seen = now;
			this.quietSince = System.nanoTime();
		}
		else if (System.nanoTime() - this.quietSince >= this.settings.quietTime().toNanos()
				&& !now.equals(this.taken)) {
			this.taken = now;
			this.routes.refresh();
		}
	}

	/** A stamp for each path that shows whether the file has changed. */
	private Map<Path, String> stamps() {
		Map<Path, String> stamps = new TreeMap<>();
		Path folder = this.settings.directory();
		RouteSet.walk(folder, (path, attributes) -> stamps.put(path, stamp(folder.resolve(path), attributes)),
				(path, failure) -> stamps.put(path, failure.toString()));
		for (Path file : ConfigSnapshot.files(this.routes.configFolders())) {
			try {
				// Links are followed, since a mounted file is one.
				stamps.put(file, stamp(file, Files.readAttributes(file, BasicFileAttributes.class)));
			}
			catch (IOException ex) {
				stamps.put(file, ex.toString());
			}
		}
		return stamps;
	}

	/** Includes readability, as a file that becomes readable keeps its times and size. */
	private static String stamp(Path file, BasicFileAttributes attributes) {
		return attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey() + " "
				+ Files.isReadable(file);
	}

	@Override
	public void stop() {
		this.scheduler.shutdown();
		try {
			this.scheduler.awaitTermination(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public boolean isRunning() {
		return this.scheduler != null && !this.scheduler.isShutdown();
	}

	/** Stops before the routes and starts after them. */
	@Override
	public int getPhase() {
		return WebServerGracefulShutdownLifecycle.SMART_LIFECYCLE_PHASE;
	}

}
