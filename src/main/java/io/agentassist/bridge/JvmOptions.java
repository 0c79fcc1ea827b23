package io.agentassist.bridge;

import java.io.IOException;
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

import org.springframework.core.io.ClassPathResource;

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

	private static final Path PROGRAM = Path.of("/proc/self/exe");

	private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

	private JvmOptions() {
	}

	/**
	 * Does not return if the options are to be applied and can be.
	 */
	static void apply() {
		boolean packaged = JvmOptions.class.getPackage().getImplementationVersion() != null;
		if (!packaged || !Files.isReadable(COMMAND_LINE)) {
			return;
		}
		try {
			List<String> command = command();
			if (isPlain(command)) {
				// A later JDK may have dropped one.
				command.add(1, "-XX:+IgnoreUnrecognizedVMOptions");
				command.addAll(1, options());
				execute(command);
			}
		}
		catch (Exception | LinkageError ex) {
			// There is no log yet.
			System.err.println("The JVM keeps its own options, and is slower in its first minutes: " + ex);
		}
	}

	/**
	 * Another launcher would take the options for those of the bridge. A file of
	 * arguments may be a pipe, and already read.
	 */
	private static boolean isPlain(List<String> command) throws IOException {
		return PROGRAM.toRealPath().equals(JAVA.toRealPath())
				&& command.stream().noneMatch((word) -> word.startsWith("@"))
				&& ManagementFactory.getRuntimeMXBean()
					.getInputArguments()
					.stream()
					.allMatch(UNRELATED.asMatchPredicate());
	}

	/** Byte for byte: a character is a byte, whatever the encoding of this process. */
	private static List<String> command() throws IOException {
		String[] words = Files.readString(COMMAND_LINE, StandardCharsets.ISO_8859_1).split("\0", -1);
		return new ArrayList<>(Arrays.asList(words).subList(0, words.length - 1));
	}

	private static List<String> options() throws IOException {
		return new ClassPathResource("jvm.options").getContentAsString(StandardCharsets.UTF_8)
			.lines()
			.filter((line) -> line.startsWith("-"))
			.toList();
	}

	private static void execute(List<String> command) {
		// By default, it leaves a folder in the user's home.
		System.getProperties().putIfAbsent("jna.tmpdir", System.getProperty("java.io.tmpdir"));
		LibC libc = Native.load("c", LibC.class,
				Map.of(Library.OPTION_STRING_ENCODING, StandardCharsets.ISO_8859_1.name()));
		try {
			// Fails if a signal has come since the start, which would be forgotten.
			Runtime.getRuntime().removeShutdownHook(new Thread());
		}
		catch (IllegalStateException ex) {
			return;
		}
		// Not the link PROGRAM, which the process would be named after.
		libc.execv(JAVA.toString(), command.toArray(String[]::new));
	}

	private interface LibC extends Library {

		int execv(String path, String[] arguments) throws LastErrorException;

	}

}
