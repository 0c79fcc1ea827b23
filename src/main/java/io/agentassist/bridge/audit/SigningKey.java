package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.agentassist.bridge.security.OwnerOnly;
import io.agentassist.bridge.settings.InvalidSettingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Ed25519 key that signs checkpoints, and its files (PEM). Thread safe. */
final class SigningKey {

	private static final Logger log = LoggerFactory.getLogger(SigningKey.class);

	private static final String ALGORITHM = "Ed25519";

	private static final Pattern PEM = Pattern
		.compile("-----BEGIN (PUBLIC|PRIVATE) KEY-----([A-Za-z0-9+/=\\s]*)-----END \\1 KEY-----");

	private final PrivateKey privateKey;

	private final PublicKey publicKey;

	private SigningKey(PrivateKey privateKey, PublicKey publicKey) {
		this.privateKey = privateKey;
		this.publicKey = publicKey;
	}

	/**
	 * Reads the key, or generates one that only its owner can read if there is none, and
	 * writes the public key beside it if it is missing and can be written. A different
	 * public key found there stays, since it proves earlier checkpoints.
	 * @throws IOException when the key cannot be read, or generated there
	 * @throws InvalidSettingException when the file does not hold such a key
	 */
	static SigningKey load(Path file) throws IOException {
		if (Files.notExists(file)) {
			generate(file);
		}
		SigningKey key = read(file);
		Path beside = publicFile(file);
		if (Files.exists(beside) && !key.isIn(beside)) {
			Path other = beside;
			beside = publicFile(file.resolveSibling(file.getFileName() + "." + key.id()));
			log.warn("The audit log is signed with key {}, whose public key is not {}: give auditors {} as well",
					key.id(), other, beside);
		}
		if (!Files.exists(beside)) {
			try {
				Files.writeString(beside, pem("PUBLIC", key.publicKey.getEncoded()));
			}
			catch (IOException ex) {
				// It may have been written in part.
				beside.toFile().delete();
				log.warn("The public key of the audit log's signing key cannot be written beside it: {}",
						ex.toString());
			}
		}
		return key;
	}

	private boolean isIn(Path publicFile) {
		try {
			return publicKeys(publicFile).contains(this.publicKey);
		}
		catch (IOException | IllegalArgumentException ex) {
			return false;
		}
	}

	/**
	 * Reads the key.
	 * @throws IOException when the file cannot be read
	 * @throws InvalidSettingException when it does not hold such a key
	 */
	static SigningKey read(Path file) throws IOException {
		String text = Files.readString(file);
		try {
			List<byte[]> keys = pem(text, "PRIVATE");
			if (keys.isEmpty()) {
				throw unusable(file);
			}
			PrivateKey privateKey = KeyFactory.getInstance(ALGORITHM)
				.generatePrivate(new PKCS8EncodedKeySpec(keys.get(0)));
			return new SigningKey(privateKey, publicKey((EdECPrivateKey) privateKey));
		}
		// The latter if its base64 is cut off.
		catch (GeneralSecurityException | IllegalArgumentException ex) {
			throw unusable(file);
		}
	}

	private static InvalidSettingException unusable(Path file) {
		return new InvalidSettingException("agentassist.audit.signing-key",
				"(AUDIT_SIGNING_KEY) names " + file + ", which holds no Ed25519 private key (PKCS#8, PEM)");
	}

	/** The public key's file for a private key's file. */
	static Path publicFile(Path file) {
		return file.resolveSibling(file.getFileName().toString().replaceFirst("\\.pem$", "") + ".pub.pem");
	}

	private static void generate(Path file) throws IOException {
		OwnerOnly.createFolder(file.toAbsolutePath().getParent());
		try {
			PrivateKey key = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair().getPrivate();
			// If another instance is faster, its key serves both.
			OwnerOnly.createFile(file, pem("PRIVATE", key.getEncoded()));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every JDK from 15 on has Ed25519", ex);
		}
	}

	/** The JDK derives a pair from a seed, and the seed is the private key (RFC 8032). */
	private static PublicKey publicKey(EdECPrivateKey privateKey) throws GeneralSecurityException {
		byte[] seed = privateKey.getBytes().orElseThrow(() -> new InvalidKeySpecException("no key bytes"));
		KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
		generator.initialize(NamedParameterSpec.ED25519, new SecureRandom() {
			@Override
			public void nextBytes(byte[] bytes) {
				System.arraycopy(seed, 0, bytes, 0, bytes.length);
			}
		});
		KeyPair pair = generator.generateKeyPair();
		return pair.getPublic();
	}

	/**
	 * Reads every public key in a file.
	 * @throws IllegalArgumentException when it holds none
	 */
	static List<PublicKey> publicKeys(Path file) throws IOException {
		List<PublicKey> keys = new ArrayList<>();
		try {
			for (byte[] key : pem(Files.readString(file), "PUBLIC")) {
				keys.add(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(key)));
			}
		}
		catch (GeneralSecurityException | IllegalArgumentException ex) {
			throw new IllegalArgumentException(file + " holds a key that is not Ed25519", ex);
		}
		if (keys.isEmpty()) {
			throw new IllegalArgumentException(file + " holds no public key (PEM)");
		}
		return keys;
	}

	private static List<byte[]> pem(String text, String type) {
		List<byte[]> blocks = new ArrayList<>();
		Matcher matcher = PEM.matcher(text);
		while (matcher.find()) {
			if (matcher.group(1).equals(type)) {
				blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
			}
		}
		return blocks;
	}

	private static String pem(String type, byte[] key) {
		return "-----BEGIN " + type + " KEY-----\n" + Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(key)
				+ "\n-----END " + type + " KEY-----\n";
	}

	PublicKey publicKey() {
		return this.publicKey;
	}

	String id() {
		return id(this.publicKey);
	}

	static String id(PublicKey key) {
		return AuditLine.hex(AuditLine.sha256().digest(key.getEncoded())).substring(0, 16);
	}

	byte[] sign(byte[] data) {
		try {
			Signature signature = Signature.getInstance(ALGORITHM);
			signature.initSign(this.privateKey);
			signature.update(data);
			return signature.sign();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("The key was checked when it was read", ex);
		}
	}

	static boolean isSignedBy(PublicKey key, byte[] data, byte[] signature) {
		try {
			Signature check = Signature.getInstance(ALGORITHM);
			check.initVerify(key);
			check.update(data);
			return check.verify(signature);
		}
		catch (GeneralSecurityException ex) {
			return false;
		}
	}

}
