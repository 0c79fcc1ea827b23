package io.agentassist.bridge;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalManagementPort;

import static io.agentassist.bridge.StubbedProvider.answer;
import static io.agentassist.bridge.StubbedProvider.refusal;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Shows, by Camel's own counters, that every route in {@code routes/} and every step of
 * it runs for some request.
 */
@Tag("state")
class EveryRouteTest extends BridgeTest {

	/**
	 * Steps of policies that several routes share, of which Camel counts one copy only,
	 * and steps that only an unforeseen failure reaches.
	 */
	private static final Set<String> NOT_COUNTED = Set.of("answer-not-stored", "answer-problem", "end-transaction",
			"end-scheduled-run", "end-audit-delivery", "note-scheduled-failure", "wait-for-next-poll");

	@Autowired
	private CamelContext camel;

	@LocalManagementPort
	private int managementPort;

	@Test
	void shouldRunEveryStepOfEveryRoute() {
		String queued = queue(unique("conv-"));
		String suggestion = unique("sug-");
		ObjectNode callback = completed(queued, suggestion(suggestion, 0.5));
		whileNothingIsRecordedOf(queued, () -> assertThat(callBack(callback).statusCode()).isEqualTo(503));
		assertThat(callBack("{\"id\":\"x\",\"status\":\"queued\"}").statusCode()).isEqualTo(202);
		assertThat(callBack(callback).statusCode()).isEqualTo(200);
		assertThat(callBack(callback).statusCode()).isEqualTo(200);
		assertThat(callBack("not json").statusCode()).isEqualTo(400);
		assertThat(callBack(completed(unique("unknown-"))).statusCode()).isEqualTo(404);
		assertThat(callBack("{\"id\":\"unknown\",\"status\":\"failed\"}").statusCode()).isEqualTo(404);
		// So many that a file of the audit log is full, and a checkpoint made.
		for (int i = 0; i < 10; i++) {
			assertThat(callBack("{\"id\":\"" + queue(unique("conv-")) + "\",\"status\":\"failed\"}").statusCode())
				.isEqualTo(202);
		}
		assertThat(giveFeedback(queued, suggestion, "accepted", null).statusCode()).isEqualTo(202);
		assertThat(giveFeedback(queued, suggestion, "accepted", null).statusCode()).isEqualTo(202);
		assertThat(giveFeedback(queued, "unknown", "accepted", null).statusCode()).isEqualTo(404);
		assertThat(lookUp(queued).path("status").asText()).isEqualTo("completed");
		assertThat(get("/agentassist/conversations/x/suggestions").statusCode()).isEqualTo(200);
		assertThat(send(request("/agentassist/conversations/x/stream").header("Last-Event-ID", "none of ours").build())
			.statusCode()).isEqualTo(400);
		age(queue(unique("conv-")), Duration.ofHours(1));
		assertThat(get("/openapi.yaml").statusCode()).isEqualTo(200);
		String erased = unique("conv-");
		queue(erased);
		assertThat(send(HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.managementPort + "/actuator/erasure/" + erased))
			.DELETE()
			.build()).statusCode()).isEqualTo(200);
		this.provider.stub(StubbedProvider.analytics().willReturn(refusal(503, "down")));
		this.provider.answers(answer(200, completed(unique("sug-req-")).toString()));
		assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(200);
		this.provider.answers(refusal(503, "down"));
		HttpResponse<String> exhausted = ask(suggestionRequest(unique("conv-")));
		assertThat(exhausted.statusCode()).isEqualTo(502);
		this.provider.answers(refusal(401, "bad.credentials"));
		assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(502);

		// What needs the table has run.
		Set<String> failing = new TreeSet<>(NOT_COUNTED);
		failing.addAll(List.of("note-audit-failure", "wait-for-next-audit-poll"));
		eventually(() -> assertThat(idle()).isSubsetOf(failing));
		this.database.execute("ALTER TABLE outbox RENAME TO outbox_away");
		try {
			eventually(() -> assertThat(idle()).isSubsetOf(NOT_COUNTED));
		}
		finally {
			this.database.execute("ALTER TABLE outbox_away RENAME TO outbox");
		}
	}

	/** Steps and routes that no message has passed yet. */
	private Set<String> idle() {
		Set<String> idle = new TreeSet<>();
		MBeanServer server = ManagementFactory.getPlatformMBeanServer();
		String name = this.camel.getManagementName();
		try {
			List<ObjectName> beans = new ArrayList<>();
			for (String type : List.of("routes", "processors")) {
				beans.addAll(server
					.queryNames(new ObjectName("org.apache.camel:context=" + name + ",type=" + type + ",*"), null));
			}
			assertThat(beans).hasSizeGreaterThan(100);
			for (ObjectName bean : beans) {
				if ((Long) server.getAttribute(bean, "ExchangesTotal") == 0) {
					idle.add(ObjectName.unquote(bean.getKeyProperty("name")));
				}
			}
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
		return idle;
	}

}
