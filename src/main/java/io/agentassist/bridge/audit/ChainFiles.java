package io.agentassist.bridge.audit;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.SyncFailedException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import io.agentassist.bridge.security.OwnerOnly;

/**
 * The files of one chain, which only this process may write. Not thread safe, except
 * {@link #hasSyncFailed}.
 */
final class ChainFiles implements Closeable {

	private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'")
		.withZone(ZoneOffset.UTC);

	private final Path directory;

	private final String chain;

	private final FileChannel lock;

	private volatile boolean hasSyncFailed;

	ChainFiles(Path directory, String chain) throws IOException {
		this.directory = directory;
		this.chain = chain;
		this.lock = FileChannel.open(directory.resolve(chain + ".lock"),
				Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), OwnerOnly.file());
		if (!isLocked()) {
			this.lock.close();
			throw new AuditLogException("Another process writes chain " + chain + " in " + directory
					+ ": give each instance an id of its own (AGENTASSIST_INSTANCE_ID)");
		}
	}

	private boolean isLocked() throws IOException {
		try {
			return this.lock.tryLock() != null;
		}
		catch (OverlappingFileLockException ex) {
			return false;
		}
	}

	Path path(String name) {
		return this.directory.resolve(name);
	}

	/** The chain's files, in the order of their lines. */
	List<ChainFile> list() throws IOException {
		try (Stream<Path> paths = Files.list(this.directory)) {
			return paths.map((path) -> ChainFile.of(path.getFileName().toString()))
				.flatMap(Optional::stream)
				.filter((file) -> file.chain().equals(this.chain))
				.sorted(Comparator.comparingLong(ChainFile::firstSeq))
				.toList();
		}
	}

	/** The files with content after a position, including the position's own file. */
	List<String> from(ChainPosition position) throws IOException {
		return list().stream()
			.filter((file) -> file.firstSeq() > position.seq() || file.name().equals(position.file()))
			.map(ChainFile::name)
			.toList();
	}

	/**
	 * Checks that a line is still where it was written.
	 * @throws AuditLogException when it is not
	 */
	void require(ChainPosition position) throws IOException {
		if (position.length() == 0) {
			return;
		}
		byte[] expected = AuditLine.end(position.hash());
		ByteBuffer found = ByteBuffer.allocate(expected.length);
		Path file = path(position.file());
		if (Files.exists(file) && Files.size(file) >= position.length()) {
			try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
				channel.read(found, position.length() - expected.length);
			}
		}
		if (!found.flip().equals(ByteBuffer.wrap(expected))) {
			throw new AuditLogException("Line " + position.seq() + " of chain " + this.chain + " is not in " + file
					+ ", where the database expects it: put the file back; if another instance has the same id, give"
					+ " this one its own, which also begins a new chain (AGENTASSIST_INSTANCE_ID)");
		}
	}

	/**
	 * Appends bytes to a file and forces them to disk.
	 * @param name the file, created if {@code length} is 0
	 * @param length the length it must have before
	 * @param lines the bytes
	 * @throws SyncFailedException when they could not be forced: what the disk holds is
	 * then unknown, and the system may have dropped what it could not write
	 * @throws IOException when they could not be written; the file then has its previous
	 * length
	 */
	void append(String name, long length, byte[] lines) throws IOException {
		Path file = path(name);
		if (length > 0 && Files.notExists(file)) {
			throw new AuditLogException(file + " is gone: put it back");
		}
		try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
				OwnerOnly.file())) {
			if (channel.size() != length) {
				throw new AuditLogException(file + " has " + channel.size() + " bytes instead of " + length
						+ ": something else wrote to it");
			}
			ByteBuffer buffer = ByteBuffer.wrap(lines);
			channel.position(length);
			while (buffer.hasRemaining()) {
				channel.write(buffer);
			}
			force(channel);
			if (length == 0) {
				forceDirectory();
			}
		}
		catch (IOException ex) {
			try {
				truncate(name, length);
			}
			catch (IOException suppressed) {
				ex.addSuppressed(suppressed);
			}
			throw ex;
		}
	}

	/**
	 * Cuts a file back to a length, if it exists and is longer. Uses a separate channel,
	 * since the one in use may be closed.
	 */
	void truncate(String name, long length) throws IOException {
		Path file = path(name);
		if (Files.exists(file) && Files.size(file) > length) {
			try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
				channel.truncate(length);
			}
		}
	}

	/** Forces a file to disk whose last writer may have been killed before doing so. */
	void force(String name) throws IOException {
		try (FileChannel channel = FileChannel.open(path(name), StandardOpenOption.WRITE)) {
			force(channel);
		}
		forceDirectory();
	}

	private void force(FileChannel channel) throws IOException {
		try {
			channel.force(false);
		}
		catch (ClosedByInterruptException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw syncFailed(ex);
		}
	}

	private void forceDirectory() throws IOException {
		try (FileChannel channel = FileChannel.open(this.directory, StandardOpenOption.READ)) {
			channel.force(true);
		}
		catch (AccessDeniedException ex) {
			// Windows: a folder cannot be opened, and need not be forced.
		}
		catch (ClosedByInterruptException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw syncFailed(ex);
		}
	}

	private IOException syncFailed(IOException cause) {
		this.hasSyncFailed = true;
		IOException failure = new SyncFailedException(cause.getMessage());
		failure.initCause(cause);
		return failure;
	}

	/**
	 * Whether a sync has ever failed. After that nothing written counts as durable: a
	 * second sync of the same file succeeds but proves nothing.
	 */
	boolean hasSyncFailed() {
		return this.hasSyncFailed;
	}

	/**
	 * Moves everything after a position into a separate file, so that the chain ends
	 * there.
	 * @return what was moved; empty if there was nothing
	 */
	Optional<SetAside> setAside(ChainPosition position, Instant now) throws IOException {
		String name = "set-aside-" + this.chain + "-" + STAMP.format(now) + ".txt";
		List<String> files = from(position);
		long bytes = 0;
		for (String file : files) {
			bytes += Files.size(path(file)) - start(file, position);
		}
		Optional<SetAside> setAside = Optional.empty();
		if (bytes > 0) {
			setAside = Optional.of(new SetAside(name, bytes, copy(files, position, path(name))));
		}
		for (String file : files) {
			if (file.equals(position.file())) {
				truncate(file, position.length());
			}
			else if (Files.isRegularFile(path(file))) {
				Files.delete(path(file));
			}
		}
		return setAside;
	}

	/** Copies everything after a position and forces it to disk; returns its SHA-256. */
	private String copy(List<String> files, ChainPosition position, Path to) throws IOException {
		MessageDigest digest = AuditLine.sha256();
		try (FileChannel target = FileChannel.open(to, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
				OwnerOnly.file())) {
			OutputStream copy = new DigestOutputStream(Channels.newOutputStream(target), digest);
			for (String file : files) {
				copy(path(file), start(file, position), copy);
			}
			force(target);
			forceDirectory();
		}
		catch (IOException ex) {
			Files.deleteIfExists(to);
			throw ex;
		}
		return AuditLine.hex(digest.digest());
	}

	private static long start(String file, ChainPosition position) {
		return file.equals(position.file()) ? position.length() : 0;
	}

	private static void copy(Path file, long from, OutputStream target) throws IOException {
		try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
			Channels.newInputStream(source.position(from)).transferTo(target);
		}
	}

	@Override
	public void close() throws IOException {
		this.lock.close();
	}

	/** What was moved out of the chain's files. */
	record SetAside(String file, long bytes, String sha256) {

		String text() {
			return "%d bytes set aside in %s".formatted(this.bytes, this.file);
		}

		/** For the record in the chain. */
		String json() {
			return "\"set_aside\":\"%s\",\"set_aside_bytes\":%d,\"set_aside_sha256\":\"%s\"".formatted(this.file,
					this.bytes, this.sha256);
		}

	}

}
