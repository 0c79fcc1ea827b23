package io.agentassist.bridge.security;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.agentassist.bridge.failure.RetryLaterException;
import io.github.resilience4j.ratelimiter.RateLimiter;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.http.HttpHeaders;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.util.ConcurrentLruCache;
import org.springframework.util.StringUtils;

/**
 * {@link ApiAuth#JWT}: tokens signed by an identity provider and verified with its public
 * keys. The keys are fetched when the first token arrives and kept for 5 minutes, or for
 * an hour if the provider fails; failures and unknown key ids cause no more than two
 * fetches in 5 s.
 */
class JwtCallers implements ApiAuthenticator {

	private static final String BEARER = "Bearer ";

	private static final Duration OUTAGE = Duration.ofHours(1);

	private static final Duration TWO_FETCHES = Duration.ofSeconds(5);

	private static final int CALLERS = 10_000;

	private static final List<String> SCOPE_CLAIMS = List.of("scope", "scp");

	private final ApiProperties.Jwt settings;

	private final IssuerKeys keys;

	private final JwtDecoder decoder;

	private final ConcurrentLruCache<String, RateLimiter> rates;

	JwtCallers(ApiProperties properties, ObjectMapper json) {
		this.settings = properties.jwt();
		this.keys = new IssuerKeys(this.settings, json);
		this.decoder = makeDecoder();
		// The name appears in the log, where no subject belongs.
		this.rates = new ConcurrentLruCache<>(CALLERS,
				(caller) -> RateLimits.perSecond("with a token", properties.requestsPerSecond()));
	}

	@Override
	public Caller authenticate(HttpServletRequest request) {
		String header = request.getHeader(HttpHeaders.AUTHORIZATION);
		if (!StringUtils.startsWithIgnoreCase(header, BEARER)) {
			throw new UnauthenticatedException("A bearer token is missing.", "Bearer");
		}
		Jwt token = decode(header.substring(BEARER.length()));
		String tenant = "";
		if (StringUtils.hasText(this.settings.tenantClaim())) {
			tenant = (token.getClaims().get(this.settings.tenantClaim()) instanceof String text) ? text : "";
			if (tenant.isBlank() || tenant.length() > ApiKeyEntry.MAX_TENANT_LENGTH) {
				throw refused("The claim " + this.settings.tenantClaim() + " names no tenant");
			}
		}
		Set<String> organisations = StringUtils.hasText(this.settings.organisationsClaim())
				? texts(token, List.of(this.settings.organisationsClaim())) : null;
		return new Caller(tenant, organisations, scopes(token), this.rates.get(tenant + " " + token.getSubject()));
	}

	private Jwt decode(String token) {
		try {
			return this.decoder.decode(token);
		}
		catch (BadJwtException ex) {
			throw refused(ex.getMessage());
		}
		catch (JwtException ex) {
			// The issuer was asked a moment ago, and has no such key.
			if (ex.getCause() instanceof RateLimitReachedException && this.keys.areReachable()) {
				throw refused("Its key id is not among the issuer's keys");
			}
			throw new RetryLaterException("Tokens cannot be checked now.", Duration.ofSeconds(2));
		}
	}

	/** Reveals only in the log what exactly is wrong with a token. */
	private static UnauthenticatedException refused(String reason) {
		return new UnauthenticatedException("The token is not valid here.", "Bearer error=\"invalid_token\"", reason);
	}

	private static Set<Scope> scopes(Jwt token) {
		Set<String> granted = texts(token, SCOPE_CLAIMS);
		Set<Scope> scopes = EnumSet.allOf(Scope.class);
		scopes.removeIf((scope) -> !granted.contains(scope.toString()));
		return scopes;
	}

	/** Each claim may be a space-separated string (RFC 8693) or a list. */
	private static Set<String> texts(Jwt token, List<String> claims) {
		Set<String> texts = new HashSet<>();
		for (String name : claims) {
			Object claim = token.getClaims().get(name);
			if (claim instanceof String text) {
				texts.addAll(List.of(StringUtils.tokenizeToStringArray(text, " ")));
			}
			else if (claim instanceof Collection<?> elements) {
				elements.forEach((element) -> texts.add(String.valueOf(element)));
			}
		}
		return texts;
	}

	private JwtDecoder makeDecoder() {
		Set<JWSAlgorithm> algorithms = new HashSet<>();
		for (SignatureAlgorithm algorithm : SignatureAlgorithm.values()) {
			algorithms.add(JWSAlgorithm.parse(algorithm.getName()));
		}
		DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
		// RFC 9068 calls access tokens at+jwt.
		processor.setJWSTypeVerifier(
				new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
		processor.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithms,
				JWKSourceBuilder.create(this.keys)
					.outageTolerant(OUTAGE.toMillis())
					.rateLimited(TWO_FETCHES.toMillis())
					.build()));
		processor.setJWTClaimsSetVerifier((claims, context) -> {
			// Claims are checked by the validators below.
		});
		NimbusJwtDecoder made = new NimbusJwtDecoder(processor);
		made.setJwtValidator(validator());
		return made;
	}

	private OAuth2TokenValidator<Jwt> validator() {
		List<OAuth2TokenValidator<Jwt>> validators = new ArrayList<>();
		validators.add(new JwtTimestampValidator());
		validators.add(new JwtClaimValidator<>(JwtClaimNames.EXP, (expiry) -> expiry != null));
		validators.add(new JwtAudienceValidator(this.settings.audience()));
		if (StringUtils.hasText(this.settings.issuer())) {
			validators.add(new JwtIssuerValidator(this.settings.issuer()));
		}
		return new DelegatingOAuth2TokenValidator<>(validators);
	}

}
