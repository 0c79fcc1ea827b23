package io.agentassist.bridge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;

/**
 * Gives the JVM of a plain {@code java -jar} the options of {@code jvm.options}. A jar
 * cannot carry options, and the JVM takes these at its start only. So the process
 * executes the same command once more, with the options: it keeps its id, its environment
 * and its streams, as with {@code exec} in a shell.
 * <p>
 * Only on Linux, and only if the JVM has no other options than sizes of its memory and
 * system properties: whoever tunes a JVM decides about all of it.
 */
final class JvmOptions {

	/**
	 * Those that have nothing to do with ours. Modules and the like have two dashes. The
	 * port of a remote JMX agent is already taken, and would be so twice.
	 */
	private static final Pattern UNRELATED = Pattern
		.compile("-D(?!com\\.sun\\.management).*|-X(ms|mx|mn|ss).*|-XX:(Initial|Min|Max)(RAM|Heap).*|--.*");

	private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

	private JvmOptions() {
	}

	/**
	 * Does not return if the options are to be applied and can be.
	 */
	static void apply() {
		boolean packaged = JvmOptions.class.getPackage().getImplementationVersion() != null;
		if (!packaged || !Files.isReadable(COMMAND_LINE)
				|| !ManagementFactory.getRuntimeMXBean()
					.getInputArguments()
					.stream()
					.allMatch(UNRELATED.asMatchPredicate())) {
			return;
		}
		try {
			// The link that the system knows this program by, not the word on the command
			// line.
			Path program = Path.of("/proc/self/exe").toRealPath();
			List<String> command = command();
			// Another launcher would take the options for those of the bridge. A file of
			// arguments may be a pipe, and already read.
			if (program.endsWith("java") && command.stream().noneMatch((word) -> word.startsWith("@"))) {
				command.addAll(1, options());
				execute(program, command);
			}
		}
		catch (IOException | LastErrorException | LinkageError ex) {
			// There is no log yet.
			System.err.println("The JVM keeps its own options, and is slower in its first minutes: " + ex);
		}
		catch (IllegalStateException ex) {
			// The JVM is about to end.
		}
	}

	/** Byte for byte: a character is a byte, whatever the encoding of this process. */
	private static List<String> command() throws IOException {
		String[] words = Files.readString(COMMAND_LINE, StandardCharsets.ISO_8859_1).split("\0", -1);
		return new ArrayList<>(Arrays.asList(words).subList(0, words.length - 1));
	}

	private static List<String> options() throws IOException {
		try (BufferedReader reader = new BufferedReader(
				new InputStreamReader(JvmOptions.class.getResourceAsStream("/jvm.options"), StandardCharsets.UTF_8))) {
			return reader.lines().filter((line) -> line.startsWith("-")).toList();
		}
	}

	private static void execute(Path program, List<String> command) throws IOException {
		// By default, it leaves a folder in the user's home.
		System.getProperties().putIfAbsent("jna.tmpdir", System.getProperty("java.io.tmpdir"));
		LibC libc = Native.load("c", LibC.class,
				Map.of(Library.OPTION_STRING_ENCODING, StandardCharsets.ISO_8859_1.name()));
		// A signal that has come since then would be forgotten. Throws if the JVM ends.
		Runtime.getRuntime().removeShutdownHook(new Thread());
		libc.execv(program.toString(), command.toArray(String[]::new));
	}

	private interface LibC extends Library {

		int execv(String path, String[] arguments) throws LastErrorException;

	}

}
