package io.agentassist.bridge.interaction;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The audit log: JSON lines in {@code audit-<UTC date>.jsonl}, appended a batch at a
 * time, each batch forced to the disk before its events count as delivered. Camel's file
 * component cannot serve here: its {@code forceWrites} does not sync an append. One
 * writer at a time.
 */
@Component
public class AuditLog {

	private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

	private final Path directory;

	private final Clock clock;

	AuditLog(AuditProperties properties, Clock clock) throws IOException {
		this.directory = Files.createDirectories(properties.directory());
		this.clock = clock;
	}

	/**
	 * Appends events, all or none.
	 * @param events the events, one line each
	 * @throws IOException when they could not be written and forced; the file is then as
	 * long as before
	 */
	public synchronized void append(List<OutboxEvent> events) throws IOException {
		ByteArrayOutputStream lines = new ByteArrayOutputStream();
		for (OutboxEvent event : events) {
			lines.write(event.payload().getBytes(StandardCharsets.UTF_8));
			lines.write('\n');
		}
		Path file = this.directory
			.resolve("audit-" + LocalDate.ofInstant(this.clock.instant(), ZoneOffset.UTC) + ".jsonl");
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
			long end = channel.size();
			try {
				channel.position(end);
				ByteBuffer buffer = ByteBuffer.wrap(lines.toByteArray());
				while (buffer.hasRemaining()) {
					channel.write(buffer);
				}
				channel.force(false);
			}
			catch (IOException ex) {
				channel.truncate(end);
				throw ex;
			}
		}
		events.forEach((event) -> log.debug("Event {} appended to {}", event.eventId(), file));
	}

}
