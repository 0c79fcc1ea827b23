package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Creates files and folders that only the process's own user can open: modes 0600 and
 * 0700. Existing ones keep their mode, which may be an operator's choice. File systems
 * without modes apply their defaults.
 */
public final class OwnerOnly {

	private static final boolean HAS_MODES = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

	private static final FileAttribute<?>[] FILE = attributes("rw-------");

	private static final FileAttribute<?>[] FOLDER = attributes("rwx------");

	private OwnerOnly() {
	}

	private static FileAttribute<?>[] attributes(String mode) {
		return HAS_MODES
				? new FileAttribute<?>[] { PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)) }
				: new FileAttribute<?>[0];
	}

	/**
	 * The attributes of a new file.
	 * @return a new array
	 */
	public static FileAttribute<?>[] file() {
		return FILE.clone();
	}

	/**
	 * Creates an empty file if there is none.
	 * @param file the file
	 * @throws IOException when it cannot be created
	 */
	public static void createFile(Path file) throws IOException {
		try {
			Files.createFile(file, FILE);
		}
		catch (FileAlreadyExistsException ex) {
			// The existing file stays.
		}
	}

	/**
	 * Creates a file with its text at once, so that nobody reads half of it, and forces
	 * its text to disk.
	 * @param file the file
	 * @param text what it holds
	 * @return whether it was created: false if somebody else was faster
	 * @throws IOException when it cannot be created
	 */
	public static boolean createFile(Path file, String text) throws IOException {
		Path draft = Files.createTempFile(file.toAbsolutePath().getParent(), "draft", ".tmp", FILE);
		try {
			Files.writeString(draft, text, StandardOpenOption.SYNC);
			publish(draft, file);
			return true;
		}
		catch (FileAlreadyExistsException ex) {
			return false;
		}
		finally {
			Files.deleteIfExists(draft);
		}
	}

	private static void publish(Path draft, Path file) throws IOException {
		try {
			Files.createLink(file, draft);
		}
		catch (FileAlreadyExistsException ex) {
			throw ex;
		}
		catch (IOException | UnsupportedOperationException ex) {
			// A file system without links, such as SMB. A move may replace the file of
			// another process that starts at the same moment.
			Files.move(draft, file);
		}
	}

	/**
	 * Creates a folder and its parents, if they are missing.
	 * @param folder the folder
	 * @throws IOException when it cannot be created
	 */
	public static void createFolder(Path folder) throws IOException {
		if (!Files.isDirectory(folder)) {
			Files.createDirectories(folder.toAbsolutePath(), FOLDER);
		}
	}

}
