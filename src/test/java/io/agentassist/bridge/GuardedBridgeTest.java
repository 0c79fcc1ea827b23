package io.agentassist.bridge;

import java.time.Instant;
import java.util.Date;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import org.junit.jupiter.api.BeforeEach;

import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/**
 * A third application, with an identity provider for the API, Standard Webhooks for
 * callbacks and a page of another origin that may call.
 */
@TestPropertySource(properties = { "agentassist.api.auth=jwt", "agentassist.api.jwt.issuer=https://told-below.example",
		"agentassist.api.jwt.audience=agent-assist", "agentassist.api.cors-origins=" + GuardedBridgeTest.ORIGIN,
		"agentassist.stream.max-duration=2s", "agentassist.callback.auth=standard-webhooks",
		"agentassist.callback.secret=" + GuardedBridgeTest.WEBHOOK_SECRET })
public abstract class GuardedBridgeTest extends BridgeTest {

	/** Whose pages may call. */
	protected static final String ORIGIN = "https://desk.example";

	/** Signs callbacks. */
	protected static final String WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

	/** The identity provider's key. */
	protected static final RSAKey ISSUER_KEY = key("issuer-key");

	private static final String ISSUER_PATH = "/issuer";

	@DynamicPropertySource
	static void issuer(DynamicPropertyRegistry properties) {
		properties.add("agentassist.api.jwt.issuer", GuardedBridgeTest::issuer);
	}

	protected static String issuer() {
		return WORLD.baseUrl() + ISSUER_PATH;
	}

	@BeforeEach
	protected void playIdentityProvider() {
		WORLD.stubFor(WireMock.get(ISSUER_PATH + "/.well-known/openid-configuration")
			.willReturn(StubbedProvider.answer(200,
					"{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\"}".formatted(issuer(), issuer()))));
		WORLD.stubFor(WireMock.get(ISSUER_PATH + "/keys")
			.willReturn(StubbedProvider.answer(200, new JWKSet(ISSUER_KEY.toPublicJWK()).toString())));
	}

	protected static RSAKey key(String id) {
		try {
			return new RSAKeyGenerator(2048).keyID(id).generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** The claims of a good token that may do everything for a tenant. */
	protected static JWTClaimsSet.Builder claims(String tenant) {
		return new JWTClaimsSet.Builder().issuer(issuer())
			.audience("agent-assist")
			.subject("agent-7")
			.expirationTime(Date.from(Instant.now().plusSeconds(300)))
			.claim("tenant", tenant)
			.claim("scope", "openid suggestions:write suggestions:read feedback:write");
	}

	protected static String token(JWTClaimsSet claims) {
		return token(claims, ISSUER_KEY, JWSAlgorithm.RS256, JOSEObjectType.JWT);
	}

	protected static String token(JWTClaimsSet claims, RSAKey key, JWSAlgorithm algorithm, JOSEObjectType type) {
		try {
			SignedJWT token = new SignedJWT(new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).type(type).build(),
					claims);
			token.sign(new RSASSASigner(key));
			return token.serialize();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
