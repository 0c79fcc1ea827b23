package io.agentassist.bridge.audit;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.agentassist.bridge.TestClock;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/** Shows that whatever was done to the audit log's files is named, with its place. */
class AuditVerifierTest {

	private static final String A1 = "audit-a-2026-11-22-0000000001.jsonl";

	/** Files have three lines here, and a checkpoint signs the last of each. */
	private static final String A2 = "audit-a-2026-11-22-0000000004.jsonl";

	private static final String A3 = "audit-a-2026-11-22-0000000007.jsonl";

	private static final String B1 = "audit-b-2026-11-22-0000000001.jsonl";

	@TempDir
	Path temporary;

	private Path directory;

	@BeforeEach
	void write() throws IOException {
		this.directory = this.temporary.resolve("audit");
		var dataSource = new DriverManagerDataSource(
				"jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DB_CLOSE_DELAY=-1");
		Flyway.configure().dataSource(dataSource).load().migrate();
		for (String chain : List.of("a", "b")) {
			try (AuditInstance instance = new AuditInstance(dataSource,
					AuditInstance.settings(this.directory, chain, 500), new TestClock())) {
				for (int i = 0; i < 8; i++) {
					instance.record(chain + i).drain();
				}
			}
		}
	}

	private String verify(String... options) {
		List<String> arguments = new ArrayList<>(List.of("verify", this.directory.toString()));
		arguments.addAll(List.of(options));
		StringWriter output = new StringWriter();
		int code = new CommandLine(new AuditCommand()).setOut(new PrintWriter(output))
			.setErr(new PrintWriter(output))
			.execute(arguments.toArray(String[]::new));
		return code + " " + output.toString().replace(this.directory + "/", "");
	}

	private String[] withKey() {
		return new String[] { "--public-key", this.temporary.resolve("signing-key.pub.pem").toString() };
	}

	private List<String> lines(String file) throws IOException {
		return new ArrayList<>(Files.readAllLines(this.directory.resolve(file)));
	}

	private void write(String file, List<String> lines) throws IOException {
		Files.write(this.directory.resolve(file), lines);
	}

	/** The lines as somebody would write them who knows the format, but has no key. */
	private void forge(String file, int from, String prevHash, List<String> lines) throws IOException {
		AuditBatch batch = new AuditBatch(new ChainPosition(from - 1, prevHash, null, 0));
		for (String line : lines) {
			batch.add(line.replaceFirst(",\"seq\":.*", "}"));
		}
		Files.write(this.directory.resolve(file), batch.bytes());
	}

	private static String field(String line, String name) {
		return line.replaceFirst(".*\"" + name + "\":\"?([^\",}]*).*", "$1");
	}

	@Test
	void shouldGiveTheAllClearInOneLine() {
		assertThat(verify())
			.isEqualTo("0 OK: 2 chains, 6 files, 16 lines, 4 checkpoints (signatures not checked, no --public-key),"
					+ " 4 lines not yet covered by a checkpoint\n");
		assertThat(verify(withKey())).isEqualTo("0 OK: 2 chains, 6 files, 16 lines, 4 checkpoints (signatures checked),"
				+ " 4 lines not yet covered by a checkpoint\n");
	}

	@Test
	void shouldNameAnAlteredLine() throws IOException {
		List<String> lines = lines(A2);
		lines.set(1, lines.get(1).replace("Zoë", "Zoe"));
		write(A2, lines);

		assertThat(verify()).isEqualTo("1 " + A2 + ":2: the hash does not match the line: it was changed\n");
	}

	@Test
	void shouldNameTheLineAfterOneThatWasAlteredWithItsHash() throws IOException {
		List<String> lines = lines(A1);
		List<String> last = lines.subList(2, 3).stream().toList();
		forge(A1, 1, field(lines.get(0), "prev_hash"), List.of(lines.get(0), lines.get(1).replace("Zoë", "Zoe")));
		Files.write(this.directory.resolve(A1), last, StandardOpenOption.APPEND);

		assertThat(verify()).startsWith("1 " + A1 + ":3: prev_hash is not the hash of the line before");
	}

	@Test
	void shouldNameAGapWhereALineWasDeleted() throws IOException {
		List<String> lines = lines(A1);
		lines.remove(1);
		write(A1, lines);

		assertThat(verify()).isEqualTo("1 " + A1 + ":2: seq 3 follows seq 1: lines are missing\n");
	}

	@Test
	void shouldNameAMissingFirstLine() throws IOException {
		List<String> lines = lines(A1);
		lines.remove(0);
		write(A1, lines);

		assertThat(verify()).startsWith("1 " + A1 + ":1: the chain begins with seq 2: lines are missing");
	}

	@Test
	void shouldNameAnInsertedLine() throws IOException {
		List<String> lines = lines(A1);
		lines.add(2, "{\"event_id\":\"new\"}");
		write(A1, lines);
		assertThat(verify()).startsWith("1 " + A1 + ":3: not an audit line");

		lines.set(2, lines.get(1));
		write(A1, lines);
		assertThat(verify()).startsWith("1 " + A1 + ":3: seq 2 follows seq 2: out of order, or duplicated");
	}

	@Test
	void shouldNameReorderedLines() throws IOException {
		List<String> lines = lines(B1);
		Collections.swap(lines, 1, 2);
		write(B1, lines);

		assertThat(verify()).startsWith("1 " + B1 + ":2: seq 3 follows seq 1");
	}

	@Test
	void shouldNameACutLine() throws IOException {
		List<String> lines = lines(A1);
		lines.set(1, lines.get(1).substring(0, 60));
		write(A1, lines);
		assertThat(verify()).startsWith("1 " + A1 + ":2: not an audit line");
	}

	@Test
	void shouldNameATornLastLine() throws IOException {
		Files.writeString(this.directory.resolve(A3), "{\"event_id\":\"x\"", StandardOpenOption.APPEND);

		assertThat(verify()).isEqualTo("1 " + A3 + ":3: the line is cut off\n");
	}

	@Test
	void shouldNameACutFileEnd() throws IOException {
		String text = Files.readString(this.directory.resolve(A1));
		Files.writeString(this.directory.resolve(A1), text.substring(0, text.length() - 30));

		assertThat(verify()).isEqualTo("1 " + A1 + ":3: the line is cut off\n");
	}

	@Test
	void shouldNameMissingFiles() throws IOException {
		Path away = Files.move(this.directory.resolve(A2), this.temporary.resolve("away"));
		assertThat(verify()).isEqualTo("1 " + A3 + ":1: seq 7 follows seq 3: lines are missing\n");

		Files.delete(this.directory.resolve(A3));
		assertThat(verify()).startsWith("1 " + A1 + ":3: the chain ends with seq 3, but a checkpoint of")
			.contains("signs seq 6: lines are missing");

		Files.delete(this.directory.resolve(A1));
		assertThat(verify()).startsWith("1 checkpoints-a.jsonl:0: the chain ends with seq 0");
		assertThat(away).exists();
	}

	@Test
	void shouldAcceptArchivedFilesWhereACheckpointSignsTheLineBefore() throws IOException {
		Files.delete(this.directory.resolve(A1));
		assertThat(verify()).startsWith("1 " + A2 + ":1: the chain begins with seq 4: lines are missing");
		assertThat(verify("--archived")).startsWith("0 OK: 2 chains, 5 files, 13 lines, 4 checkpoints")
			.contains(", 4 lines not yet covered")
			.endsWith("\nchain a begins with line 4: those before are not here\n");

		List<String> lines = lines(A2);
		forge(A2, 4, "0".repeat(64), lines);
		assertThat(verify("--archived")).startsWith("1 " + A2 + ":1: seq 3 has another hash in the checkpoint of");

		lines.remove(0);
		write(A2, lines);
		assertThat(verify("--archived")).contains("no checkpoint signs the line before\n");
	}

	@Test
	void shouldNameSwappedChains() throws IOException {
		List<String> a = lines(A1);
		write(A1, lines(B1));
		write(B1, a);

		assertThat(verify()).isEqualTo("1 " + A1
				+ ":1: prev_hash does not match the start of chain a: the line belongs to another chain\n" + B1
				+ ":1: prev_hash does not match the start of chain b: the line belongs to another chain\n");
	}

	@Test
	void shouldNameASignedLineWhereTheChainWasForgedWithoutTheKey() throws IOException {
		List<String> lines = lines(A1);
		String prevHash = field(lines.get(0), "prev_hash");
		lines.set(0, lines.get(0).replace("Zoë", "Zoe"));
		forge(A1, 1, prevHash, lines);
		for (String file : List.of(A2, A3)) {
			lines = lines(file);
			List<String> before = lines(file.equals(A2) ? A1 : A2);
			forge(file, file.equals(A2) ? 4 : 7, field(before.get(before.size() - 1), "hash"), lines);
		}

		assertThat(verify()).startsWith("1 " + A1 + ":3: seq 3 has another hash in the checkpoint of");
	}

	/** The first one hid those after it: no signature vouched for the chain, it said. */
	@ParameterizedTest
	@ValueSource(ints = { 1, 2 })
	void shouldNameAForgedCheckpointIfThereIsAKeyToCheckIt(int number) throws IOException {
		List<String> checkpoints = lines("checkpoints-a.jsonl");
		checkpoints.set(number - 1, checkpoints.get(number - 1).replace("T10:", "T11:"));
		write("checkpoints-a.jsonl", checkpoints);

		assertThat(verify()).startsWith("0 ");
		assertThat(verify(withKey()))
			.isEqualTo("1 checkpoints-a.jsonl:" + number + ": the signature does not match: it was changed\n");
	}

	@Test
	void shouldNameACheckpointOfAnotherChainAndTextThatIsNone() throws IOException {
		write("checkpoints-a.jsonl", lines("checkpoints-b.jsonl"));
		assertThat(verify()).startsWith("1 ").contains("checkpoints-a.jsonl:1: checkpoint of chain b");

		for (String text : List.of("{}", "no json", "[]", "{\"signature\":\"\"}", "null", "")) {
			write("checkpoints-a.jsonl", List.of(text));
			assertThat(verify()).startsWith("1 ").contains("checkpoints-a.jsonl:1: no checkpoint");
		}
	}

	@Test
	void shouldNotVouchForAChainWhoseCheckpointsAreGone() throws IOException {
		Files.delete(this.directory.resolve("checkpoints-a.jsonl"));

		assertThat(verify()).startsWith("0 ");
		assertThat(verify(withKey()))
			.isEqualTo("1 checkpoints-a.jsonl:0: no checkpoint: no signature vouches for chain a\n");
	}

	/** The folder alone, cut back or rewritten with its checkpoints, looks well. */
	@Test
	void shouldNameWhatOnlyTheCheckpointsOffTheHostShow() throws IOException {
		Path kept = Files.copy(this.directory.resolve("checkpoints-a.jsonl"), this.temporary.resolve("kept.jsonl"));
		assertThat(verify("--checkpoints", kept.toString())).startsWith("0 ").contains("4 checkpoints");
		write("checkpoints-a.jsonl", lines("checkpoints-a.jsonl").subList(0, 1));
		List<String> lines = lines(A2);
		lines.set(0, lines.get(0).replace("Zoë", "Zoe"));
		forge(A2, 4, field(lines(A1).get(2), "hash"), lines);
		forge(A3, 7, field(lines(A2).get(2), "hash"), lines(A3));

		assertThat(verify(withKey())).startsWith("0 ");
		assertThat(verify("--checkpoints", kept.toString()))
			.startsWith("1 " + A2 + ":3: seq 6 has another hash in the checkpoint of");

		for (String file : List.of(A1, A2, A3, "checkpoints-a.jsonl")) {
			Files.delete(this.directory.resolve(file));
		}
		assertThat(verify()).startsWith("0 ");
		assertThat(verify("--checkpoints", kept.toString()))
			.startsWith("1 checkpoints-a.jsonl:0: the chain ends with seq 0");
	}

	@Test
	void shouldNotTakeWhateverIsGivenForCheckpointsOffTheHost() throws IOException {
		Path kept = this.temporary.resolve("kept.jsonl");
		String checkpoint = lines("checkpoints-a.jsonl").get(0);
		Files.writeString(kept, checkpoint.replace("T10:00:00Z", "T10:00:01Z"));
		assertThat(verify("--checkpoints", kept.toString(), withKey()[0], withKey()[1]))
			.isEqualTo("1 " + kept + ":1: the signature does not match: it was changed\n");

		Files.writeString(kept, lines(A1).get(0));
		assertThat(verify("--checkpoints", kept.toString())).startsWith("2 Cannot check:")
			.endsWith(kept + ":1: no checkpoint\n");
		assertThat(verify("--checkpoints", "missing")).startsWith("2 Cannot check: there is no missing");
	}

	@Test
	void shouldNameAFileThatIsOfNoChain() throws IOException {
		Files.copy(this.directory.resolve(A1), this.directory.resolve("audit-2026-11-22.jsonl"));

		assertThat(verify()).isEqualTo("1 audit-2026-11-22.jsonl:0: not the file name of a chain\n");
	}

	@Test
	void shouldNameAFileOfTheWrongName() throws IOException {
		Files.move(this.directory.resolve(A2), this.directory.resolve(A2.replace("04.", "05.")));

		assertThat(verify()).contains(":1: the file's name says that seq 5 comes first");
	}

	@Test
	void shouldSurviveGarbage() throws IOException {
		byte[] garbage = new byte[1 << 20];
		new java.util.Random(7).nextBytes(garbage);
		Files.write(this.directory.resolve(A1), garbage);

		assertThat(verify()).startsWith("1 " + A1 + ":1: not an audit line");
	}

	@Test
	void shouldTellWhatItCannotCheck() throws IOException {
		assertThat(verify("--public-key", this.directory.resolve(A1).toString())).startsWith("2 Cannot check:");
		assertThat(verify("--public-key", "missing")).startsWith("2 Cannot check: there is no missing");
		assertThat(verify("--unknown")).startsWith("2 ");
		this.directory = this.temporary.resolve("missing");
		assertThat(verify()).startsWith("2 Cannot check:");
		this.directory = Files.createDirectory(this.temporary.resolve("empty"));
		assertThat(verify()).startsWith("2 ").endsWith("no audit log here\n");
	}

	@Test
	void shouldBeVerifiableByThePythonOfTheDocumentation() throws Exception {
		String text = Files.readString(Path.of("docs", "audit-log.md"));
		int start = text.indexOf("```python\n") + "```python\n".length();
		Path script = Files.writeString(this.temporary.resolve("verify.py"),
				text.substring(start, text.indexOf("```", start)));
		assumeThat(python("--version")).describedAs("python3 is installed").startsWith("0 ");

		assertThat(python(script.toString(), "a", A1, A2, A3)).startsWith("0 8 lines, last hash ");
		assertThat(python(script.toString(), "b", A1)).startsWith("1 " + A1 + ":1:");
		write(A2, lines(A2).stream().map((line) -> line.replace("\"a4\"", "\"a9\"")).toList());
		assertThat(python(script.toString(), "a", A1, A2, A3)).startsWith("1 " + A2 + ":2:");
	}

	private String python(String... arguments) throws InterruptedException {
		try {
			Process process = new ProcessBuilder(Stream.concat(Stream.of("python3"), Stream.of(arguments)).toList())
				.directory(this.directory.toFile())
				.redirectErrorStream(true)
				.start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
			return process.exitValue() + " " + output;
		}
		catch (IOException ex) {
			return "no python: " + ex.getMessage();
		}
	}

}
