package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows that a test stands behind each trouble that {@code docs/provider.md} lists. */
class ProviderGuideTest {

	private static final Pattern ROW = Pattern.compile("(?m)^\\|(?! trouble |---).*\\|$");

	private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(should\\w+)` \\|$");

	@Test
	void shouldHaveATestBehindEveryRow() throws IOException {
		List<String> rows = ROW.matcher(Files.readString(Path.of("docs", "provider.md")))
			.results()
			.map(MatchResult::group)
			.toList();

		assertThat(rows).hasSizeGreaterThan(25).allSatisfy((row) -> {
			List<MatchResult> tests = TEST.matcher(row).results().toList();
			assertThat(tests).hasSize(1);
			assertThat(source(tests.get(0).group(1))).contains("void " + tests.get(0).group(2) + "(");
		});
	}

	private static String source(String test) throws IOException {
		try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
			return Files.readString(files.filter((file) -> file.getFileName().toString().equals(test + ".java"))
				.findFirst()
				.orElseThrow());
		}
	}

}
