package io.agentassist.bridge.callback;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apache.camel.util.CaseInsensitiveMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the authentication adds to a callback: with two secrets, the older of which is the
 * provider's, and a body of 3.3 KB, as five suggestions have. Not part of the build, see
 * bench/README.md.
 */
class CallbackAuthenticationBenchmark {

	private static final int CALLBACKS = 20_000;

	private static final String SECRET = "the-newer-secret-of-two";

	private static final String PREVIOUS = "the-older-secret-of-two";

	private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

	private static final byte[] BODY = "x".repeat(3300).getBytes(StandardCharsets.UTF_8);

	@ParameterizedTest
	@EnumSource(value = CallbackAuth.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
	void shouldAddLessThanATenthOfAMillisecond(CallbackAuth auth) {
		CallbackAuthentication authentication = new CallbackAuthentication(
				new CallbackProperties(auth, secret(auth, SECRET), secret(auth, PREVIOUS), "provider",
						Duration.ofMinutes(5), false, List.of(), Duration.ofSeconds(1)),
				Clock.fixed(NOW, ZoneOffset.UTC));
		Map<String, Object> headers = headers(auth);
		long[] nanos = new long[CALLBACKS];
		for (int round = 0; round < 2; round++) {
			// The first round warms up.
			for (int i = 0; i < CALLBACKS; i++) {
				long start = System.nanoTime();
				authentication.verify(BODY, headers);
				nanos[i] = System.nanoTime() - start;
			}
		}
		Arrays.sort(nanos);
		double median = nanos[CALLBACKS / 2] / 1e6;
		System.out.printf("%s: median of %d callbacks %.4f ms, 99 %% below %.4f ms%n", auth, CALLBACKS, median,
				nanos[CALLBACKS * 99 / 100] / 1e6);
		assertThat(median).isLessThan(0.1);
	}

	private static String secret(CallbackAuth auth, String text) {
		return (auth != CallbackAuth.STANDARD_WEBHOOKS) ? text
				: "whsec_" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	/** What a provider sends that still has the older secret. */
	private static Map<String, Object> headers(CallbackAuth auth) {
		byte[] key = PREVIOUS.getBytes(StandardCharsets.UTF_8);
		String time = Long.toString(NOW.getEpochSecond());
		Map<String, Object> headers = new CaseInsensitiveMap(new TreeMap<>());
		switch (auth) {
			case HMAC -> headers.put("X-Hub-Signature-256", "sha256=" + CallbackAuthenticator.hmac(key, BODY));
			case STANDARD_WEBHOOKS -> headers.putAll(Map.of("webhook-id", "msg_1", "webhook-timestamp", time,
					"webhook-signature", "v1," + CallbackAuthenticator.hmac(key,
							("msg_1." + time + ".").getBytes(StandardCharsets.UTF_8), BODY)));
			case API_KEY -> headers.put("X-API-Key", PREVIOUS);
			default -> headers.put("Authorization",
					"Basic " + HttpHeaders.encodeBasicAuth("provider", PREVIOUS, StandardCharsets.UTF_8));
		}
		return headers;
	}

}
