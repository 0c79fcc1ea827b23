package io.agentassist.bridge.crash;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A disk so small that it is full soon, until it is enlarged. A tmpfs: takes root. */
final class SmallDisk implements AutoCloseable {

	private final Path folder;

	/**
	 * Mounts the disk.
	 * @param folder where; made if it is missing
	 * @param size such as {@code 64k}
	 */
	SmallDisk(Path folder, String size) throws IOException {
		this.folder = Files.createDirectories(folder);
		if (run("mount", "-t", "tmpfs", "-o", "size=" + size + ",mode=0700", "tmpfs", folder.toString()) != 0) {
			throw new IOException("No small disk at " + folder);
		}
	}

	/**
	 * Whether this machine lets us mount.
	 * @return true as root, outside most containers
	 */
	static boolean isPossible() throws IOException {
		Path folder = Files.createTempDirectory("small-disk");
		try {
			new SmallDisk(folder, "64k").close();
			return true;
		}
		catch (IOException ex) {
			return false;
		}
		finally {
			Files.delete(folder);
		}
	}

	/** Takes all the room that is left. */
	void fill() {
		try (OutputStream filler = Files.newOutputStream(this.folder.resolve("filler"))) {
			byte[] block = new byte[64 * 1024];
			while (true) {
				filler.write(block);
			}
		}
		catch (IOException ex) {
			// It is full.
		}
	}

	/** Makes room. */
	void enlarge() throws IOException {
		if (run("mount", "-o", "remount,size=256m", this.folder.toString()) != 0) {
			throw new IOException("Not enlarged: " + this.folder);
		}
	}

	private static int run(String... command) throws IOException {
		return new ProcessBuilder(List.of(command)).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start()
			.onExit()
			.join()
			.exitValue();
	}

	@Override
	public void close() throws IOException {
		run("umount", "--lazy", this.folder.toString());
	}

}
