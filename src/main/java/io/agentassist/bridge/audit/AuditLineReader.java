package io.agentassist.bridge.audit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Reads the lines of one file of any size, holding only the longest line in memory. Not
 * thread safe.
 */
final class AuditLineReader implements Closeable {

	/** Far above any event; a longer line is cut off here and cannot be valid. */
	private static final int LONGEST_LINE = 16 << 20;

	private static final int BUFFER_SIZE = 1 << 18;

	private final FileChannel channel;

	private final byte[] buffer = new byte[BUFFER_SIZE];

	private final ByteBuffer unread = ByteBuffer.wrap(this.buffer).limit(0);

	private byte[] line = new byte[1 << 12];

	private int length;

	private boolean isWhole = true;

	private long number;

	/** Where the current line ends in the file. */
	private long position;

	AuditLineReader(Path file, long from) throws IOException {
		this.channel = FileChannel.open(file, StandardOpenOption.READ);
		this.channel.position(from);
		this.position = from;
	}

	/**
	 * Moves to the next line. After a line without a line feed it reads on in the same
	 * line, in case that line was still being written.
	 * @return whether there is one
	 */
	boolean next() throws IOException {
		if (this.isWhole) {
			this.length = 0;
			this.number++;
		}
		this.isWhole = false;
		while (!this.isWhole && this.length < LONGEST_LINE && fill()) {
			int start = this.unread.position();
			int end = start;
			while (end < this.unread.limit() && this.buffer[end] != '\n') {
				end++;
			}
			append(start, end - start);
			this.isWhole = end < this.unread.limit();
			this.unread.position(this.isWhole ? end + 1 : end);
			this.position += this.unread.position() - start;
		}
		return this.isWhole || this.length > 0;
	}

	private boolean fill() throws IOException {
		if (this.unread.hasRemaining()) {
			return true;
		}
		int count = this.channel.read(this.unread.clear());
		this.unread.flip();
		return count > 0;
	}

	private void append(int start, int count) {
		if (this.length + count > this.line.length) {
			this.line = Arrays.copyOf(this.line, Math.max(2 * this.line.length, this.length + count));
		}
		System.arraycopy(this.buffer, start, this.line, this.length, count);
		this.length += count;
	}

	/** The current line, from index 0; valid until the next call of {@link #next()}. */
	byte[] bytes() {
		return this.line;
	}

	/** Bytes of the current line, without the line feed. */
	int length() {
		return this.length;
	}

	/** Whether the current line ends with a line feed. */
	boolean isWhole() {
		return this.isWhole;
	}

	/** Number of the current line, from 1. */
	long number() {
		return this.number;
	}

	/** Where the current line ends in the file, in bytes, including its line feed. */
	long position() {
		return this.position;
	}

	@Override
	public void close() throws IOException {
		this.channel.close();
	}

}
