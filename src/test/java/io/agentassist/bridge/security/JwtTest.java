package io.agentassist.bridge.security;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.agentassist.bridge.GuardedBridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.desktop.EventStreamClient;
import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.failure.RetryLaterException;
import io.agentassist.bridge.http.AnswerCounts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/** Shows which tokens open the API, and for what. */
@ExtendWith(OutputCaptureExtension.class)
class JwtTest extends GuardedBridgeTest {

	@Autowired
	private ProblemTranslator problems;

	@Autowired
	private AnswerCounts counts;

	@Autowired
	private MeterRegistry meters;

	private HttpResponse<String> getWith(String token, String path) {
		return send(request(path).header("Authorization", "Bearer " + token).build());
	}

	private HttpResponse<String> askWith(String token, String conversation) {
		return post("/agentassist/suggestions", suggestionRequest(conversation).toString(), "Authorization",
				"Bearer " + token);
	}

	/** Two seconds at most, by the settings of these tests. */
	@Test
	void shouldEndAStreamSoThatItsTokenIsLookedAtAgain() {
		try (EventStreamClient stream = new EventStreamClient(
				request("/agentassist/conversations/" + unique("conv-") + "/stream")
					.header("Authorization", "Bearer " + token(claims("berlin").build()))
					.build())) {
			eventually(() -> assertThat(stream.isOver()).isTrue());
		}
	}

	@Test
	void shouldShowEachTenantItsOwnConversationsOnly() {
		String conversation = unique("conv-");
		String berlin = token(claims("berlin").build());
		String madrid = token(claims("madrid").build());

		HttpResponse<String> queued = askWith(berlin, conversation);

		assertThat(queued.statusCode()).as(queued.body()).isEqualTo(202);
		String id = json(queued).path("request_id").asText();
		assertThat(getWith(berlin, "/agentassist/suggestions/" + id).statusCode()).isEqualTo(200);
		assertProblem(getWith(madrid, "/agentassist/suggestions/" + id), 404);
		assertThat(json(getWith(berlin, "/agentassist/conversations/" + conversation + "/suggestions"))).hasSize(1);
		assertThat(json(getWith(madrid, "/agentassist/conversations/" + conversation + "/suggestions"))).isEmpty();
		assertThat(this.provider.queriesOf(conversation).get(0).getHeader("Authorization"))
			.isEqualTo("Bearer " + StubbedProvider.TOKEN);
	}

	static Stream<Named<String>> badTokens() throws Exception {
		JWTClaimsSet good = claims("berlin").build();
		RSAKey stranger = key("issuer-key");
		SignedJWT mac = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("issuer-key").build(), good);
		mac.sign(new MACSigner(ISSUER_KEY.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)));
		String valid = token(good);
		String[] parts = valid.split("\\.", -1);
		String otherClaims = Base64.getUrlEncoder()
			.withoutPadding()
			.encodeToString(claims("madrid").build().toString().getBytes(StandardCharsets.UTF_8));
		return Stream.of(Named.of("no token", "garbage"), Named.of("two parts", "a.b"),
				Named.of("five parts", "a.b.c.d.e"), Named.of("not signed", new PlainJWT(good).serialize()),
				Named.of("signature cut off", parts[0] + "." + parts[1] + "."),
				Named.of("claims changed", parts[0] + "." + otherClaims + "." + parts[2]),
				Named.of("signed by a stranger", token(good, stranger, JWSAlgorithm.RS256, JOSEObjectType.JWT)),
				Named.of("public key as a secret", mac.serialize()),
				Named.of("unknown key", token(good, key("unknown"), JWSAlgorithm.RS256, JOSEObjectType.JWT)),
				Named.of("another unknown key", token(good, key("unknown-2"), JWSAlgorithm.RS256, JOSEObjectType.JWT)),
				Named.of("a third unknown key", token(good, key("unknown-3"), JWSAlgorithm.RS256, JOSEObjectType.JWT)),
				Named.of("expired",
						token(claims("berlin").expirationTime(Date.from(Instant.now().minusSeconds(120))).build())),
				Named.of("no expiry", token(claims("berlin").expirationTime(null).build())),
				Named.of("not yet valid",
						token(claims("berlin").notBeforeTime(Date.from(Instant.now().plusSeconds(120))).build())),
				Named.of("of another issuer", token(claims("berlin").issuer("https://elsewhere.example").build())),
				Named.of("of no issuer", token(claims("berlin").issuer(null).build())),
				Named.of("for another audience", token(claims("berlin").audience("payroll").build())),
				Named.of("for no audience", token(claims("berlin").audience((String) null).build())),
				Named.of("another type", token(good, ISSUER_KEY, JWSAlgorithm.RS256, new JOSEObjectType("logout+jwt"))),
				Named.of("no tenant", token(claims(null).build())),
				Named.of("blank tenant", token(claims(" ").build())),
				Named.of("tenant is no text", token(claims("x").claim("tenant", List.of("berlin")).build())));
	}

	@ParameterizedTest
	@MethodSource("badTokens")
	void shouldAnswer401WithABadToken(String token) {
		HttpResponse<String> answer = askWith(token, unique("conv-"));

		assertThat(assertProblem(answer, 401).path("detail").asText()).isEqualTo("The token is not valid here.");
		assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer error=\"invalid_token\"");
		assertThat(this.provider.queries()).isEmpty();
	}

	@Test
	void shouldLogWhoSentABadTokenAndWhy(CapturedOutput log) throws Exception {
		String expired = token(claims("berlin").expirationTime(Date.from(Instant.now().minusSeconds(120))).build());
		for (String token : List.of(expired, token(claims("berlin").audience("payroll").build()),
				token(claims(null).build()), "garbage")) {
			getWith(token, "/agentassist/suggestions/x");
		}

		assertThat(log.getOut().lines().filter((line) -> line.contains("GET /agentassist/suggestions/x")))
			.satisfiesExactly((line) -> assertThat(line).contains("from 127.0.0.1", "Jwt expired at"),
					(line) -> assertThat(line).contains("The aud claim is not valid"),
					(line) -> assertThat(line).contains("The claim tenant names no tenant"),
					(line) -> assertThat(line).contains("Malformed token"))
			.allSatisfy((line) -> assertThat(line).contains(" answered 401: The token is not valid here."));
	}

	@Test
	void shouldAnswer401WithoutABearerToken() {
		assertProblem(get("/agentassist/suggestions/x"), 401);
		assertProblem(getWith("", "/agentassist/suggestions/x"), 401);
		assertProblem(post("/agentassist/suggestions", "{}", "Authorization", "Basic YTpi"), 401);
		assertProblem(get("/agentassist/suggestions/x?access_token=" + token(claims("berlin").build())), 401);
		assertProblem(post("/agentassist/suggestions", "{}", "X-API-Key", token(claims("berlin").build())), 401);
	}

	@ParameterizedTest
	@CsvSource({ "suggestions:read,404,403,403", "suggestions:write,403,202,403", "feedback:write,403,403,404",
			"openid profile,403,403,403", "suggestions:*,403,403,403", "'',403,403,403",
			"suggestions:readx xsuggestions:write,403,403,403" })
	void shouldAnswer403BeyondTheScopesOfAToken(String scope, int read, int ask, int feedback) {
		String token = token(claims("berlin").claim("scope", scope).build());

		assertThat(getWith(token, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(read);
		assertThat(askWith(token, unique("conv-")).statusCode()).isEqualTo(ask);
		assertThat(post("/agentassist/feedback", "{\"request_id\":\"x\",\"suggestion_id\":\"y\",\"action\":\"opened\"}",
				"Authorization", "bearer " + token)
			.statusCode()).isEqualTo(feedback);
	}

	@Test
	void shouldReadScopesFromAListToo() {
		String token = token(claims("berlin").claim("scope", null).claim("scp", List.of("suggestions:read")).build());

		assertThat(getWith(token, "/agentassist/suggestions/unknown").statusCode()).isEqualTo(404);
		assertProblem(askWith(token, unique("conv-")), 403);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void shouldTellToTryAgainWhileTheIssuersKeysCannotBeFetchedAndTakeTokensAfterwards(boolean discovered) {
		String path = discovered ? "/issuer/.well-known/openid-configuration" : "/issuer/keys";
		WORLD.stubFor(WireMock.get(path).willReturn(StubbedProvider.answer(500, "")));
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.addHeader("Authorization",
				"Bearer " + token(claims(null).claim("orgs", List.of("emea", "default")).build()));

		JwtCallers unlucky = callers(discovered);
		int fetches = WORLD.findAll(WireMock.getRequestedFor(WireMock.urlEqualTo(path))).size();
		for (int i = 0; i < 10; i++) {
			assertThatExceptionOfType(RetryLaterException.class).isThrownBy(() -> unlucky.authenticate(request));
		}
		assertThat(WORLD.findAll(WireMock.getRequestedFor(WireMock.urlEqualTo(path)))).hasSizeBetween(fetches + 1,
				fetches + 4);
		playIdentityProvider();

		eventually(() -> assertThatNoException().isThrownBy(() -> unlucky.authenticate(request)));
		assertThat(unlucky.authenticate(request).tenant()).isEmpty();
		assertThat(unlucky.authenticate(request).organisations()).containsExactlyInAnyOrder("emea", "default");
	}

	/**
	 * After a night, all tokens were refused for as long as the issuer was not asked
	 * again.
	 */
	@Test
	void shouldForgetThatTheIssuerAnsweredOnceItDoesNot(CapturedOutput log) throws KeySourceException {
		IssuerKeys keys = new IssuerKeys(
				new ApiProperties.Jwt(issuer(), URI.create(issuer() + "/keys"), "agent-assist", "", ""), JSON);
		playIdentityProvider();
		keys.getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), 0, null);
		assertThat(keys.areReachable()).isTrue();
		WORLD.stubFor(WireMock.get("/issuer/keys").willReturn(StubbedProvider.answer(500, "")));

		int length = log.getOut().length();
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(KeySourceException.class)
				.isThrownBy(() -> keys.getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), 0, null));
		}

		assertThat(keys.areReachable()).isFalse();
		assertThat(log.getOut().substring(length))
			.containsOnlyOnce("cannot be fetched, localhost was asked (IOException: ");
		playIdentityProvider();
		keys.getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), 0, null);
		assertThat(log.getOut().substring(length)).containsOnlyOnce("can be fetched again");
	}

	/** They were, although every address is checked at the start. */
	@ParameterizedTest
	@ValueSource(strings = { "/issuer/keys", "/issuer/.well-known/openid-configuration" })
	void shouldFollowNoRedirectToTheIssuersKeys(String path, CapturedOutput log) {
		URI location = path.endsWith("/keys") ? URI.create(issuer() + "/keys") : null;
		IssuerKeys keys = new IssuerKeys(new ApiProperties.Jwt(issuer(), location, "agent-assist", "", ""), JSON);
		String moved = unique("/moved-");
		WORLD.stubFor(WireMock.get(path).willReturn(WireMock.temporaryRedirect(moved)));
		try {
			assertThatExceptionOfType(KeySourceException.class)
				.isThrownBy(() -> keys.getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), 0, null));
		}
		finally {
			playIdentityProvider();
		}

		assertThat(WORLD.findAll(WireMock.anyRequestedFor(WireMock.urlPathEqualTo(moved)))).isEmpty();
		assertThat(log).contains(" was asked (IOException: HTTP 302");
	}

	/** No alert would tell that every desktop gets 503. */
	@Test
	void shouldCountRequestsWhoseTokensCannotBeChecked() throws Exception {
		WORLD.stubFor(WireMock.get("/issuer/keys").willReturn(StubbedProvider.answer(500, "")));
		ApiFilter filter = new ApiFilter(callers(false), this.problems, this.counts);
		MockHttpServletRequest request = new MockHttpServletRequest("POST", "/agentassist/suggestions");
		request.setServletPath("/agentassist/suggestions");
		request.addHeader("Authorization", "Bearer " + token(claims(null).build()));
		MockHttpServletResponse response = new MockHttpServletResponse();
		Counter unavailable = this.meters.get("agentassist.requests").tag("outcome", "unavailable").counter();
		double before = unavailable.count();

		filter.doFilter(request, response, (nobody, nothing) -> {
		});

		assertThat(response.getStatus()).isEqualTo(503);
		assertThat(unavailable.count()).isEqualTo(before + 1);
		playIdentityProvider();
	}

	private static JwtCallers callers(boolean discovered) {
		return new JwtCallers(
				new ApiProperties(ApiAuth.JWT, null, null,
						new ApiProperties.Jwt(discovered ? issuer() : null,
								discovered ? null : URI.create(issuer() + "/keys"), "agent-assist", "", "orgs"),
						10, null),
				JSON);
	}

}
