package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;

import org.springframework.jmx.export.annotation.ManagedAttribute;
import org.springframework.jmx.export.annotation.ManagedOperation;
import org.springframework.jmx.export.annotation.ManagedResource;
import org.springframework.stereotype.Component;

/** The MBean of the audit log. */
@Component
@ManagedResource(objectName = "io.agentassist.bridge:type=Audit", description = "The audit log of this instance")
public class AuditManagement {

	private final AuditLog log;

	private final AuditProperties properties;

	AuditManagement(AuditLog log, AuditProperties properties) {
		this.log = log;
		this.properties = properties;
	}

	/**
	 * This instance's chain.
	 * @return its name
	 */
	@ManagedAttribute(description = "This instance's chain")
	public String getChain() {
		return this.log.chain();
	}

	/**
	 * Number of the last line.
	 * @return 0 before the first, -1 while it is not known
	 */
	@ManagedAttribute(description = "Number of the last line; -1: not known yet")
	public long getLastSeq() {
		return this.log.lastSeq();
	}

	/**
	 * Hash of the last line.
	 * @return hexadecimal; null while it is not known
	 */
	@ManagedAttribute(description = "Hash of the last line")
	public String getLastHash() {
		return this.log.lastHash();
	}

	/**
	 * The newest signed checkpoint.
	 * @return JSON; null if none was sent since the start
	 */
	@ManagedAttribute(description = "The newest signed checkpoint")
	public String getLastCheckpoint() {
		AuditCheckpoint checkpoint = this.log.lastCheckpoint();
		return (checkpoint != null) ? checkpoint.payload() : null;
	}

	/**
	 * Why nothing is appended.
	 * @return empty while all is well
	 */
	@ManagedAttribute(description = "Why nothing is appended; empty if all is well")
	public String getProblem() {
		return this.log.problem().orElse("");
	}

	/**
	 * Checks every chain in the folder against the signing key and the public keys beside
	 * it. Chains of other instances may have no checkpoint yet, or be signed with another
	 * host's key. Reads everything: seconds per gigabyte.
	 * @return a summary line, then what is bad, then what was not checked
	 * @throws IOException when a file cannot be read
	 */
	@ManagedOperation(description = "Checks every chain in the folder completely: each line and the signed checkpoints")
	public List<String> verifyNow() throws IOException {
		// Before the first checkpoint there is no signature to require.
		boolean isSigned = this.log.lastCheckpoint() != null;
		List<String> unreadable = new ArrayList<>();
		AuditVerification result = new AuditVerifier(this.properties.directory(), publicKeys(unreadable), true,
				(chain) -> isSigned && chain.equals(this.log.chain()))
			.verify();
		List<String> lines = new ArrayList<>();
		lines.add(result.summary());
		result.findings().forEach((finding) -> lines.add(finding.toString()));
		lines.addAll(result.notes());
		lines.addAll(unreadable);
		return lines;
	}

	/** Includes those of earlier signing keys, if they were left there. */
	private List<PublicKey> publicKeys(List<String> unreadable) throws IOException {
		List<PublicKey> keys = new ArrayList<>();
		this.log.publicKey().ifPresent(keys::add);
		Path folder = this.properties.signingKey().toAbsolutePath().getParent();
		if (Files.isDirectory(folder)) {
			try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.pub.pem")) {
				for (Path file : files) {
					try {
						keys.addAll(SigningKey.publicKeys(file));
					}
					catch (IOException | IllegalArgumentException ex) {
						unreadable.add("not used: " + ex.getMessage());
					}
				}
			}
		}
		return keys;
	}

}
