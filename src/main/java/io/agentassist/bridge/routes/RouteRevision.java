package io.agentassist.bridge.routes;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of routes that ran.
 *
 * @param revision counted from 1
 * @param appliedAt when it started to run
 * @param changes what it changed, one line per file, with user and time as far as the
 * file system knows them
 * @param hash digest of the files
 * @param routes the names of the files that hold routes
 * @param files the text of each file by name
 */
record RouteRevision(long revision, Instant appliedAt, List<String> changes, String hash, List<String> routes,
		Map<String, String> files) {

	static RouteRevision of(long revision, Instant appliedAt, List<String> changes, RouteSet set) {
		return new RouteRevision(revision, appliedAt, changes, set.hash(), set.routes(), set.files());
	}

	/** The same files, with those selected as routes that match these settings. */
	RouteRevision selectedBy(RoutesProperties settings) {
		return new RouteRevision(this.revision, this.appliedAt, this.changes, this.hash,
				RouteSet.of(settings, this.files).routes(), this.files);
	}

	RouteSet set() {
		return new RouteSet(new TreeMap<>(this.files), this.routes);
	}

}
