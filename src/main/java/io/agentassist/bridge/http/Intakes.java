package io.agentassist.bridge.http;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.stereotype.Component;

/**
 * The operations with which callers submit data. An operator can pause each of them: it
 * then answers 503 with {@code Retry-After}, so that the caller tries again. A pause
 * applies to this instance only, until it stops. Thread safe.
 */
@Component
public class Intakes {

	private static final Map<String, String> OPERATIONS = Map.of("suggestions", "POST /agentassist/suggestions",
			"callback", "POST /agentassist/callback", "feedback", "POST /agentassist/feedback");

	private final Set<String> paused = ConcurrentHashMap.newKeySet();

	/**
	 * Whether this is the name of an intake.
	 * @param name any name
	 * @return true for {@code suggestions}, {@code callback}, {@code feedback}
	 */
	public boolean has(String name) {
		return OPERATIONS.containsKey(name);
	}

	/**
	 * Pauses an intake.
	 * @param name its name
	 */
	public void pause(String name) {
		this.paused.add(OPERATIONS.get(name));
	}

	/**
	 * Ends a pause.
	 * @param name the intake's name
	 */
	public void resume(String name) {
		this.paused.remove(OPERATIONS.get(name));
	}

	/**
	 * Which of them are paused.
	 * @return by name
	 */
	public Map<String, Boolean> paused() {
		Map<String, Boolean> states = new TreeMap<>();
		OPERATIONS.forEach((name, operation) -> states.put(name, this.paused.contains(operation)));
		return states;
	}

	boolean isPaused(String operation) {
		return !this.paused.isEmpty() && this.paused.contains(operation);
	}

}
