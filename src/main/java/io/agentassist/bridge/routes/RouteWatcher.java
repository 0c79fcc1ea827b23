package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.web.context.WebServerGracefulShutdownLifecycle;
import org.springframework.context.SmartLifecycle;

/**
 * Looks at the folder of the routes and at the settings every few times a second and has
 * their files taken once they are quiet: a save by an editor is several changes.
 */
class RouteWatcher implements SmartLifecycle {

	private static final Logger log = LoggerFactory.getLogger(RouteWatcher.class);

	/** The first callers go first. */
	private static final Duration WARM_UP_DELAY = Duration.ofSeconds(5);

	private final RoutesProperties settings;

	private final LiveRoutes routes;

	private ScheduledExecutorService scheduler;

	private Map<Path, String> seen;

	private Map<Path, String> taken;

	/** Why the last look failed; null where it did not. */
	private String trouble;

	private long quietSince;

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
		Future<?> unused = this.scheduler.scheduleWithFixedDelay(this::look, interval, interval, TimeUnit.MILLISECONDS);
		unused = this.scheduler.schedule(this.routes::warmUp, WARM_UP_DELAY.toMillis(), TimeUnit.MILLISECONDS);
	}

	private void look() {
		try {
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
			this.routes.stopRetired();
			if (this.trouble != null) {
				log.info("Routes are read again");
				this.trouble = null;
			}
		}
		catch (IOException | RuntimeException ex) {
			// An editor may be at it: the next look tells.
			this.taken = null;
			if (!ex.toString().equals(this.trouble)) {
				log.warn("Routes not read, tried again: {}", ex.toString());
				this.trouble = ex.toString();
			}
		}
	}

	/** What tells whether a file has changed, by its path. */
	private Map<Path, String> stamps() throws IOException {
		Map<Path, String> stamps = new TreeMap<>();
		try (Stream<Path> files = Files.walk(this.settings.directory(), 3)) {
			for (Path file : (Iterable<Path>) files::iterator) {
				BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class,
						LinkOption.NOFOLLOW_LINKS);
				stamps.put(file, attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey());
			}
		}
		catch (UncheckedIOException ex) {
			throw ex.getCause();
		}
		for (Path file : ConfigSnapshot.files(this.routes.configFolders())) {
			// Links are followed: a mounted file is one.
			BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
			stamps.put(file, attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey());
		}
		return stamps;
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

	/** Stops before the routes do, and starts after them. */
	@Override
	public int getPhase() {
		return WebServerGracefulShutdownLifecycle.SMART_LIFECYCLE_PHASE;
	}

}
