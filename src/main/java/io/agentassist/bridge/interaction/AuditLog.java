package io.agentassist.bridge.interaction;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

import jakarta.annotation.PreDestroy;

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

	/** Two processes in one folder would write over each other. */
	private final FileChannel lock;

	AuditLog(AuditProperties properties, Clock clock) throws IOException {
		this.directory = Files.createDirectories(properties.directory());
		this.lock = FileChannel.open(this.directory.resolve("audit.lock"), StandardOpenOption.CREATE,
				StandardOpenOption.WRITE);
		if (!isLocked(this.lock)) {
			throw new IllegalStateException("Another instance writes the audit log in " + this.directory
					+ ": give each a folder of its own (AUDIT_DIRECTORY)");
		}
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
		long end = Files.exists(file) ? Files.size(file) : 0;
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
			ByteBuffer buffer = ByteBuffer.wrap(lines.toByteArray());
			while (buffer.hasRemaining()) {
				channel.write(buffer);
			}
			channel.force(false);
		}
		catch (IOException ex) {
			truncate(file, end, ex);
			throw ex;
		}
		events.forEach((event) -> log.debug("Event {} appended to {}", event.eventId(), file));
	}

	/** On a channel of its own: an interrupt closes the one that it hits. */
	private static void truncate(Path file, long end, IOException failure) {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
			channel.truncate(end);
		}
		catch (IOException ex) {
			failure.addSuppressed(ex);
		}
	}

	private static boolean isLocked(FileChannel channel) throws IOException {
		try {
			return channel.tryLock() != null;
		}
		catch (OverlappingFileLockException ex) {
			return false;
		}
	}

	@PreDestroy
	void close() throws IOException {
		this.lock.close();
	}

}
