package io.agentassist.bridge.callback;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.util.CaseInsensitiveMap;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/** Shows what proves that a callback is the provider's, and what does not. */
@ExtendWith(OutputCaptureExtension.class)
class CallbackAuthenticationTest {

	private static final byte[] BODY = "{\"id\":\"x\"}".getBytes(StandardCharsets.UTF_8);

	private static final String SECRET = "a-secret-of-16-by";

	private static final String PREVIOUS = "the-secret-before-it";

	private static final String WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

	private static final String PREVIOUS_WEBHOOK_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODw==";

	private static final long NOW = 1_700_000_000;

	static Stream<Named<JsonNode>> vectors() throws IOException {
		try (InputStream file = CallbackAuthenticationTest.class.getResourceAsStream("/callback-signatures.json")) {
			List<Named<JsonNode>> vectors = new ArrayList<>();
			new ObjectMapper().readTree(file)
				.forEach((vector) -> vectors.add(Named.of(vector.path("source").asText(), vector)));
			return vectors.stream();
		}
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void shouldTakeThePublishedVectors(JsonNode vector) {
		Map<String, Object> headers = headers();
		vector.path("headers")
			.properties()
			.forEach((header) -> headers.put(header.getKey(), header.getValue().asText()));
		CallbackAuth auth = CallbackAuth
			.valueOf(vector.path("auth").asText().toUpperCase(Locale.ROOT).replace('-', '_'));
		CallbackAuthentication authentication = authentication(auth, vector.path("secret").asText(), null,
				vector.path("now").asLong());
		byte[] body = vector.path("body").asText().getBytes(StandardCharsets.UTF_8);

		assertTaken(authentication, body, headers);
		body[3]++;
		assertRefused(authentication, body, headers);
	}

	@ParameterizedTest
	@ValueSource(strings = { SECRET, PREVIOUS })
	void shouldTakeSignaturesOfTwoSecretsAtOnce(String secret) {
		assertTaken(hmac(), BODY, headers("X-Hub-Signature-256", hub(secret)));
		assertTaken(hmac(), BODY, headers("x-hub-SIGNATURE-256", hub(secret)));
	}

	@Test
	void shouldNotTakeThePreviousSecretOnceItIsGone() {
		CallbackAuthentication one = authentication(CallbackAuth.HMAC, SECRET, "", NOW);

		assertTaken(one, BODY, headers("X-Hub-Signature-256", hub(SECRET)));
		assertRefused(one, BODY, headers("X-Hub-Signature-256", hub(PREVIOUS)));
	}

	static Stream<Named<String>> wrongHubSignatures() {
		byte[] key = SECRET.getBytes(StandardCharsets.UTF_8);
		String base64 = CallbackAuthenticator.hmac(key, BODY);
		String hex = HexFormat.of().formatHex(Base64.getDecoder().decode(base64));
		return Stream.of(Named.of("empty", ""), Named.of("prefix only", "sha256="), Named.of("no prefix", base64),
				Named.of("other version", "sha1=" + base64), Named.of("later version", "sha512=" + base64),
				Named.of("upper-case prefix", "SHA256=" + base64), Named.of("hex", "sha256=" + hex),
				Named.of("cut", hub(SECRET).substring(0, 20)), Named.of("no padding", hub(SECRET).replace("=", "")),
				Named.of("more after it", hub(SECRET) + "A"), Named.of("space before it", " " + hub(SECRET)),
				Named.of("twice in one", hub(SECRET) + "," + hub(SECRET)),
				Named.of("of the empty body", "sha256=" + CallbackAuthenticator.hmac(key)),
				Named.of("of another body", "sha256=" + CallbackAuthenticator.hmac(key, new byte[] { 1 })),
				Named.of("of another secret", hub("another-secret-of-20")), Named.of("of no secret", hub("\0")),
				Named.of("not ASCII", "sha256=é\u0130"), Named.of("long", "sha256=" + "A".repeat(7000)));
	}

	@ParameterizedTest
	@MethodSource("wrongHubSignatures")
	void shouldRefuseWrongHubSignature(String signature) {
		assertRefused(hmac(), BODY, headers("X-Hub-Signature-256", signature));
	}

	@Test
	void shouldRefuseMissingOrRepeatedHeader() {
		assertRefused(hmac(), BODY, headers());
		Map<String, Object> twice = headers();
		twice.put("X-Hub-Signature-256", List.of(hub(SECRET), hub(SECRET)));
		assertRefused(hmac(), BODY, twice);
		assertRefused(webhooks(), BODY, headers("X-Hub-Signature-256", hub(SECRET)));
	}

	@ParameterizedTest
	@CsvSource({ "0", "299", "300", "-299", "-300" })
	void shouldTakeWebhookWithinTolerance(int age) {
		assertTaken(webhooks(), BODY, webhook("msg_1", Long.toString(NOW - age), "%s"));
	}

	@ParameterizedTest
	@CsvSource({ "301", "-301", "100000000", "-100000000" })
	void shouldRefuseWebhookThatIsTooOldOrTooNew(int age) {
		assertRefused(webhooks(), BODY, webhook("msg_1", Long.toString(NOW - age), "%s"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "%s %s", "v1,AAAA %s", "%s v1,AAAA", "v1a,AAAA %s", "v2,x %s v9", "  %s" })
	void shouldTakeWebhookWithSeveralSignaturesOfWhichOneIsRight(String signatures) {
		assertTaken(webhooks(), BODY, webhook("msg_1", Long.toString(NOW), signatures));
	}

	@Test
	void shouldTakeWebhookSignedWithThePreviousSecret() {
		assertTaken(webhooks(), BODY, signedWebhook(PREVIOUS_WEBHOOK_SECRET, "msg_1", Long.toString(NOW), "%s"));
		assertRefused(webhooks(), BODY,
				signedWebhook("whsec_////////////////////////", "msg_1", Long.toString(NOW), "%s"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "v1,", "v1", ",", "v1,AAAA", "v1,AAAA v1,BBBB", "v2,%2$s", "v1a,%2$s", "V1,%2$s",
			"%2$s", "v1,%3$s", "v1 %2$s", "v1,%2$s=", "v1,%2$sA", "%1$s,%1$s" })
	void shouldRefuseWrongWebhookSignature(String signatures) {
		assertRefused(webhooks(), BODY, webhook("msg_1", Long.toString(NOW), signatures));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "now", "1.7e9", "+1700000000", "-1700000000", "1700000000.0", " 1700000000",
			"0x6553F100", "9999999999999999999999", "１７００００００００", "2023-11-14T22:13:20Z" })
	void shouldRefuseWebhookWithoutNumericTime(String timestamp) {
		assertRefused(webhooks(), BODY, webhook("msg_1", timestamp, "%s"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "webhook-id", "webhook-timestamp", "webhook-signature" })
	void shouldRefuseWebhookWithoutAHeaderOrWithAnother(String name) {
		Map<String, Object> without = webhook("msg_1", Long.toString(NOW), "%s");
		without.remove(name);
		assertRefused(webhooks(), BODY, without);
		for (String value : List.of("", "msg_2", Long.toString(NOW + 1))) {
			Map<String, Object> other = webhook("msg_1", Long.toString(NOW), "%s");
			other.put(name, value);
			assertRefused(webhooks(), BODY, other);
		}
	}

	@Test
	void shouldTakeApiKeyOnlyAsAWhole() {
		CallbackAuthentication keys = authentication(CallbackAuth.API_KEY, SECRET, PREVIOUS, NOW);

		assertTaken(keys, BODY, headers("x-api-key", SECRET));
		assertTaken(keys, BODY, headers("X-API-Key", PREVIOUS));
		for (String wrong : List.of("", " ", SECRET + " ", SECRET.substring(1), SECRET.toUpperCase(Locale.ROOT),
				SECRET + "," + PREVIOUS)) {
			assertRefused(keys, BODY, headers("X-API-Key", wrong));
		}
		assertRefused(keys, BODY, headers());
		assertRefused(keys, BODY, headers("Authorization", SECRET));
	}

	@Test
	void shouldTakeBasicCredentialsOnlyAsAWhole() {
		CallbackAuthentication basic = authentication(CallbackAuth.BASIC, SECRET, PREVIOUS, NOW);
		String token = HttpHeaders.encodeBasicAuth("provider", SECRET, StandardCharsets.UTF_8);

		assertTaken(basic, BODY, headers("Authorization", "Basic " + token));
		assertTaken(basic, BODY, headers("authorization", "bAsIc " + token));
		assertTaken(basic, BODY, headers("Authorization",
				"Basic " + HttpHeaders.encodeBasicAuth("provider", PREVIOUS, StandardCharsets.UTF_8)));
		for (String wrong : List.of("", "Basic", "Basic ", "Basic " + token + "A", "Bearer " + token, token,
				"Basic " + HttpHeaders.encodeBasicAuth("provider", "x", StandardCharsets.UTF_8),
				"Basic " + HttpHeaders.encodeBasicAuth("", SECRET, StandardCharsets.UTF_8),
				"Basic provider:" + SECRET)) {
			assertRefused(basic, BODY, headers("Authorization", wrong));
		}
	}

	@Test
	void shouldTakeEverythingWithoutAuthenticationButSaySoLoudly(CapturedOutput output) {
		CallbackAuthentication none = authentication(CallbackAuth.NONE, null, null, NOW);

		assertTaken(none, BODY, headers());
		assertThat(output).contains("WARN", "Callbacks are NOT authenticated");
	}

	@Test
	void shouldNotLogSecretsOrSignatures(CapturedOutput output) {
		assertRefused(hmac(), BODY, headers("X-Hub-Signature-256", "planted-signature"));
		assertRefused(authentication(CallbackAuth.API_KEY, SECRET, PREVIOUS, NOW), BODY,
				headers("X-API-Key", "planted-key"));

		assertThat(output).contains("Callback refused").doesNotContain("planted", SECRET, PREVIOUS);
	}

	@ParameterizedTest
	@EnumSource(value = CallbackAuth.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
	void shouldRefuseShortSecretAtTheStart(CallbackAuth auth) {
		String encoded = (auth == CallbackAuth.STANDARD_WEBHOOKS) ? "whsec_AAECAwQFBgcICQoLDA0O" : "fifteen-bytes-x";

		assertStartFails(auth, encoded, "",
				"agentassist.callback.secret (AGENTASSIST_CALLBACK_SECRET) must have at " + "least 16 bytes");
		assertStartFails(auth, "", "", "AGENTASSIST_CALLBACK_SECRET");
		assertStartFails(auth, (auth == CallbackAuth.STANDARD_WEBHOOKS) ? WEBHOOK_SECRET : SECRET, encoded,
				"agentassist.callback.previous-secret (AGENTASSIST_CALLBACK_PREVIOUS_SECRET) must have at least 16");
	}

	@ParameterizedTest
	@ValueSource(strings = { "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_not base64 at all!", "whsec_é" })
	void shouldRefuseSecretThatIsNoWebhookSecretAtTheStart(String secret) {
		assertStartFails(CallbackAuth.STANDARD_WEBHOOKS, secret, "", "AGENTASSIST_CALLBACK_SECRET) must ");
	}

	private static void assertStartFails(CallbackAuth auth, String secret, String previous, String message) {
		new ApplicationContextRunner().withUserConfiguration(Settings.class)
			.withPropertyValues("agentassist.callback.auth=" + auth, "agentassist.callback.secret=" + secret,
					"agentassist.callback.previous-secret=" + previous, "agentassist.callback.username=provider",
					"agentassist.callback.tolerance=5m", "agentassist.callback.unknown-request-wait=1s")
			.run((context) -> {
				assertThat(context).hasFailed();
				assertThat(context.getStartupFailure()).rootCause().hasMessageContaining(message);
				for (String text : List.of(secret, previous)) {
					assertThat(text.isEmpty() || !context.getStartupFailure().toString().contains(text)).isTrue();
				}
			});
	}

	private static CallbackAuthentication hmac() {
		return authentication(CallbackAuth.HMAC, SECRET, PREVIOUS, NOW);
	}

	private static CallbackAuthentication webhooks() {
		return authentication(CallbackAuth.STANDARD_WEBHOOKS, WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET, NOW);
	}

	private static CallbackAuthentication authentication(CallbackAuth auth, String secret, String previous, long now) {
		return new CallbackAuthentication(new CallbackProperties(auth, secret, previous, "provider",
				Duration.ofMinutes(5), false, List.of(), Duration.ofSeconds(1)),
				Clock.fixed(Instant.ofEpochSecond(now), ZoneOffset.UTC));
	}

	private static String hub(String secret) {
		return "sha256=" + CallbackAuthenticator.hmac(secret.getBytes(StandardCharsets.UTF_8), BODY);
	}

	/**
	 * A webhook's headers.
	 * @param signatures with %1$s for the right signature, %2$s for it without its
	 * version, %3$s for it in hex
	 */
	private static Map<String, Object> webhook(String id, String timestamp, String signatures) {
		return signedWebhook(WEBHOOK_SECRET, id, timestamp, signatures.replace("%s", "%1$s"));
	}

	private static Map<String, Object> signedWebhook(String secret, String id, String timestamp, String signatures) {
		byte[] key = Base64.getDecoder().decode(secret.substring("whsec_".length()));
		String base64 = CallbackAuthenticator.hmac(key, (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8),
				BODY);
		String hex = HexFormat.of().formatHex(Base64.getDecoder().decode(base64));
		return headers("webhook-id", id, "webhook-timestamp", timestamp, "webhook-signature",
				signatures.formatted("v1," + base64, base64, hex));
	}

	/** As Camel keeps them. */
	private static Map<String, Object> headers(String... namesAndValues) {
		Map<String, Object> headers = new CaseInsensitiveMap(new TreeMap<>());
		for (int i = 0; i < namesAndValues.length; i += 2) {
			headers.put(namesAndValues[i], namesAndValues[i + 1]);
		}
		return headers;
	}

	private static void assertTaken(CallbackAuthentication authentication, byte[] body, Map<String, Object> headers) {
		assertThatNoException().isThrownBy(() -> authentication.verify(body, headers));
	}

	private static void assertRefused(CallbackAuthentication authentication, byte[] body, Map<String, Object> headers) {
		assertThatExceptionOfType(ErrorResponseException.class).isThrownBy(() -> authentication.verify(body, headers))
			.satisfies((refusal) -> {
				assertThat(refusal.getStatusCode()).isEqualTo(HttpStatus.UNAUTHORIZED);
				assertThat(refusal.getBody().getDetail()).isNull();
			});
	}

	@EnableConfigurationProperties(CallbackProperties.class)
	static class Settings {

	}

}
