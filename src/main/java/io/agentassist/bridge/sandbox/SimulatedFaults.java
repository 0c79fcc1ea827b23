package io.agentassist.bridge.sandbox;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Decides what trouble the simulated provider makes: the one that a knowledge source id
 * names, else one at random by the configured probabilities. Thread safe.
 */
@Component
@Profile("sandbox")
@EnableConfigurationProperties(SimulatedFaults.Settings.class)
public class SimulatedFaults {

	/** {@code sim-429-2s}: kind 429, 2 seconds. */
	private static final Pattern FAULT = Pattern.compile("sim-([0-9a-z-]+?)(?:-(\\d{1,3})s)?");

	private final Map<String, Double> probabilities;

	SimulatedFaults(Settings settings) {
		this.probabilities = settings.faults();
	}

	/**
	 * Chooses the trouble for one query.
	 * @param knowledgeSourceIds the query's
	 * @return the trouble, never null
	 */
	public SimulatedFault choose(List<String> knowledgeSourceIds) {
		return knowledgeSourceIds.stream()
			.map(FAULT::matcher)
			.filter(Matcher::matches)
			.findFirst()
			.map(SimulatedFaults::fault)
			.orElseGet(this::draw);
	}

	private SimulatedFault draw() {
		double left = ThreadLocalRandom.current().nextDouble();
		for (Map.Entry<String, Double> fault : this.probabilities.entrySet()) {
			left -= fault.getValue();
			if (left < 0) {
				Matcher matcher = FAULT.matcher(fault.getKey());
				if (matcher.matches()) {
					return fault(matcher);
				}
			}
		}
		return SimulatedFault.NONE;
	}

	private static SimulatedFault fault(Matcher matcher) {
		return new SimulatedFault(matcher.group(1),
				(matcher.group(2) != null) ? Integer.parseInt(matcher.group(2)) : 0);
	}

	/**
	 * Settings of the simulator.
	 *
	 * @param faults probability of each fault, by its knowledge source id
	 */
	@ConfigurationProperties("agentassist.sandbox")
	public record Settings(Map<String, Double> faults) {

		public Settings {
			faults = (faults != null) ? Map.copyOf(faults) : Map.of();
			if (faults.values().stream().mapToDouble(Double::doubleValue).sum() > 1) {
				throw new IllegalArgumentException("The probabilities of agentassist.sandbox.faults are over 1");
			}
			faults.keySet().forEach((name) -> {
				if (!FAULT.matcher(name).matches()) {
					throw new IllegalArgumentException("agentassist.sandbox.faults: unknown fault " + name);
				}
			});
		}

	}

}
