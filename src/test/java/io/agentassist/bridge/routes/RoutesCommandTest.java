package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows {@code routes check}, {@code list} and {@code diagram} as a CI job runs them. */
class RoutesCommandTest {

	private final StringWriter output = new StringWriter();

	@Test
	void shouldCheckTheShippedRoutesWithoutAnySecret() {
		assertThat(run("check")).isZero();
		assertThat(this.output.toString()).containsPattern("^\\d+ files, 0 errors, 0 warnings\n$");
	}

	@Test
	void shouldCheckTheSandboxToo() {
		assertThat(run("check", "--profiles=sandbox")).isZero();
	}

	@Test
	void shouldFailOnABadFolder(@TempDir Path folder) throws IOException {
		FileSystemUtils.copyRecursively(Path.of("routes"), folder);
		Files.writeString(folder.resolve("new.camel.yaml"), "- route:\n    id: new\n    form: x\n");

		assertThat(run("check", folder.toString())).isOne();
		assertThat(this.output.toString()).contains("new.camel.yaml:3:5: error: 'form' is not allowed in 'route'",
				"1 errors");
	}

	@Test
	void shouldWarnOfFilesThatLookLikeRoutesAndAreNone(@TempDir Path folder) throws IOException {
		FileSystemUtils.copyRecursively(Path.of("routes"), folder);
		Files.writeString(folder.resolve("mine.yaml"), "");
		Files.createDirectory(folder.resolve("ours"));
		Files.writeString(folder.resolve("ours/more.camel.yml"), "");

		assertThat(run("check", folder.toString())).isZero();
		assertThat(this.output.toString()).startsWith("""
				mine.yaml:1:1: warning: is not a route file (agentassist.routes.files), not loaded
				ours/more.camel.yml:1:1: warning: is not a route file (agentassist.routes.files), not loaded
				""").endsWith(" files, 0 errors, 2 warnings\n");
	}

	@Test
	void shouldFailOnASettingThatAStartWouldRefuse(@TempDir Path config) throws IOException {
		Files.writeString(config.resolve("application-bad.yaml"), "agentassist.ranking.skill-weight: -1\n");
		System.setProperty("spring.config.additional-location", "optional:" + config + "/");
		try {
			assertThat(run("check", "--profiles=bad")).isOne();
		}
		finally {
			System.clearProperty("spring.config.additional-location");
		}
		assertThat(this.output.toString()).contains(
				"application-bad.yaml:1:35: error: 'agentassist.ranking.skill-weight' must be greater than or equal");
	}

	@Test
	void shouldWarnOfASettingThatNothingReads(@TempDir Path folder) throws IOException {
		Path routes = Files.createDirectory(folder.resolve("routes"));
		FileSystemUtils.copyRecursively(Path.of("routes"), routes);
		Files.writeString(routes.resolve("site.camel.yaml"), """
				- route:
				    id: site
				    from:
				      uri: direct:site
				      steps:
				        - setBody:
				            id: greet
				            constant: "{{agentassist.site.greeting}}"
				""");
		Files.writeString(folder.resolve("application-site.yaml"), """
				agentassist:
				  site.greeting: hello
				  ranking.skil-weight: 0.1
				""");
		System.setProperty("spring.config.additional-location", "optional:" + folder + "/");
		try {
			assertThat(run("check", "--profiles=site", routes.toString())).isZero();
		}
		finally {
			System.clearProperty("spring.config.additional-location");
		}
		assertThat(this.output.toString())
			.contains("application-site.yaml:3:24: warning: 'agentassist.ranking.skil-weight' is not a setting")
			.endsWith(" files, 0 errors, 1 warnings\n");
	}

	@Test
	void shouldNameTheVariableThatHoldsAWrongSetting() {
		System.setProperty("ANALYTICS_ENDPOINT", "http://analytics.example/events");
		try {
			assertThat(run("check")).isOne();
		}
		finally {
			System.clearProperty("ANALYTICS_ENDPOINT");
		}
		assertThat(this.output.toString()).containsPattern(
				"config/application.yaml:\\d+:\\d+: error: 'agentassist.analytics.endpoint' must be https://.* \\(set by ANALYTICS_ENDPOINT\\)");
	}

	@Test
	void shouldSayThatItCannotCheck() {
		assertThat(run("check", "no-such-folder")).isEqualTo(2);
		assertThat(this.output.toString()).contains("Cannot check: no-such-folder is not a folder");
	}

	@Test
	void shouldWarnOfAProfileThatNothingIsSetFor() {
		assertThat(run("check", "--profiles=sandbox,sandbx")).isZero();
		assertThat(this.output.toString())
			.startsWith("Profile 'sandbx' has no settings in config/application-sandbx.yaml\n");
	}

	@Test
	void shouldListTheRoutes() {
		assertThat(run("list")).isZero();
		assertThat(this.output.toString()).startsWith("FILE ")
			.containsPattern(
					"callback.camel.yaml +receive-callback +POST /agentassist/callback +direct:complete-suggestions");
	}

	@Test
	void shouldDrawThePictureOfTheReadme() throws IOException {
		assertThat(run("diagram")).isZero();
		assertThat(Files.readString(Path.of("README.md"))).as("run `routes diagram` and put its output into the README")
			.contains("```mermaid\n" + this.output + "```\n");
	}

	private int run(String... arguments) {
		PrintWriter writer = new PrintWriter(this.output);
		return new CommandLine(new RoutesCommand()).setOut(writer).setErr(writer).execute(arguments);
	}

}
