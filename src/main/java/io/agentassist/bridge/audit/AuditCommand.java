package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The {@code audit} commands: what an auditor does with the audit log. */
@Command(name = "audit", description = "Checks the audit log.", synopsisSubcommandLabel = "COMMAND")
public final class AuditCommand {

	private static final int OK = 0;

	private static final int BAD = 1;

	private static final int NOT_CHECKED = 2;

	@Spec
	private CommandSpec spec;

	@Command(name = "verify",
			description = { "Checks every chain in a folder: each line, their order, the signed checkpoints.",
					"Prints the first bad line of each chain, or one line if all is well,",
					"and which chains do not begin with line 1." },
			exitCodeListHeading = "Exit codes:%n",
			exitCodeList = { "0:all is well", "1:something was changed, or is missing", "2:could not check" })
	int verify(@Parameters(paramLabel = "FOLDER", description = "the folder with the audit-*.jsonl files") Path folder,
			@Option(names = "--public-key", paramLabel = "FILE",
					description = "public keys (PEM), one of which must have signed each checkpoint;"
							+ " may be given more than once") List<Path> publicKeys,
			@Option(names = "--checkpoints", paramLabel = "FILE",
					description = "checkpoints kept off the host, as sent to analytics, one per line;"
							+ " may be given more than once") List<Path> checkpoints,
			@Option(names = "--archived", description = "the oldest files of a chain may have been moved away,"
					+ " if a checkpoint signs the line before the first one left") boolean archived) {
		try {
			List<PublicKey> keys = new ArrayList<>();
			for (Path file : orNone(publicKeys)) {
				keys.addAll(SigningKey.publicKeys(file));
			}
			AuditVerifier verifier = new AuditVerifier(folder, keys, archived);
			for (Path file : orNone(checkpoints)) {
				verifier.expect(file);
			}
			AuditVerification result = verifier.verify();
			if (result.isEmpty()) {
				this.spec.commandLine().getErr().println(folder + ": no audit log here");
				return NOT_CHECKED;
			}
			result.findings().forEach(this.spec.commandLine().getOut()::println);
			if (result.isAllWell()) {
				this.spec.commandLine().getOut().println(result.summary());
			}
			result.notes().forEach(this.spec.commandLine().getOut()::println);
			return result.isAllWell() ? OK : BAD;
		}
		catch (IOException | IllegalArgumentException ex) {
			String reason = (ex instanceof NoSuchFileException missing) ? "there is no " + missing.getFile()
					: ex.toString();
			this.spec.commandLine().getErr().println("Cannot check: " + reason);
			return NOT_CHECKED;
		}
	}

	private static List<Path> orNone(List<Path> files) {
		return (files != null) ? files : List.of();
	}

}
