package io.agentassist.bridge.interaction;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/** The audit log's file: whole lines, one writer. */
class AuditLogTest {

	private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-22T23:59:59Z"), ZoneOffset.UTC);

	@TempDir
	Path directory;

	@Test
	void shouldAppendOneLinePerEventToTheFileOfTheDay() throws IOException {
		AuditLog log = new AuditLog(new AuditProperties(this.directory), CLOCK);

		log.append(List.of(event("{\"a\":1}"), event("{\"a\":2}")));
		log.append(List.of(event("{\"a\":3}")));

		assertThat(this.directory.resolve("audit-2026-11-22.jsonl")).hasContent("""
				{"a":1}
				{"a":2}
				{"a":3}
				""");
		log.close();
	}

	@Test
	void shouldRefuseAFolderThatAnotherInstanceWrites() throws IOException {
		AuditLog first = new AuditLog(new AuditProperties(this.directory), CLOCK);

		assertThatIllegalStateException().isThrownBy(() -> new AuditLog(new AuditProperties(this.directory), CLOCK))
			.withMessageContaining("AUDIT_DIRECTORY");
		first.close();
		new AuditLog(new AuditProperties(this.directory), CLOCK).close();
	}

	@Test
	void shouldTellWhenTheFileCannotBeWritten() throws IOException {
		AuditLog log = new AuditLog(new AuditProperties(this.directory), CLOCK);
		Files.createDirectory(this.directory.resolve("audit-2026-11-22.jsonl"));

		assertThatIOException().isThrownBy(() -> log.append(List.of(event("{}"))));
		log.close();
	}

	private static OutboxEvent event(String payload) {
		return new OutboxEvent(1, "audit", "event-1", payload, 0);
	}

}
