package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** Shows what the file of keys may say. */
class ApiKeyEntryTest {

	@TempDir
	private Path folder;

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			{                                             | expected
			- name: x                                     | sha256 of x
			- {name: x, sha256: abc}                      | sha256 of x
			- {sha256: HASH}                              | no name
			- {name: ' ', sha256: HASH}                   | no name
			- {name: x, sha256: HASH, tennant: y}         | no field tennant
			- {name: x, sha256: HASH, scopes: ['all']}    | all
			- {name: x, sha256: HASH, tenant: ''}         | the field tenant is empty in line 1
			- {name: x, sha256: HASH, tenant: ' '}        | tenant of x
			- {name: x, sha256: HASH, tenant: }         | the field tenant is empty in line 1
			- {name: x, sha256: HASH, tenant: ~}        | the field tenant is empty in line 1
			- {name: x, sha256: HASH, organisations: null} | the field organisations is empty
			- {name: x, sha256: HASH, organisations: [~]} | is empty in line 1
			- {name: x, sha256: HASH, scopes: }         | the field scopes is empty
			- {name: x, sha256: HASH, scopes: ''}       | the field scopes is empty
			- {name: x, sha256: HASH, requests-per-second: } | the field requests-per-second is empty
			[~]                                           | an entry is empty in line 1
			- {name: x, sha256: HASH, organisations: []}  | organisations of x
			- {name: x, sha256: HASH, requests-per-second: 0} | requests-per-second of x
			- {name: x, sha256: HASH, tenant: y, tenant: z} | Duplicate field 'tenant'
			[{name: x, sha256: HASH}, {name: y, sha256: HASH}] | of y is a duplicate
			[{name: x, sha256: HASH}, {name: x, sha256: OTHER}] | of x is a duplicate
			""")
	void shouldRefuseFileWithAMistake(String yaml, String mistake) throws IOException {
		Path file = this.folder.resolve("keys.yaml");
		Files.writeString(file, yaml.replace("HASH", "0".repeat(64)).replace("OTHER", "1".repeat(64)));

		assertThatIOException().isThrownBy(() -> ApiKeyEntry.read(file)).withMessageContaining(mistake);
	}

	@ParameterizedTest
	@ValueSource(strings = { "[]\n---\n[]\n", "---\n- {name: x, sha256: HASH}\n---\n- {name: y, sha256: OTHER}\n",
			"[]\n---\nname: y\n" })
	void shouldRefuseFileOfTwoDocuments(String yaml) throws IOException {
		Path file = this.folder.resolve("keys.yaml");
		Files.writeString(file, yaml.replace("HASH", "0".repeat(64)).replace("OTHER", "1".repeat(64)));

		assertThatIOException().isThrownBy(() -> ApiKeyEntry.read(file)).withMessageContaining("second document");
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
