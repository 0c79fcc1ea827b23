package io.agentassist.bridge.sandbox;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.agentassist.bridge.settings.InvalidSettingException;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Chooses the fault that the simulated provider makes: the one named by a knowledge
 * source id, else a random one with the configured probabilities. Thread safe.
 */
@Component
@Profile("sandbox")
public class SimulatedFaults {

	private static final String PREFIX = "sim-";

	/** All fault names; {@code sim-429-2s} is kind 429, 2 seconds. */
	private static final Pattern FAULT = Pattern.compile(PREFIX + "(?:(429|slow)-(\\d{1,3})s"
			+ "|(400|401|403|500|502|503|504|reset|malformed|early|duplicate|failed|never|malformed-callback))");

	private final Map<String, Double> probabilities;

	SimulatedFaults(Settings settings) {
		this.probabilities = settings.faults();
	}

	/**
	 * Chooses the fault for one query.
	 * @param knowledgeSourceIds the query's knowledge source ids
	 * @return the fault, never null; {@link SimulatedFault#UNKNOWN} if an id that begins
	 * with {@code sim-} names none
	 */
	public SimulatedFault choose(List<String> knowledgeSourceIds) {
		return knowledgeSourceIds.stream()
			.filter((id) -> id.startsWith(PREFIX))
			.findFirst()
			.map(SimulatedFaults::fault)
			.orElseGet(this::draw);
	}

	private SimulatedFault draw() {
		double left = ThreadLocalRandom.current().nextDouble();
		for (Map.Entry<String, Double> fault : this.probabilities.entrySet()) {
			left -= fault.getValue();
			if (left < 0) {
				return fault(fault.getKey());
			}
		}
		return SimulatedFault.NONE;
	}

	private static SimulatedFault fault(String name) {
		Matcher fault = FAULT.matcher(name);
		if (!fault.matches()) {
			return SimulatedFault.UNKNOWN;
		}
		return (fault.group(1) != null)
				? new SimulatedFault(fault.group(1), Duration.ofSeconds(Integer.parseInt(fault.group(2))))
				: new SimulatedFault(fault.group(3), Duration.ZERO);
	}

	/**
	 * Settings of the simulator.
	 *
	 * @param faults probability of each fault, by its knowledge source id
	 */
	@ConfigurationProperties("agentassist.sandbox")
	public record Settings(Map<String, Double> faults) {

		private static final String KEY = "agentassist.sandbox.faults";

		public Settings {
			faults = (faults != null) ? faults : Map.of();
			faults.forEach((name, probability) -> {
				if (!FAULT.matcher(name).matches()) {
					throw new InvalidSettingException(KEY, "names an unknown fault, " + name + ": see docs/sandbox.md");
				}
				if (probability == null || !(probability >= 0)) {
					throw new InvalidSettingException(KEY, "needs a probability from 0 to 1 for " + name);
				}
			});
			if (faults.values().stream().mapToDouble(Double::doubleValue).sum() > 1) {
				throw new InvalidSettingException(KEY, "has probabilities that add up to more than 1");
			}
			faults = Map.copyOf(faults);
		}

	}

}
