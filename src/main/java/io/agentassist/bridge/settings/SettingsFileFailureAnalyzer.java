package io.agentassist.bridge.settings;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.FileSystemResource;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reports where a settings file is broken. The parser knows the line but not the file.
 */
class SettingsFileFailureAnalyzer extends AbstractFailureAnalyzer<YAMLException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, YAMLException cause) {
		String place = (cause instanceof MarkedYAMLException marked) ? ", line %d, column %d"
			.formatted(marked.getProblemMark().getLine() + 1, marked.getProblemMark().getColumn() + 1) : "";
		return new FailureAnalysis(
				"The settings file %s is not valid YAML%s: %s".formatted(file(cause), place, YamlSyntax.problem(cause)),
				"Correct the file.", cause);
	}

	/** The file, of those in the usual folders, that fails in the same way. */
	private static String file(YAMLException cause) {
		for (Path folder : List.of(Path.of("config"), Path.of(""))) {
			try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "application*.{yaml,yml}")) {
				for (Path file : files) {
					try {
						new YamlPropertySourceLoader().load(file.toString(), new FileSystemResource(file));
					}
					catch (YAMLException ex) {
						if (ex.toString().equals(cause.toString())) {
							return file.toString();
						}
					}
				}
			}
			catch (IOException ex) {
				// Then it is elsewhere.
			}
		}
		return "application.yaml, or application-<profile>.yaml of an active profile,";
	}

}
