package io.agentassist.bridge.audit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

import io.agentassist.bridge.security.OwnerOnly;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds this instance's id, which is the same after each restart. */
final class InstanceIds {

	private static final Logger log = LoggerFactory.getLogger(InstanceIds.class);

	private static final int LONGEST_HOST = 40;

	private InstanceIds() {
	}

	/**
	 * Returns the configured id, or else the one generated at the first start and kept in
	 * the audit folder: the host name plus a few random digits, since containers tend to
	 * share names. The host name alone would not do: a recreated container has another
	 * one, but continues with the same folder.
	 */
	static String find(AuditProperties properties) throws IOException {
		Path directory = Files.createDirectories(properties.directory());
		if (properties.instanceId() != null && !properties.instanceId().isEmpty()) {
			return properties.instanceId();
		}
		Path file = directory.resolve("instance-id");
		if (Files.notExists(file)) {
			String id = (host() + "-" + UUID.randomUUID().toString().substring(0, 6));
			// If another instance is faster, it will turn out to hold the chain.
			if (OwnerOnly.createFile(file, id + "\n")) {
				tellOfOtherChains(directory, id);
			}
		}
		String id = Files.readString(file).strip();
		if (!id.matches(ChainFile.CHAIN)) {
			throw new AuditLogException(file + " holds no instance id: restore it, or set AGENTASSIST_INSTANCE_ID");
		}
		return id;
	}

	/** A chain that is not continued looks like one whose end was cut off. */
	private static void tellOfOtherChains(Path directory, String id) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			List<String> others = files.map((path) -> ChainFile.of(path.getFileName().toString()))
				.flatMap(Optional::stream)
				.map(ChainFile::chain)
				.distinct()
				.sorted()
				.toList();
			if (!others.isEmpty()) {
				log.warn(
						"{} holds audit chains {} but no instance-id, so a new chain begins: {}. If this instance wrote"
								+ " one of them, stop it, put that name into {} and start again",
						directory, others, id, directory.resolve("instance-id"));
			}
		}
	}

	private static String host() {
		try {
			String name = InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9-].*", "");
			return name.matches(ChainFile.CHAIN) ? name.substring(0, Math.min(name.length(), LONGEST_HOST)) : "bridge";
		}
		catch (UnknownHostException ex) {
			return "bridge";
		}
	}

}
