package io.agentassist.bridge.operations;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that the alerts fire when they should, and that each has its section in the
 * runbook.
 */
class AlertsTest {

	private static final Path ALERTS = Path.of("config/prometheus/alerts.yaml");

	private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

	@ParameterizedTest
	@ValueSource(strings = { "check rules alerts.yaml", "test rules alerts-test.yaml" })
	void shouldSatisfyPromtool(String command) throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(PROMTOOL), "promtool (Debian package prometheus) is not installed");
		List<String> words = new ArrayList<>(List.of(command.split(" ")));
		words.add(0, PROMTOOL.toString());

		Process promtool = new ProcessBuilder(words).directory(ALERTS.getParent().toFile())
			.redirectErrorStream(true)
			.start();
		String output = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

		assertThat(promtool.waitFor()).as(output).isZero();
	}

	@Test
	void shouldTestEveryAlertAndExplainItInTheRunbook() throws IOException {
		Set<String> alerts = find("alert: (\\w+)", ALERTS);

		assertThat(alerts).hasSizeGreaterThan(10);
		assertThat(find("alertname: (\\w+)", ALERTS.resolveSibling("alerts-test.yaml"))).isEqualTo(alerts);
		assertThat(find("(?m)^### (\\w+)$", Path.of("docs/operations.md"))).isEqualTo(alerts);
		assertThat(find("runbook: docs/operations.md#(\\w+)", ALERTS))
			.isEqualTo(alerts.stream().map((name) -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet()));
	}

	private static Set<String> find(String pattern, Path file) throws IOException {
		return Pattern.compile(pattern)
			.matcher(Files.readString(file))
			.results()
			.map((match) -> match.group(1))
			.collect(Collectors.toCollection(TreeSet::new));
	}

}
