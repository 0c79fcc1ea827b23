package io.agentassist.bridge.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.http.HttpServletRequest;

import org.apache.commons.codec.digest.DigestUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link ApiAuth#API_KEY}: keys from the environment, which have all scopes, and named
 * ones from a file. Both are stored only as SHA-256: a key is long and random, so a slow
 * hash would add no protection. The time of a look-up reveals something about the hash
 * only.
 * <p>
 * A changed file is read at the next request that comes at least 200 ms after the last
 * look and after the last write. If it cannot be read, the keys stay as they are.
 */
class ApiKeys implements ApiAuthenticator {

	private static final Logger log = LoggerFactory.getLogger(ApiKeys.class);

	static final String HEADER = "X-API-Key";

	private static final Duration LOOK_INTERVAL = Duration.ofMillis(200);

	private static final int STRONG_KEY_LENGTH = 16;

	private final Path file;

	private final int defaultRate;

	private final Set<String> organisations;

	private final Map<String, Caller> configured = new HashMap<>();

	private final AtomicLong nextLook = new AtomicLong(System.nanoTime());

	private volatile Keys keys;

	/**
	 * Creates it.
	 * @param properties its settings
	 * @param organisations names of the organisations at the provider besides the default
	 * one
	 */
	ApiKeys(ApiProperties properties, Set<String> organisations) {
		this.organisations = organisations;
		this.defaultRate = properties.requestsPerSecond();
		for (String key : properties.keys()) {
			this.configured.put(hash(key), new Caller("", null, EnumSet.allOf(Scope.class),
					RateLimits.perSecond("environment", this.defaultRate)));
			if (key.length() < STRONG_KEY_LENGTH) {
				log.warn("An API key of AGENTASSIST_API_KEYS has fewer than {} characters and may be guessed",
						STRONG_KEY_LENGTH);
			}
		}
		this.file = properties.keysFile();
		try {
			this.keys = (this.file != null) ? read(FileState.of(this.file)) : new Keys(this.configured, null);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("agentassist.api.keys-file cannot be read: " + ex.getMessage(), ex);
		}
	}

	@Override
	public Caller authenticate(HttpServletRequest request) {
		String key = request.getHeader(HEADER);
		Caller caller = (key != null) ? current().callers.get(hash(key)) : null;
		if (caller == null) {
			throw new UnauthenticatedException("Header X-API-Key is missing or unknown.", "ApiKey");
		}
		return caller;
	}

	private Keys current() {
		long due = this.nextLook.get();
		long now = System.nanoTime();
		if (this.file != null && now - due >= 0 && this.nextLook.compareAndSet(due, now + LOOK_INTERVAL.toNanos())) {
			reload();
		}
		return this.keys;
	}

	private void reload() {
		FileState state = null;
		try {
			state = FileState.of(this.file);
			if (!state.equals(this.keys.state) && state.isQuiet()) {
				this.keys = read(state);
				log.info("API keys read again from {}, {} are valid", this.file, this.keys.callers.size());
			}
		}
		catch (IOException ex) {
			if (!Objects.equals(state, this.keys.state)) {
				log.error("{} cannot be read, the API keys stay as they were: {}", this.file, ex.getMessage());
				this.keys = new Keys(this.keys.callers, state);
			}
		}
	}

	private Keys read(FileState state) throws IOException {
		Map<String, Caller> callers = new HashMap<>(this.configured);
		for (ApiKeyEntry entry : ApiKeyEntry.read(this.file)) {
			Set<Scope> scopes = (entry.scopes() != null) ? entry.scopes() : EnumSet.allOf(Scope.class);
			if (entry.organisations() != null) {
				Set<String> unknown = new TreeSet<>(entry.organisations());
				unknown.removeAll(this.organisations);
				unknown.remove("default");
				if (!unknown.isEmpty()) {
					log.warn(
							"Key {} in {} is for organisations that are not configured, {}: requests for them are refused",
							entry.name(), this.file, unknown);
				}
			}
			int rate = (entry.requestsPerSecond() != null) ? entry.requestsPerSecond() : this.defaultRate;
			callers.put(entry.sha256(), new Caller((entry.tenant() != null) ? entry.tenant() : "",
					entry.organisations(), scopes, RateLimits.perSecond(entry.name(), rate)));
		}
		if (callers.isEmpty()) {
			log.warn("{} has no key, and AGENTASSIST_API_KEYS none: every request is refused", this.file);
		}
		return new Keys(Map.copyOf(callers), state);
	}

	/**
	 * Hashes a key.
	 * @param key the key
	 * @return SHA-256 of its UTF-8 bytes, hexadecimal, lower case
	 */
	static String hash(String key) {
		return DigestUtils.sha256Hex(key);
	}

	/**
	 * The callers by the hash of their key, and the state of the file they were read
	 * from.
	 */
	private record Keys(Map<String, Caller> callers, FileState state) {
	}

	/** Attributes that change when the file is written or replaced. */
	private record FileState(FileTime writtenAt, long size, String key) {

		static FileState of(Path file) throws IOException {
			BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
			return new FileState(attributes.lastModifiedTime(), attributes.size(),
					String.valueOf(attributes.fileKey()));
		}

		/**
		 * Whether nobody is writing the file: half an entry may be a valid one that
		 * allows more. A time in the future is one that was set, not that of a write.
		 */
		boolean isQuiet() {
			long age = System.currentTimeMillis() - this.writtenAt.toMillis();
			return age < 0 || age >= LOOK_INTERVAL.toMillis();
		}

	}

}
