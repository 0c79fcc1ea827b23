package io.agentassist.bridge.outbox;

import java.time.Duration;

import com.github.tomakehurst.wiremock.stubbing.Scenario;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.TestPropertySource;

import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The example of docs/scaling.md: a JMS broker, an Artemis, between outbox and analytics,
 * by one endpoint URI.
 */
@DirtiesContext
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = { "agentassist.analytics.hop=jms:queue:agentassist.analytics?transacted=true",
		"spring.autoconfigure.exclude=", "spring.artemis.mode=embedded" })
class BrokerHopTest extends BridgeTest {

	@Autowired
	private EmbeddedActiveMQ broker;

	@Test
	void shouldDeliverOverTheBroker() {
		String id = queue(unique("conv-"));
		String suggestion = unique("sug-");
		String parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
		callBack(completed(id, suggestion(suggestion, 0.5)), parent);
		giveFeedback(id, suggestion, "accepted", "agent-9");

		assertThat(settledActions(id)).containsExactly("presented", "accepted");
		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSize(2));
		WORLD.verify(1,
				postRequestedFor(urlEqualTo(StubbedProvider.ANALYTICS_PATH))
					.withRequestBody(matchingJsonPath("$.request_id", equalTo(id)))
					.withHeader("traceparent", equalTo(parent)));
		assertThat(this.broker.getActiveMQServer().locateQueue("agentassist.analytics").getMessagesAdded())
			.isGreaterThanOrEqualTo(2);
	}

	@Test
	void shouldLeaveRetriesToTheBroker() {
		String id = queue(unique("conv-"));
		this.provider.answersFirstEventOf(id, answer(503, "{}"));

		callBack(completed(id));

		assertThat(settledActions(id)).containsExactly("presented");
		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSize(2));
	}

	/** Each attempt left a stack trace, with the URL and its query, which is secret. */
	@Test
	void shouldTellOnceWhyEventsAreRefusedWithoutTheUrl(CapturedOutput output) {
		String id = queue(unique("conv-"));
		String twice = "twice " + id;
		this.provider.stub(analytics(id).inScenario(twice)
			.whenScenarioStateIs("refused")
			.willReturn(answer(503, "{}"))
			.willSetStateTo("refused twice"));
		this.provider.stub(analytics(id).inScenario(twice)
			.whenScenarioStateIs(Scenario.STARTED)
			.willReturn(answer(503, "{}"))
			.willSetStateTo("refused"));

		callBack(completed(id));

		eventually(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSize(3));
		eventually(() -> assertThat(output).contains("Route send-analytics-event works again"));
		assertThat(output).containsOnlyOnce("Route send-analytics-event fails and is tried again: HTTP 503")
			.doesNotContain("sig=aB", "HttpOperationFailedException", "\tat ");
	}

	@Test
	void shouldKeepEventsWhileTheBrokerIsDown() throws Exception {
		this.broker.stop();
		String id = queue(unique("conv-"));

		assertThat(callBack(completed(id)).statusCode()).isEqualTo(200);

		eventually(
				() -> assertThat(this.database.queryForObject("SELECT max(attempts) FROM outbox WHERE payload LIKE ?",
						Integer.class, "%\"" + id + "\"%"))
					.isPositive());
		assertThat(this.provider.analyticsEventsOf(id)).isEmpty();
		this.broker.start();
		// Camel looks for the broker every 5 s.
		await().atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(this.provider.analyticsEventsOf(id)).hasSize(1));
		assertThat(settledActions(id)).containsExactly("presented");
	}

}
