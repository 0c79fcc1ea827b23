package io.agentassist.bridge;

import java.util.List;

import io.agentassist.bridge.audit.AuditCommand;
import io.agentassist.bridge.security.KeysCommand;
import io.agentassist.bridge.routes.RoutesCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The jar's commands, which run without starting the bridge. */
@Command(name = "agent-assist-bridge", scope = CommandLine.ScopeType.INHERIT,
		subcommands = { AuditCommand.class, KeysCommand.class, RoutesCommand.class }, mixinStandardHelpOptions = true,
		versionProvider = Commands.class, synopsisSubcommandLabel = "COMMAND",
		description = "Without a command: runs the bridge.")
final class Commands implements CommandLine.IVersionProvider {

	/** Other arguments that begin with a dash are options of the bridge. */
	private static final List<String> OPTIONS = List.of("-h", "--help", "-V", "--version");

	static boolean isCommand(String[] args) {
		return args.length > 0 && (!args[0].startsWith("-") || OPTIONS.contains(args[0]));
	}

	/**
	 * Runs a command.
	 * @return the process's exit code; 2 for an invalid command line
	 */
	static int run(String[] args) {
		return new CommandLine(new Commands()).execute(args);
	}

	/** As in the jar's manifest. */
	@Override
	public String[] getVersion() {
		String version = Commands.class.getPackage().getImplementationVersion();
		return new String[] { (version != null) ? version : "not packaged" };
	}

}
