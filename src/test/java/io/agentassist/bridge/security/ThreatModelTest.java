package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows that each threat of docs/threat-model.md has a measure, and a test that exists.
 */
class ThreatModelTest {

	private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))(?:\\.(\\w+))?`");

	@Test
	void shouldNameAnExistingTestForEachThreat() throws IOException {
		List<String[]> rows = Files.readAllLines(Path.of("docs/threat-model.md"))
			.stream()
			.filter((line) -> line.startsWith("| "))
			.map((line) -> line.substring(1, line.length() - 1).split("\\|", -1))
			.skip(1)
			.toList();

		assertThat(rows).hasSizeGreaterThan(30);
		for (String[] row : rows) {
			assertThat(row).hasSize(3).allSatisfy((cell) -> assertThat(cell).isNotBlank());
			Matcher test = TEST.matcher(row[2]);
			assertThat(test.find()).as(row[2]).isTrue();
			String source = source(test.group(1));
			if (test.group(2) != null) {
				assertThat(source).contains("void " + test.group(2) + "(");
			}
		}
	}

	private static String source(String name) throws IOException {
		try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
			List<Path> found = files.filter((file) -> file.endsWith(name + ".java")).toList();
			assertThat(found).as(name).hasSize(1);
			return Files.readString(found.get(0));
		}
	}

}
