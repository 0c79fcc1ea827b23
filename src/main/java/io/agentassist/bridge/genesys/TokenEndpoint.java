package io.agentassist.bridge.genesys;

import java.time.Duration;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Fetches access tokens through the route {@code fetch-access-token}. Thread safe. */
@Component
public class TokenEndpoint {

	private static final Logger log = LoggerFactory.getLogger(TokenEndpoint.class);

	/** OAuth's answers to a wrong client or secret. */
	private static final Set<Integer> REFUSALS = Set.of(400, 401, 403);

	/** Nobody can tell whether a longer one is true. */
	private static final double LONGEST_LIFE_SECONDS = Duration.ofDays(365).toSeconds();

	private static final String OK = "ok";

	private static final String REFUSED = "refused";

	private static final String FAILED = "failed";

	private static final List<String> OUTCOMES = List.of(OK, REFUSED, FAILED);

	private final ProducerTemplate producer;

	private final ProviderAnswers answers;

	private final MeterRegistry meters;

	TokenEndpoint(ProducerTemplate producer, ProviderAnswers answers, MeterRegistry meters) {
		this.producer = producer;
		this.answers = answers;
		this.meters = meters;
	}

	/**
	 * Fetches a token.
	 * @param provider the organisation that needs it
	 * @return the token
	 * @throws CredentialsRefusedException when the client or its secret is wrong
	 * @throws Exception any other failure of the route
	 */
	AccessTokens.Grant fetch(Provider provider) throws Exception {
		Exchange exchange = this.producer.request("direct:fetch-access-token",
				(request) -> request.setProperty(Provider.PROPERTY, provider));
		try {
			AccessTokens.Grant grant = read(exchange, provider);
			count(provider, OK);
			return grant;
		}
		catch (CredentialsRefusedException ex) {
			count(provider, REFUSED);
			throw ex;
		}
		catch (Exception ex) {
			count(provider, FAILED);
			throw ex;
		}
	}

	/**
	 * Authorizes the token call itself.
	 * @param exchange the token call
	 */
	public void authorize(Exchange exchange) {
		exchange.setProperty(Authorization.PROPERTY, Provider.of(exchange).tokens().clientCredentials());
	}

	private AccessTokens.Grant read(Exchange exchange, Provider provider) throws Exception {
		Exception failure = exchange.getException();
		if (failure instanceof ProviderException refusal && REFUSALS.contains(refusal.providerStatus())) {
			log.error(
					"The provider refuses the client credentials of organisation '{}': check its client-id and client-secret{}",
					provider.getName(), GenesysProperties.DEFAULT.equals(provider.getName())
							? " (GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET)" : "");
			throw new CredentialsRefusedException(refusal);
		}
		if (failure != null) {
			throw failure;
		}
		JsonNode answer = this.answers.parse(exchange.getMessage().getBody(byte[].class));
		String value = answer.path("access_token").asText("");
		long expiresIn = (long) Math.min(answer.path("expires_in").asDouble(), LONGEST_LIFE_SECONDS);
		if (value.isEmpty() || expiresIn <= 0) {
			throw new ProviderException(200, "The token endpoint's answer has no token, or none that lasts.", null);
		}
		return new AccessTokens.Grant(value, Duration.ofSeconds(expiresIn));
	}

	/** Registers an organisation's counters, so that a first failure is an increase. */
	void register(String organisation) {
		OUTCOMES.forEach((outcome) -> counter(organisation, outcome));
	}

	private void count(Provider provider, String outcome) {
		counter(provider.getName(), outcome).increment();
	}

	private Counter counter(String organisation, String outcome) {
		return this.meters.counter("agentassist.provider.token.refreshes", "organisation", organisation, "outcome",
				outcome);
	}

}
