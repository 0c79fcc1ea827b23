package io.agentassist.bridge.sandbox;

import java.util.concurrent.atomic.AtomicLong;

import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** The sandbox's analytics: counts the events it receives. Thread safe. */
@Component
@Profile("sandbox")
public class EventCounter {

	private final AtomicLong events = new AtomicLong();

	/** Counts one event. */
	public void add() {
		this.events.incrementAndGet();
	}

	/**
	 * Number of events received.
	 * @return since the start
	 */
	public long total() {
		return this.events.get();
	}

}
