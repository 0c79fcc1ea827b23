package io.agentassist.bridge.genesys;

import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentassist.bridge.routes.CallsRoute;

import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The access token of the OAuth client, fetched by the route {@code fetch-access-token}
 * when there is none or it is near its end; callers that come meanwhile wait for that one
 * fetch. Thread safe.
 */
@CallsRoute("direct:fetch-access-token")
@Component
public class AccessTokens {

	/**
	 * A token is renewed in the last tenth of its life, at most this long before its end.
	 */
	private static final Duration MAX_MARGIN = Duration.ofMinutes(1);

	/** What OAuth answers to a wrong client or secret. */
	private static final Set<Integer> REFUSALS = Set.of(400, 401, 403);

	private static final Logger log = LoggerFactory.getLogger(AccessTokens.class);

	private static final String TOKEN = "accessToken";

	private final GenesysProperties properties;

	private final ProducerTemplate producer;

	private final ProviderAnswers answers;

	private final Clock clock;

	private final ReentrantLock fetching = new ReentrantLock();

	private final AtomicReference<Token> token = new AtomicReference<>();

	AccessTokens(GenesysProperties properties, ProducerTemplate producer, ProviderAnswers answers, Clock clock) {
		this.properties = properties;
		this.producer = producer;
		this.answers = answers;
		this.clock = clock;
	}

	/**
	 * Authorizes a call.
	 * @param exchange told which token it has, in case the provider does not accept it
	 * @return the value of the header {@code Authorization}
	 * @throws Exception what the route failed with
	 */
	public String bearer(Exchange exchange) throws Exception {
		Token current = this.token.get();
		if (current == null || !this.clock.instant().isBefore(current.renewAt)) {
			current = renew();
		}
		exchange.setProperty(TOKEN, current);
		return "Bearer " + current.value;
	}

	/**
	 * Authorizes the token call itself.
	 * @return the value of the header {@code Authorization}
	 */
	public String clientCredentials() {
		String pair = this.properties.clientId() + ":" + this.properties.clientSecret();
		return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Forgets the token of an exchange, unless it was replaced meanwhile: the provider
	 * did not accept it.
	 * @param exchange the exchange
	 */
	void drop(Exchange exchange) {
		this.token.compareAndSet(exchange.getProperty(TOKEN, Token.class), null);
	}

	private Token renew() throws Exception {
		// Whoever waits longer than one fetch may take has no time left for a query.
		if (!this.fetching.tryLock(this.properties.responseTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
			throw new SocketTimeoutException("No access token in time");
		}
		try {
			Token current = this.token.get();
			if (current == null || !this.clock.instant().isBefore(current.renewAt)) {
				current = fetch();
				this.token.set(current);
			}
			return current;
		}
		finally {
			this.fetching.unlock();
		}
	}

	private Token fetch() throws Exception {
		Instant asked = this.clock.instant();
		Exchange exchange = this.producer.request("direct:fetch-access-token", (request) -> {
		});
		Exception failure = exchange.getException();
		if (failure instanceof ProviderException refusal && REFUSALS.contains(refusal.providerStatus())) {
			log.error("The provider refuses our client credentials: check GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET");
			throw new CredentialsRefusedException(refusal);
		}
		if (failure != null) {
			throw failure;
		}
		JsonNode answer = this.answers.parse(exchange.getMessage().getBody(byte[].class));
		String value = answer.path("access_token").asText();
		long expiresIn = answer.path("expires_in").asLong();
		if (value.isEmpty() || expiresIn <= 0) {
			throw new ProviderException(200, "The token endpoint's answer has no token.", null);
		}
		Duration life = Duration.ofSeconds(expiresIn);
		Duration margin = life.dividedBy(10);
		return new Token(value, asked.plus(life).minus((margin.compareTo(MAX_MARGIN) < 0) ? margin : MAX_MARGIN));
	}

	private record Token(String value, Instant renewAt) {

		@Override
		public String toString() {
			return "Token[renewAt=" + this.renewAt + "]";
		}

	}

}
