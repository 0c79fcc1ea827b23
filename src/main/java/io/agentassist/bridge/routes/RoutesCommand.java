package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code routes} commands: what an integration team does with routes before they run.
 * Settings are taken from {@code config/} and the environment; no secrets are needed.
 */
@Command(name = "routes", description = "Checks and shows routes, without running them.",
		synopsisSubcommandLabel = "COMMAND")
public final class RoutesCommand {

	private static final int OK = 0;

	private static final int BAD = 1;

	private static final int NOT_CHECKED = 2;

	@Spec
	private CommandSpec spec;

	@Option(names = "--profiles", paramLabel = "NAMES", scope = ScopeType.INHERIT, defaultValue = "",
			description = "profiles of config/, such as sandbox; else those of SPRING_PROFILES_ACTIVE")
	private String profiles;

	@Command(name = "check",
			description = { "Checks a folder as the running bridge does before it applies an edit.",
					"Prints a line for each problem: file:line:column: error: message." },
			exitCodeListHeading = "Exit codes:%n",
			exitCodeList = { "0:the routes would run", "1:they would not", "2:could not check" })
	int check(@Parameters(arity = "0..1", paramLabel = "FOLDER",
			description = "holds the *.camel.yaml files; default: agentassist.routes.directory") Path folder) {
		return inSettings(folder, (offline, set, problems) -> {
			problems.addAll(offline.validate(set));
			problems.forEach(out()::println);
			long errors = problems.stream().filter(RouteProblem::isError).count();
			out().println(
					set.routes().size() + " files, " + errors + " errors, " + (problems.size() - errors) + " warnings");
			return (errors == 0) ? OK : BAD;
		});
	}

	@Command(name = "list", description = "Prints the routes as a table: file, id, where from, where to.")
	int list(@Parameters(arity = "0..1", paramLabel = "FOLDER",
			description = "holds the *.camel.yaml files; default: agentassist.routes.directory") Path folder) {
		return inSettings(folder, (offline, set, problems) -> {
			List<List<String>> rows = offline.graph(set).table();
			List<Integer> widths = new ArrayList<>();
			for (int i = 0; i < rows.get(0).size(); i++) {
				int column = i;
				widths.add(rows.stream().mapToInt((row) -> row.get(column).length()).max().orElse(1));
			}
			rows.forEach((row) -> {
				StringBuilder line = new StringBuilder();
				for (int i = 0; i < row.size(); i++) {
					line.append(row.get(i)).append(" ".repeat(widths.get(i) + 2 - row.get(i).length()));
				}
				out().println(line.toString().stripTrailing());
			});
			return OK;
		});
	}

	@Command(name = "diagram", description = "Prints the routes and their hops as a Mermaid flowchart.")
	int diagram(@Parameters(arity = "0..1", paramLabel = "FOLDER",
			description = "holds the *.camel.yaml files; default: agentassist.routes.directory") Path folder) {
		return inSettings(folder, (offline, set, problems) -> {
			out().print(offline.graph(set).mermaid());
			return OK;
		});
	}

	private int inSettings(Path folder, Work work) {
		try (OfflineRoutes offline = new OfflineRoutes(this.profiles)) {
			offline.warnings().forEach(err()::println);
			Path directory = (folder != null) ? folder : offline.settings().directory();
			if (!Files.isDirectory(directory)) {
				err().println("Cannot check: " + directory + " is not a folder");
				return NOT_CHECKED;
			}
			NavigableSet<RouteProblem> problems = new TreeSet<>();
			RouteSet set = RouteSet.read(offline.settings(), directory, problems::add);
			return work.run(offline, set, problems);
		}
		catch (IOException | RuntimeException ex) {
			err().println("Cannot check: " + ex.getMessage());
			return NOT_CHECKED;
		}
		finally {
			out().flush();
		}
	}

	private PrintWriter out() {
		return this.spec.commandLine().getOut();
	}

	private PrintWriter err() {
		return this.spec.commandLine().getErr();
	}

	/** The work of a command once settings and files have been read. */
	private interface Work {

		int run(OfflineRoutes offline, RouteSet set, NavigableSet<RouteProblem> problems) throws IOException;

	}

}
