package io.agentassist.bridge.callback;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import org.springframework.util.StringUtils;

/**
 * {@link CallbackAuth#STANDARD_WEBHOOKS}: HMAC-SHA256 over id, time and raw body. There
 * may be several signatures while the sender changes its key. A time too far from ours,
 * either way, is refused.
 */
class StandardWebhookSignature implements CallbackAuthenticator {

	private static final String SCHEME = "v1,";

	/** Seconds, with few enough digits not to overflow. */
	private static final Pattern TIMESTAMP = Pattern.compile("[0-9]{1,12}");

	private final List<byte[]> keys;

	private final Duration tolerance;

	private final Clock clock;

	StandardWebhookSignature(List<byte[]> keys, Duration tolerance, Clock clock) {
		this.keys = keys;
		this.tolerance = tolerance;
		this.clock = clock;
	}

	@Override
	public Optional<String> refusal(byte[] body, UnaryOperator<String> header) {
		String id = header.apply("webhook-id");
		String timestamp = header.apply("webhook-timestamp");
		String signatures = header.apply("webhook-signature");
		if (id == null || id.isEmpty() || timestamp == null || signatures == null) {
			return Optional.of("webhook-id, webhook-timestamp or webhook-signature is missing");
		}
		if (!TIMESTAMP.matcher(timestamp).matches()) {
			return Optional.of("webhook-timestamp is not a number of seconds");
		}
		byte[] prefix = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
		List<byte[]> accepted = this.keys.stream()
			.map((key) -> (SCHEME + CallbackAuthenticator.hmac(key, prefix, body)).getBytes(StandardCharsets.US_ASCII))
			.toList();
		boolean signed = false;
		for (String signature : StringUtils.delimitedListToStringArray(signatures, " ")) {
			signed |= CallbackAuthenticator.isOneOf(accepted, signature.getBytes(StandardCharsets.UTF_8));
		}
		if (!signed) {
			return Optional.of("webhook-signature has no v1 signature of this id, time and body");
		}
		// Checked last, so that only the provider learns how far its clock and ours
		// differ.
		Duration age = Duration.between(Instant.ofEpochSecond(Long.parseLong(timestamp)), this.clock.instant());
		return (age.abs().compareTo(this.tolerance) > 0)
				? Optional
					.of("webhook-timestamp is " + age.toSeconds() + " s old, more than agentassist.callback.tolerance")
				: Optional.empty();
	}

}
