package io.agentassist.bridge.outbox;

import java.time.Duration;

/**
 * What is waiting for one destination, across all instances that share the database.
 *
 * @param waiting events in the outbox
 * @param age how long the oldest of them has waited; zero if there are none
 * @param dead dead letters
 */
record Backlog(long waiting, Duration age, long dead) {

	static final Backlog NONE = new Backlog(0, Duration.ZERO, 0);

	/**
	 * Describes the backlog in words.
	 * @return one line
	 */
	String text() {
		return "%d waiting, the oldest for %d s, %d dead letters".formatted(this.waiting, this.age.toSeconds(),
				this.dead);
	}

}
