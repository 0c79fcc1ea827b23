package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** Shows what the file of keys may say. */
class ApiKeyEntryTest {

	@TempDir
	private Path folder;

	@ParameterizedTest
	@ValueSource(strings = { "{", "- name: x", "- {name: x, sha256: abc}",
			"- {name: x, sha256: '0000000000000000000000000000000000000000000000000000000000000000', tennant: y}",
			"- {name: x, sha256: '0000000000000000000000000000000000000000000000000000000000000000', scopes: ['all']}",
			"- {name: x, sha256: '0000000000000000000000000000000000000000000000000000000000000000', tenant: ''}",
			"- {name: x, sha256: '0000000000000000000000000000000000000000000000000000000000000000'}\n"
					+ "- {name: y, sha256: '0000000000000000000000000000000000000000000000000000000000000000'}" })
	void shouldRefuseFileWithAMistake(String yaml) throws IOException {
		Path file = this.folder.resolve("keys.yaml");
		Files.writeString(file, yaml);

		assertThatIOException().isThrownBy(() -> ApiKeyEntry.read(file));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "# none yet\n", "[]" })
	void shouldTakeFileWithoutKeys(String yaml) throws IOException {
		assertThat(ApiKeyEntry.read(Files.writeString(this.folder.resolve("keys.yaml"), yaml))).isEmpty();
	}

	@Test
	void shouldReadEveryField() throws IOException {
		String hash = "0123456789".repeat(6) + "1234";
		Path file = Files.writeString(this.folder.resolve("keys.yaml"), """
				- name: desk
				  sha256: %s
				  tenant: 007
				  scopes: [suggestions:read, feedback:write]
				  requests-per-second: 5
				""".formatted(hash));

		assertThat(ApiKeyEntry.read(file)).isEqualTo(List
			.of(new ApiKeyEntry("desk", hash, "007", null, Set.of(Scope.SUGGESTIONS_READ, Scope.FEEDBACK_WRITE), 5)));
	}

}
