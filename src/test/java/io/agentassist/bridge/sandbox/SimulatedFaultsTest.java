package io.agentassist.bridge.sandbox;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SimulatedFaultsTest {

	@Test
	void shouldMakeTheTroubleThatAKnowledgeSourceNames() {
		SimulatedFaults faults = faults(Map.of("sim-reset", 1.0));

		assertThat(faults.choose(List.of("ks-1", "sim-429-2s")))
			.isEqualTo(new SimulatedFault("429", Duration.ofSeconds(2)));
		assertThat(faults.choose(List.of("sim-slow-5s"))).isEqualTo(new SimulatedFault("slow", Duration.ofSeconds(5)));
		assertThat(faults.choose(List.of("sim-malformed-callback")))
			.isEqualTo(new SimulatedFault("malformed-callback", Duration.ZERO));
	}

	@Test
	void shouldMakeNoTroubleWhereNoneIsWanted() {
		assertThat(faults(null).choose(List.of("ks-1"))).isEqualTo(SimulatedFault.NONE);
	}

	@ParameterizedTest
	@ValueSource(strings = { "sim-resets", "sim-timeout", "sim-418", "sim-slow", "sim-429", "sim-503-2s", "sim-slow-5",
			"sim-", "sim-slow-1000s", "sim-Reset" })
	void shouldNotTakeAMisspeltTroubleForNone(String id) {
		assertThat(faults(null).choose(List.of("ks-1", id))).isEqualTo(SimulatedFault.UNKNOWN);
		assertThatIllegalArgumentException().isThrownBy(() -> faults(Map.of(id, 0.5)))
			.withMessageContaining("names an unknown fault, " + id);
	}

	@Test
	void shouldMakeTroublesAtRandom() {
		SimulatedFaults faults = faults(Map.of("sim-503", 0.3, "sim-429-1s", 0.3));

		int[] counts = new int[3];
		for (int i = 0; i < 10_000; i++) {
			switch (faults.choose(List.of("ks-1")).kind()) {
				case "503" -> counts[0]++;
				case "429" -> counts[1]++;
				default -> counts[2]++;
			}
		}

		assertThat(counts[0]).isBetween(2700, 3300);
		assertThat(counts[1]).isBetween(2700, 3300);
		assertThat(counts[2]).isBetween(3700, 4300);
	}

	@Test
	void shouldRefuseProbabilitiesThatMakeNoSense() {
		assertThatIllegalArgumentException().isThrownBy(() -> faults(Map.of("sim-503", 0.6, "sim-reset", 0.6)));
		assertThatIllegalArgumentException().isThrownBy(() -> faults(Map.of("503", 0.1)));
		assertThatIllegalArgumentException().isThrownBy(() -> faults(Map.of("sim-503", -0.1)));
		assertThatIllegalArgumentException().isThrownBy(() -> faults(Collections.singletonMap("sim-503", null)));
		assertThatIllegalArgumentException().isThrownBy(() -> faults(Map.of("sim-503", Double.NaN)));
	}

	private static SimulatedFaults faults(Map<String, Double> probabilities) {
		return new SimulatedFaults(new SimulatedFaults.Settings(probabilities));
	}

}
