package io.agentassist.bridge;

import io.agentassist.bridge.audit.AuditCommand;
import io.agentassist.bridge.security.KeysCommand;
import io.agentassist.bridge.routes.RoutesCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The jar's commands, which run without starting the bridge. */
@Command(name = "agent-assist-bridge", subcommands = { AuditCommand.class, KeysCommand.class, RoutesCommand.class },
		mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
		description = "Without a command: runs the bridge.")
final class Commands {

	/**
	 * Arguments that begin with a dash are options of the bridge, except {@code --help}.
	 */
	static boolean isCommand(String[] args) {
		return args.length > 0 && (!args[0].startsWith("-") || args[0].equals("--help"));
	}

	/**
	 * Runs a command.
	 * @return the process's exit code; 2 for an invalid command line
	 */
	static int run(String[] args) {
		return new CommandLine(new Commands()).execute(args);
	}

}
