package io.agentassist.bridge.operations;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Lints {@code deploy/}. Skipped but in the profile runbook, since npm loads the linters.
 */
@EnabledIfSystemProperty(named = "runbook", matches = "true", disabledReason = "in the profile runbook only")
class DeployLintIT {

	@Test
	void shouldHaveAnImageManifestsAndAUnitWithoutFault() throws Exception {
		for (String tool : List.of("npm", "systemd-analyze")) {
			Assumptions.assumeTrue(isInstalled(tool), () -> "deploy/lint needs " + tool);
		}
		Process lint = new ProcessBuilder("deploy/lint").redirectErrorStream(true).start();
		String output = new String(lint.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

		assertThat(lint.waitFor()).as(output).isZero();
		assertThat(output).contains("docker/Dockerfile", "StatefulSet: valid", "agent-assist-bridge.service");
	}

	private static boolean isInstalled(String tool) {
		return Arrays.stream(System.getenv("PATH").split(":"))
			.anyMatch((folder) -> Files.isExecutable(Path.of(folder, tool)));
	}

}
