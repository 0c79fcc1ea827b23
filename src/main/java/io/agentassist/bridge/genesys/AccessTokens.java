package io.agentassist.bridge.genesys;

import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.resilience4j.core.IntervalFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The access token of an organisation's OAuth client. It is renewed in the background
 * before it expires, while requests keep using the old one. Without a valid token they
 * all wait for the one fetch under way, each until its own deadline. After a failed fetch
 * there is a pause in which requests fail at once. So, briefly, do requests whose fresh
 * token the provider rejects as well. Thread safe.
 */
final class AccessTokens {

	private static final Logger log = LoggerFactory.getLogger(AccessTokens.class);

	/**
	 * A token is renewed in the last tenth of its life, at most this long before it
	 * expires.
	 */
	private static final Duration MAX_MARGIN = Duration.ofMinutes(1);

	/**
	 * Longest pause after a failed fetch, unless the endpoint asked for another.
	 */
	private static final Duration MAX_BACK_OFF = Duration.ofSeconds(30);

	/** The longest Retry-After of the token endpoint that is honoured. */
	private static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(5);

	private static final String HIDDEN = "***";

	/** Anything shorter occurs in other words, too. */
	private static final int SHORTEST_HIDDEN = 6;

	private final String organisation;

	private final Authorization clientCredentials;

	/** Longest first, since one may be part of another. */
	private final List<String> credentials;

	private final Callable<Grant> fetch;

	private final Executor executor;

	private final Clock clock;

	private final Supplier<Duration> baseDelay;

	private volatile Token token;

	private CompletableFuture<Token> fetching;

	private int failures;

	private Pause beforeFetch = new Pause(Instant.MIN, Instant.MIN);

	private Pause beforeDrop = new Pause(Instant.MIN, Instant.MIN);

	/**
	 * Creates the holder of one organisation's token.
	 * @param organisation the organisation's name, for the log
	 * @param settings the organisation's OAuth client
	 * @param baseDelay wait after the first failed fetch; doubles with each further one
	 * @param fetch makes the call; its exceptions reach the callers
	 * @param executor runs the fetch
	 * @param clock measures the token's age
	 */
	AccessTokens(String organisation, GenesysProperties.Organisation settings, Supplier<Duration> baseDelay,
			Callable<Grant> fetch, Executor executor, Clock clock) {
		this.organisation = organisation;
		String encoded = Base64.getEncoder()
			.encodeToString((settings.clientId() + ":" + settings.clientSecret()).getBytes(StandardCharsets.UTF_8));
		this.clientCredentials = new Authorization("Basic " + encoded);
		this.credentials = Stream.of(encoded, settings.clientSecret(), settings.clientId())
			.sorted(Comparator.comparing(String::length).reversed())
			.toList();
		this.baseDelay = baseDelay;
		this.fetch = fetch;
		this.executor = executor;
		this.clock = clock;
	}

	/** The credentials of the token call. */
	Authorization clientCredentials() {
		return this.clientCredentials;
	}

	/**
	 * Hides the client's credentials and token where a text from the provider quotes
	 * them.
	 */
	String withoutCredentials(String text) {
		return Stream.concat(Stream.ofNullable(this.token).map(Token::value), this.credentials.stream())
			.filter((credential) -> credential.length() >= SHORTEST_HIDDEN)
			.reduce(text, (rest, credential) -> rest.replace(credential, HIDDEN));
	}

	/**
	 * Gets a token.
	 * @param patience longest wait for it
	 * @return a valid token
	 * @throws TokenFetchException when the fetch failed
	 * @throws NoAnswerException when it took too long
	 * @throws InterruptedException when interrupted
	 */
	Token get(Duration patience) throws TokenFetchException, NoAnswerException, InterruptedException {
		Token current = this.token;
		Instant now = this.clock.instant();
		if (current != null && now.isBefore(current.renewAt)) {
			return current;
		}
		CompletableFuture<Token> coming = fetch(now);
		if (current != null && now.isBefore(current.expiresAt)) {
			return current;
		}
		try {
			return coming.get(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			throw new NoAnswerException(new SocketTimeoutException("No access token before the request's deadline"));
		}
		catch (ExecutionException ex) {
			throw new TokenFetchException(ex.getCause(), pause());
		}
	}

	private synchronized Duration pause() {
		return Duration.between(this.clock.instant(), this.beforeFetch.until);
	}

	/**
	 * Forgets a token that the provider rejected, unless it has been replaced already.
	 * Only one per base delay: if no token were accepted at all, each request would fetch
	 * another.
	 */
	synchronized void drop(Token refused) {
		Instant now = this.clock.instant();
		if (Objects.equals(this.token, refused) && this.beforeDrop.isOver(now)) {
			this.token = null;
			this.beforeDrop = new Pause(now, now.plus(this.baseDelay.get()));
		}
	}

	/** Time since the token was requested; null without one. */
	Duration age() {
		Token current = this.token;
		return (current != null) ? Duration.between(current.askedAt, this.clock.instant()) : null;
	}

	/** Time until the token expires; null without one. */
	Duration expiresIn() {
		Token current = this.token;
		return (current != null) ? Duration.between(this.clock.instant(), current.expiresAt) : null;
	}

	/** The fetch under way, the failed one during the back-off, or else a new one. */
	private synchronized CompletableFuture<Token> fetch(Instant now) {
		Token current = this.token;
		if (current != null && now.isBefore(current.renewAt)) {
			return CompletableFuture.completedFuture(current);
		}
		if (this.fetching == null || (this.fetching.isDone() && (this.failures == 0 || this.beforeFetch.isOver(now)))) {
			this.fetching = CompletableFuture.supplyAsync(this::renew, this.executor);
		}
		return this.fetching;
	}

	private Token renew() {
		Instant asked = this.clock.instant();
		try {
			Grant grant = this.fetch.call();
			Duration margin = Collections.min(List.of(grant.life().dividedBy(10), MAX_MARGIN));
			Token renewed = new Token(grant.value(), asked, asked.plus(grant.life()).minus(margin),
					asked.plus(grant.life()));
			synchronized (this) {
				this.failures = 0;
				this.token = renewed;
			}
			return renewed;
		}
		catch (Exception ex) {
			synchronized (this) {
				this.failures++;
				// Shorter than the wait before a retry, which would be pointless
				// otherwise.
				Duration backOff = Duration
					.ofMillis(IntervalFunction.ofExponentialBackoff(this.baseDelay.get().dividedBy(2), 2, MAX_BACK_OFF)
						.apply(this.failures));
				Duration pause = Collections.max(List.of(retryAfter(ex), backOff));
				Instant failed = this.clock.instant();
				this.beforeFetch = new Pause(failed, failed.plus(pause));
				log.warn("No access token for organisation '{}', the next try is in {} ms at the earliest: {}",
						this.organisation, pause.toMillis(), ex.getMessage());
			}
			throw new CompletionException(ex);
		}
	}

	private static Duration retryAfter(Exception failure) {
		Duration told = (failure instanceof ProviderException refusal) ? refusal.retryAfter() : null;
		return (told != null) ? Collections.min(List.of(told, MAX_RETRY_AFTER)) : Duration.ZERO;
	}

	/**
	 * A time in which something is not done.
	 *
	 * @param from its beginning
	 * @param until its end
	 */
	private record Pause(Instant from, Instant until) {

		/** Also once the clock has been set back, by hours perhaps. */
		boolean isOver(Instant now) {
			return now.isBefore(this.from) || !now.isBefore(this.until);
		}

	}

	/**
	 * The token endpoint's answer.
	 *
	 * @param value the token
	 * @param life how long it is valid
	 */
	record Grant(String value, Duration life) {

		@Override
		public String toString() {
			return "Grant[life=" + this.life + "]";
		}

	}

	/**
	 * A token.
	 *
	 * @param value the token itself
	 * @param askedAt when it was requested
	 * @param renewAt when it is due for renewal
	 * @param expiresAt when it expires
	 */
	record Token(String value, Instant askedAt, Instant renewAt, Instant expiresAt) {

		@Override
		public String toString() {
			return "Token[expiresAt=" + this.expiresAt + "]";
		}

	}

}
