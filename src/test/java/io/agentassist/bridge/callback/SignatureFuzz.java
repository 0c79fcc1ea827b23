package io.agentassist.bridge.callback;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.springframework.http.HttpHeaders;

/**
 * Fuzzed: the proof of a callback, in all schemes. The first line names the scheme, each
 * further one is a header, after an empty line comes the body. Whatever they are, the
 * callback is refused, unless a header is exactly what the secret makes of this body.
 */
public final class SignatureFuzz {

	private static final String SECRET = "a-secret-of-the-fuzzer";

	private static final String WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

	private static final Instant NOW = Instant.ofEpochSecond(1_614_265_330);

	private static final Duration TOLERANCE = Duration.ofMinutes(5);

	private static final byte[] KEY = SECRET.getBytes(StandardCharsets.UTF_8);

	private static final String BASIC = HttpHeaders.encodeBasicAuth("provider", SECRET, StandardCharsets.UTF_8);

	private static final CallbackAuthenticator HMAC = new HubSignature(keys(CallbackAuth.HMAC, SECRET));

	private static final List<byte[]> WEBHOOK_KEYS = keys(CallbackAuth.STANDARD_WEBHOOKS, WEBHOOK_SECRET);

	private static final CallbackAuthenticator WEBHOOKS = new StandardWebhookSignature(WEBHOOK_KEYS, TOLERANCE,
			Clock.fixed(NOW, ZoneOffset.UTC));

	private static final byte[] WEBHOOK_KEY = WEBHOOK_KEYS.get(0);

	private static final CallbackAuthenticator API_KEY = SharedHeader.apiKey(keys(CallbackAuth.API_KEY, SECRET));

	private static final CallbackAuthenticator USER = SharedHeader.basic("provider", keys(CallbackAuth.BASIC, SECRET));

	private SignatureFuzz() {
	}

	private static List<byte[]> keys(CallbackAuth auth, String secret) {
		return new CallbackProperties(auth, secret, "", "provider", TOLERANCE, false, List.of(), Duration.ofSeconds(1))
			.keys();
	}

	/**
	 * Takes one input.
	 * @param input scheme, headers, empty line, body
	 */
	public static void fuzzerTestOneInput(byte[] input) {
		// One character for each byte, as Tomcat reads headers.
		String text = new String(input, StandardCharsets.ISO_8859_1);
		int end = text.indexOf("\n\n");
		String[] head = ((end >= 0) ? text.substring(0, end) : text).split("\n", -1);
		byte[] body = (end >= 0) ? Arrays.copyOfRange(input, end + 2, input.length) : new byte[0];
		Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		for (String line : Arrays.asList(head).subList(1, head.length)) {
			int colon = line.indexOf(':');
			if (colon > 0) {
				headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
			}
		}
		CallbackAuthenticator scheme = switch (head[0]) {
			case "standard-webhooks" -> WEBHOOKS;
			case "api-key" -> API_KEY;
			case "basic" -> USER;
			default -> HMAC;
		};
		boolean taken = scheme.refusal(body, headers::get).isEmpty();
		if (taken != isProven(scheme, headers, body)) {
			throw new AssertionError(head[0] + (taken ? " took a forgery" : " refused the provider"));
		}
	}

	/** The same said in another way. */
	private static boolean isProven(CallbackAuthenticator scheme, Map<String, String> headers, byte[] body) {
		if (scheme == HMAC) {
			return ("sha256=" + CallbackAuthenticator.hmac(KEY, body)).equals(headers.get("x-hub-signature-256"));
		}
		if (scheme == API_KEY) {
			return SECRET.equals(headers.get("x-api-key"));
		}
		if (scheme == USER) {
			String given = headers.getOrDefault("authorization", "");
			return given.length() > 6 && given.substring(0, 6).equalsIgnoreCase("basic ")
					&& given.substring(6).equals(BASIC);
		}
		String id = headers.getOrDefault("webhook-id", "");
		String time = headers.getOrDefault("webhook-timestamp", "");
		if (id.isEmpty() || !time.matches("[0-9]{1,12}")
				|| Math.abs(Long.parseLong(time) - NOW.getEpochSecond()) > TOLERANCE.toSeconds()) {
			return false;
		}
		String right = "v1," + CallbackAuthenticator.hmac(WEBHOOK_KEY,
				(id + "." + time + ".").getBytes(StandardCharsets.UTF_8), body);
		return Arrays.asList(headers.getOrDefault("webhook-signature", "").split(" ", -1)).contains(right);
	}

}
