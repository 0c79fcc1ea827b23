package io.agentassist.bridge.routes;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of routes that ran.
 *
 * @param revision counted from 1
 * @param appliedAt when it began to run
 * @param changes what it changed, one line a file, with who and when as far as the file
 * system tells
 * @param hash of the files
 * @param routes the names of the files that hold routes
 * @param files text by name
 */
record RouteRevision(long revision, Instant appliedAt, List<String> changes, String hash, List<String> routes,
		Map<String, String> files) {

	static RouteRevision of(long revision, Instant appliedAt, List<String> changes, RouteSet set) {
		return new RouteRevision(revision, appliedAt, changes, set.hash(), set.routes(), set.files());
	}

	/** The same files, of which those are routes that these settings say. */
	RouteRevision selectedBy(RoutesProperties settings) {
		return new RouteRevision(this.revision, this.appliedAt, this.changes, this.hash,
				RouteSet.of(settings, this.files).routes(), this.files);
	}

	RouteSet set() {
		return new RouteSet(new TreeMap<>(this.files), this.routes);
	}

}
