package io.agentassist.bridge.outbox;

import java.time.Duration;

import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.operations.FlowManagement;
import org.apache.camel.CamelContext;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spi.ShutdownStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.test.annotation.DirtiesContext;

import static io.agentassist.bridge.StubbedProvider.analytics;
import static io.agentassist.bridge.StubbedProvider.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows that a pause of a delivery neither waits for a slow batch nor outlives itself.
 */
class DeliveryPauseTest extends BridgeTest {

	private static final String DELIVERY = "deliver-analytics";

	@Autowired
	private FlowManagement flow;

	@Autowired
	private CamelContext camel;

	@Value("${agentassist.analytics.concurrency}")
	private int concurrency;

	@AfterEach
	void resume() throws Exception {
		this.flow.resume(DELIVERY);
	}

	@Test
	void shouldPostNoMoreOfABatchOnceItIsPaused() throws Exception {
		long before = posts();
		String batch = unique("batch-");
		this.provider.stub(analytics(batch).willReturn(answer(202, "{}").withFixedDelay(1000)));
		queueBatchForAnalytics(batch);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(batch)).isNotEmpty());

		this.flow.pause(DELIVERY);

		int posted = this.provider.analyticsEventsOf(batch).size();
		assertThat(posted).isLessThan(BATCH / 2);
		assertThat(waitingEvents(batch)).isEqualTo(BATCH - posted);
		assertThat(this.flow.getStates()).containsEntry(DELIVERY, "paused");
		this.provider.stub(analytics(batch).willReturn(answer(202, "{}")));
		this.flow.resume(DELIVERY);
		eventually(() -> assertThat(waitingEvents(batch)).isZero());
		assertThat(this.provider.analyticsEventsOf(batch)).hasSize(BATCH);
		assertThat(posts()).as("figure of the step in Hawtio").isGreaterThanOrEqualTo(before + BATCH);
	}

	/**
	 * The delivery was shown as running, but did nothing until the next start. Its route
	 * is restarted, after which the figure of the step stays at zero.
	 */
	@DirtiesContext
	@Test
	void shouldDeliverAfterAPauseThatHadToCutABatchOff() throws Exception {
		ShutdownStrategy shutdown = this.camel.getShutdownStrategy();
		long timeout = shutdown.getTimeout();
		String batch = unique("batch-");
		this.provider.holds(analytics(batch).willReturn(answer(202, "{}")));
		queueBatchForAnalytics(batch);
		eventually(() -> assertThat(this.provider.analyticsEventsOf(batch)).isNotEmpty());
		shutdown.setTimeout(1);
		try {
			this.flow.pause(DELIVERY);
		}
		finally {
			shutdown.setTimeout(timeout);
		}
		assertThat(waitingEvents(batch)).isEqualTo(BATCH);
		this.provider.release();

		this.flow.resume(DELIVERY);

		// The events are due when their claim ends.
		await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(waitingEvents(batch)).isZero());
		assertThat(this.provider.analyticsEventsOf(batch)).as("none twice but those that were being posted")
			.hasSizeLessThanOrEqualTo(BATCH + this.concurrency);
	}

	/** As an edit leaves a delivery that is paused. */
	@Test
	void shouldStartADeliveryThatWasNeverStarted() throws Exception {
		String delivery = "deliver-edited";
		this.camel.addRoutes(new RouteBuilder() {
			@Override
			public void configure() {
				from("scheduler:edited").routeId(delivery).autoStartup(false).setBody().constant(null);
			}
		});
		try {
			assertThat(this.flow.getStates()).containsEntry(delivery, "paused");

			this.flow.resume(delivery);

			assertThat(this.flow.getStates()).containsEntry(delivery, "running");
		}
		finally {
			this.camel.getRouteController().stopRoute(delivery);
			this.camel.removeRoute(delivery);
		}
	}

	private long posts() throws Exception {
		return this.camel.getCamelContextExtension()
			.getContextPlugin(ManagedCamelContext.class)
			.getManagedProcessor("post-one")
			.getExchangesTotal();
	}

}
