package io.agentassist.bridge.outbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

import io.agentassist.bridge.BridgeTest;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The second example of docs/scaling.md: a Kafka between outbox and analytics, by one
 * endpoint URI. Skipped but in the profile kafka, which has the broker:
 * {@code ./mvnw test -Pkafka -Dtest=KafkaHopTest}.
 */
@DirtiesContext
@ExtendWith(OutputCaptureExtension.class)
@EnabledIf(value = "io.agentassist.bridge.outbox.KafkaBroker#isThere",
		disabledReason = "Kafka is in the profile kafka only")
class KafkaHopTest extends BridgeTest {

	/** As docs/scaling.md has it. */
	private static final String HOP = "kafka:agentassist.analytics?brokers=%s&groupId=agent-assist-bridge"
			+ "&autoOffsetReset=earliest&autoCommitEnable=false&allowManualCommit=true"
			+ "&kafkaManualCommitFactory=#class:org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommitFactory"
			+ "&breakOnFirstError=true&maxBlockMs=5000&requestTimeoutMs=5000&deliveryTimeoutMs=10000";

	/** A consumer that joins its group again takes seconds. */
	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@TempDir
	private static Path folder;

	private static KafkaBroker broker;

	@Autowired
	private CamelContext camel;

	@DynamicPropertySource
	static void hop(DynamicPropertyRegistry properties) throws IOException, InterruptedException {
		broker = new KafkaBroker(folder);
		broker.start();
		properties.add("agentassist.analytics.hop", () -> HOP.formatted(broker.address()));
	}

	@AfterAll
	static void stopBroker() {
		broker.close();
	}

	@Test
	void shouldPostEachEventOnceOverTheBroker() throws Exception {
		String id = queue(unique("conv-"));
		String suggestion = unique("sug-");
		callBack(completed(id, suggestion(suggestion, 0.5)));
		giveFeedback(id, suggestion, "accepted", "agent-9");

		assertThat(settledActions(id)).containsExactly("presented", "accepted");
		awaitPosts(id, 2);

		// What was posted is committed: a new consumer of the group begins after it.
		this.camel.getRouteController().stopRoute("send-analytics-event");
		this.camel.getRouteController().startRoute("send-analytics-event");
		String later = queue(unique("conv-"));
		callBack(completed(later));
		awaitPosts(later, 1);
		assertThat(this.provider.analyticsEventsOf(id)).hasSize(2);
	}

	@Test
	void shouldPostAnEventAgainThatAnalyticsRefused(CapturedOutput output) {
		String id = queue(unique("conv-"));
		this.provider.answersFirstEventOf(id, answer(503, "{}"));
		String next = queue(unique("conv-"));

		callBack(completed(id));
		callBack(completed(next));

		awaitPosts(id, 2);
		awaitPosts(next, 1);
		assertThat(output).containsOnlyOnce("Route send-analytics-event fails and is tried again: HTTP 503")
			.doesNotContain("sig=aB", "HttpOperationFailedException", "\tat ");
	}

	@Test
	void shouldKeepEventsWhileTheBrokerIsDown() throws Exception {
		broker.kill();
		String id = queue(unique("conv-"));

		assertThat(callBack(completed(id)).statusCode()).isEqualTo(200);

		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.database.queryForObject(
					"SELECT max(attempts) FROM outbox WHERE payload LIKE ?", Integer.class, "%\"" + id + "\"%"))
				.isPositive());
		assertThat(this.provider.analyticsEventsOf(id)).isEmpty();
		broker.start();
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.provider.analyticsEventsOf(id)).isNotEmpty());
		assertThat(auditLines(id)).hasSize(1);
	}

	private void awaitPosts(String id, int posts) {
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSize(posts));
	}

}
