package io.agentassist.bridge;

import java.util.List;
import java.util.concurrent.CountDownLatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.extension.Parameters;
import com.github.tomakehurst.wiremock.extension.ServeEventListener;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;

/** What the provider and the analytics endpoint answer in a test, and what they got. */
public class StubbedProvider {

	/** The OAuth client. */
	public static final String CLIENT_ID = "client-of-the-tests";

	/** Its secret. */
	public static final String CLIENT_SECRET = "secret/of+the tests";

	/** The token that is handed out unless a test wants another. */
	public static final String TOKEN = "token-of-the-tests";

	private static final String TOKEN_PATH = "/login/oauth/token";

	private static final String QUERY_PATH = "/api/api/v2/agentassist/suggestions/query";

	/**
	 * Path and query of the analytics endpoint: as of a signed URL, which must be called
	 * as it is written.
	 */
	public static final String ANALYTICS_PATH = "/analytics?sp=%2Fr&sig=aB%2Bc%2Fd%3D&by='us'&at=1";

	private static final String ID_OF_CONVERSATION = "sug-req-{{jsonPath request.body '$.conversationId'}}";

	private final WireMockServer server;

	private final HeldAnswers held;

	StubbedProvider(WireMockServer server, HeldAnswers held) {
		this.server = server;
		this.held = held;
	}

	/** The id that the provider gives to the request of a conversation. */
	public static String requestIdOf(String conversationId) {
		return "sug-req-" + conversationId;
	}

	/** A stub of the query; the newest that matches wins. */
	public static MappingBuilder query() {
		return WireMock.post(urlEqualTo(QUERY_PATH));
	}

	/** A stub of the query for one conversation. */
	public static MappingBuilder queryOf(String conversationId) {
		return query().withRequestBody(matchingJsonPath("$.conversationId", equalTo(conversationId)));
	}

	/** A stub of the token endpoint. */
	public static MappingBuilder token() {
		return WireMock.post(urlEqualTo(TOKEN_PATH));
	}

	/** A stub of the analytics endpoint. */
	public static MappingBuilder analytics() {
		return WireMock.post(urlEqualTo(ANALYTICS_PATH));
	}

	/** A stub of the analytics endpoint, for the events of a request. */
	public static MappingBuilder analytics(String requestId) {
		return analytics().withRequestBody(matchingJsonPath("$.request_id", equalTo(requestId)));
	}

	/** A JSON answer. */
	public static ResponseDefinitionBuilder answer(int status, String json) {
		return aResponse().withStatus(status).withHeader("Content-Type", "application/json").withBody(json);
	}

	/**
	 * The answer to a query that is taken, with headers that must not reach a desktop.
	 */
	public static ResponseDefinitionBuilder queued(String requestId) {
		return answer(202, """
				{"id":"%s","status":"queued","callbackUrl":"https://bridge.example/agentassist/callback",
				"createdTimestamp":"2026-11-22T10:00:00.000Z"}""".formatted(requestId))
			.withHeader("ININ-Correlation-Id", "correlation-1")
			.withHeader("X-Upstream", "upstream-only")
			.withHeader("Set-Cookie", "session=upstream-only");
	}

	/** The answer to a query that is taken, with an id made of the conversation's. */
	public static ResponseDefinitionBuilder queued() {
		return queued(ID_OF_CONVERSATION);
	}

	/** An error as the provider words it. */
	public static ResponseDefinitionBuilder refusal(int status, String code) {
		return refusal(status, code, "Message of " + code);
	}

	/** An error as the provider words it, with a message. */
	public static ResponseDefinitionBuilder refusal(int status, String code, String message) {
		return answer(status,
				"""
						{"message":"%s","code":"%s","status":%d,"contextId":"context-1","details":[],"errors":[]}"""
					.formatted(message, code, status))
			.withHeader("ININ-Correlation-Id", "correlation-1")
			.withHeader("X-Upstream", "upstream-only");
	}

	/** Adds a stub. */
	public void stub(MappingBuilder mapping) {
		this.server.stubFor(mapping);
	}

	void issuesTokens() {
		issues(TOKEN);
	}

	/** Hands out this token from now on. */
	public void issues(String token) {
		stub(token().willReturn(answer(200, """
				{"access_token":"%s","token_type":"bearer","expires_in":86400}""".formatted(token))));
	}

	/** Takes every query. */
	public void queues() {
		stub(query().willReturn(queued()));
	}

	/**
	 * Answers so once the test releases it. What is held has come: it is among the
	 * requests that this class shows.
	 */
	public void holds(MappingBuilder mapping) {
		stub(mapping.withServeEventListener(HeldAnswers.NAME, Parameters.empty()));
	}

	/** Gives the answers that are held back, and those still to come. */
	public void release() {
		this.held.release();
	}

	/** Answers every query so. */
	public void answers(ResponseDefinitionBuilder answer) {
		stub(query().willReturn(answer));
	}

	/** Breaks the connection of every query. */
	public void resetsConnections() {
		stub(query().willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)));
	}

	void takesAnalytics() {
		stub(analytics().willReturn(answer(202, "{}").withHeader("X-Upstream", "upstream-only")));
	}

	/** Answers the first event of a request so, and those after it as all others. */
	public void answersFirstEventOf(String requestId, ResponseDefinitionBuilder answer) {
		stub(analytics(requestId).inScenario(requestId)
			.whenScenarioStateIs(Scenario.STARTED)
			.willReturn(answer)
			.willSetStateTo("answered"));
	}

	/** The queries of a conversation that came. */
	public List<LoggedRequest> queriesOf(String conversationId) {
		return this.server.findAll(postRequestedFor(urlEqualTo(QUERY_PATH))
			.withRequestBody(matchingJsonPath("$.conversationId", equalTo(conversationId))));
	}

	/** All queries that came in this test. */
	public List<LoggedRequest> queries() {
		return this.server.findAll(postRequestedFor(urlEqualTo(QUERY_PATH)));
	}

	/** All token requests that came in this test. */
	public List<LoggedRequest> tokenRequests() {
		return this.server.findAll(postRequestedFor(urlEqualTo(TOKEN_PATH)));
	}

	/** The analytics events of a request that came, in the order of arrival. */
	public List<JsonNode> analyticsEventsOf(String requestId) {
		return this.server
			.findAll(postRequestedFor(urlEqualTo(ANALYTICS_PATH))
				.withRequestBody(containing("\"request_id\":\"" + requestId + "\"")))
			.stream()
			.map((request) -> BridgeTest.json(request.getBodyAsString()))
			.toList();
	}

	/** Lets answers wait for the test rather than for a time. Thread safe. */
	static final class HeldAnswers implements ServeEventListener {

		private static final String NAME = "held-answers";

		private volatile CountDownLatch released = new CountDownLatch(0);

		@Override
		public String getName() {
			return NAME;
		}

		@Override
		public boolean applyGlobally() {
			return false;
		}

		@Override
		public void beforeResponseSent(ServeEvent request, Parameters parameters) {
			try {
				this.released.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		/** From now on; what was held before is to be released first. */
		void hold() {
			this.released = new CountDownLatch(1);
		}

		void release() {
			this.released.countDown();
		}

	}

}
