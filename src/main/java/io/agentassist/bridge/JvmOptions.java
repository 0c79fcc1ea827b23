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
import java.util.stream.Stream;

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

	/** Those that have nothing to do with ours. Modules and the like have two dashes. */
	private static final Pattern UNRELATED = Pattern
		.compile("-D.*|-X(ms|mx|mn|ss).*|-XX:(Initial|Min|Max)(RAM|Heap).*|--.*");

	private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

	private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

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
			List<String> command = command();
			command.addAll(1, options());
			execute(command);
		}
		catch (IOException | LastErrorException | LinkageError ex) {
			// There is no log yet.
			System.err.println("The JVM keeps its own options, and is slower in its first minutes: " + ex);
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

	private static void execute(List<String> command) throws IOException {
		// By default, it leaves a folder in the user's home.
		System.setProperty("jna.tmpdir", System.getProperty("java.io.tmpdir"));
		LibC libc = Native.load("c", LibC.class,
				Map.of(Library.OPTION_STRING_ENCODING, StandardCharsets.ISO_8859_1.name()));
		try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
			descriptors.mapToInt((path) -> Integer.parseInt(path.getFileName().toString()))
				.filter((descriptor) -> descriptor > 2)
				.forEach((descriptor) -> libc.fcntl(descriptor, LibC.F_SETFD, LibC.FD_CLOEXEC));
		}
		// The link that the system knows this program by, not the word on the command
		// line.
		libc.execv(Path.of("/proc/self/exe").toRealPath().toString(), command.toArray(String[]::new));
	}

	private interface LibC extends Library {

		int F_SETFD = 2;

		int FD_CLOEXEC = 1;

		int fcntl(int descriptor, int command, Object... arguments);

		int execv(String path, String[] arguments) throws LastErrorException;

	}

}
