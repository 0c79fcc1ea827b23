package io.agentassist.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.agentassist.bridge.audit.AuditReaderFuzz;
import io.agentassist.bridge.callback.CallbackUrlFuzz;
import io.agentassist.bridge.callback.SignatureFuzz;
import io.agentassist.bridge.ranking.RankingFuzz;
import io.agentassist.bridge.routes.RouteCheckFuzz;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs what is fuzzed on its seeds, which are also what fuzzing has found: see
 * CONTRIBUTING.md.
 */
class FuzzSeedsTest {

	private static final Path SEEDS = Path.of("src/test/fuzz");

	@TestFactory
	List<DynamicTest> shouldStandEverySeed() throws IOException {
		List<DynamicTest> tests = new ArrayList<>();
		add(tests, "json-intake", JsonIntakeFuzz::fuzzerTestOneInput);
		add(tests, "signature", SignatureFuzz::fuzzerTestOneInput);
		add(tests, "callback-url", CallbackUrlFuzz::fuzzerTestOneInput);
		add(tests, "ranking", RankingFuzz::fuzzerTestOneInput);
		add(tests, "audit-reader", AuditReaderFuzz::fuzzerTestOneInput);
		add(tests, "route-check", RouteCheckFuzz::fuzzerTestOneInput);
		return tests;
	}

	private static void add(List<DynamicTest> tests, String folder, Target target) throws IOException {
		try (Stream<Path> seeds = Files.list(SEEDS.resolve(folder))) {
			List<Path> found = seeds.sorted().toList();
			assertThat(found).as(folder).isNotEmpty();
			for (Path seed : found) {
				tests.add(DynamicTest.dynamicTest(folder + "/" + seed.getFileName(),
						() -> target.take(Files.readAllBytes(seed))));
			}
		}
	}

	/** What takes one input. */
	private interface Target {

		void take(byte[] input) throws Exception;

	}

}
