package io.agentassist.bridge.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import io.agentassist.bridge.BridgeTest;
import io.agentassist.bridge.StubbedProvider;
import io.agentassist.bridge.outbox.Outbox;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Puts the recipes of {@code docs/editing-routes.md} in: each passes the check by itself,
 * and all of them run together; of two that have the same hook, one calls the other. The
 * bridge finds them in its history while the folder holds a broken file, as after a
 * restart.
 */
@DirtiesContext
@ExtendWith(OutputCaptureExtension.class)
class RecipesTest extends BridgeTest {

	private static final String SEND_EVENT = "id: send-event\n                  uri: ";

	private static final String HOP = SEND_EVENT + "\"{{agentassist.analytics.hop}}\"";

	private static final String QUERY = "uri: direct:query-provider";

	/** What the hook of each recipe changes: file, text, replacement. */
	private static final Map<String, String[]> HOOKS = Map.of( //
			"second-sink", new String[] { "analytics-delivery", HOP, SEND_EVENT + "direct:send-to-both-sinks" },
			"masked-agent", new String[] { "analytics-delivery", HOP, SEND_EVENT + "direct:send-masked-event" },
			"chat-webhook", new String[] { "callback", """
					                  - bean:
					                      id: set-ranked-suggestions
					""", """
					                  - wireTap:
					                      id: tap-chat
					                      uri: direct:tell-chat
					                  - bean:
					                      id: set-ranked-suggestions
					""" }, //
			"knowledge-source", new String[] { "suggestion-request", QUERY, "uri: direct:query-by-source" }, //
			"provider-header", new String[] { "suggestion-request", QUERY, "uri: direct:query-with-header" },
			"canary-ranking", new String[] { "suggestion-completion", """
					                              - setProperty:
					                                  id: rank-suggestions
					                                  name: ranked
					                                  method:
					                                    ref: suggestionRanking
					                                    method: rank
					""", """
					                              - to:
					                                  id: rank-suggestions
					                                  uri: direct:rank-by-canary
					""" }, //
			"filtered-suggestions", new String[] { "suggestion-completion", """
					                              - setProperty:
					                                  id: rank-suggestions
					""", """
					                              - to:
					                                  id: drop-suggestions
					                                  uri: direct:drop-suggestions
					                              - setProperty:
					                                  id: rank-suggestions
					""" }, //
			"skills-from-crm", new String[] { "suggestion-request", """
					        - bean:
					            id: build-query
					""", """
					        - to:
					            id: ask-crm
					            uri: direct:ask-crm
					        - bean:
					            id: build-query
					""" });

	private static final long REVISION = 7;

	@Autowired
	private LiveRoutesHealthIndicator health;

	@Autowired
	private RoutesProperties settings;

	@Autowired
	private ConfigurableEnvironment environment;

	@Autowired
	private ConfigurableListableBeanFactory beans;

	@Autowired
	private Outbox outbox;

	@DynamicPropertySource
	static void restart(DynamicPropertyRegistry properties) throws IOException {
		Path folder = Files.createTempDirectory("recipes");
		Path history = Files.createTempDirectory("recipes-history");
		copyRoutes(folder);
		for (String recipe : new String[] { "masked-agent", "chat-webhook", "provider-header", "filtered-suggestions",
				"skills-from-crm", "canary-ranking" }) {
			putIn(folder, recipe);
		}
		putIn(folder, "second-sink", "masked-agent", "uri: \"{{agentassist.analytics.hop}}\"",
				"uri: direct:send-to-both-sinks");
		putIn(folder, "knowledge-source", "provider-header", QUERY, "uri: direct:query-by-source");
		RoutesProperties settings;
		try (OfflineRoutes offline = new OfflineRoutes("")) {
			settings = offline.settings();
		}
		new RouteHistory(settings, history).add(RouteRevision.of(REVISION, Instant.now(), List.of("recipes"),
				RouteSet.read(settings, folder, (problem) -> assertThat(problem).isNull())));
		Path feedback = folder.resolve("feedback.camel.yaml");
		Files.writeString(feedback, Files.readString(feedback).replace("- setHeader:", "- setHaeder:"));
		properties.add("agentassist.routes.directory", folder::toString);
		properties.add("agentassist.routes.history", history::toString);
		properties.add("recipes.chat", () -> WORLD.baseUrl() + "/chat");
		properties.add("recipes.warehouse", () -> WORLD.baseUrl() + "/warehouse");
		properties.add("recipes.crm", () -> WORLD.baseUrl() + "/crm?key=k%2B1");
		properties.add("recipes.own-service", () -> WORLD.baseUrl() + "/own");
		properties.add("recipes.canary-percent", () -> "100");
		properties.add("agentassist.ranking.confidence-weight", () -> "0.5");
		properties.add("agentassist.ranking.minimum-score", () -> "0.2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "second-sink", "masked-agent", "chat-webhook", "knowledge-source", "provider-header",
			"canary-ranking", "filtered-suggestions", "skills-from-crm" })
	void shouldPassTheCheck(String recipe, @TempDir Path folder) throws IOException {
		copyRoutes(folder);
		putIn(folder, recipe);
		RouteSurroundings surroundings = new RouteSurroundings(this.environment, this.beans, true);
		NavigableSet<RouteProblem> problems = new TreeSet<>();
		RouteSet set = RouteSet.read(this.settings, folder, problems::add);
		assertThat(set.routes()).contains(recipe + ".camel.yaml");
		problems.addAll(new RouteValidator(this.settings).validate(set, surroundings));
		assertThat(problems).isEmpty();
	}

	@Test
	void shouldStartOnTheLastGoodSetAndSaySo() {
		assertThat(this.health.health().getStatus()).isEqualTo(new Status("DEGRADED"));
		assertThat(this.health.health().getDetails()).containsEntry("problem",
				"running revision " + REVISION + ", pending edit rejected");
		assertThat(this.health.health().getDetails().get("pending edit").toString()).contains("setHaeder");
	}

	@Test
	void shouldRun() {
		WORLD.stubFor(WireMock.post("/chat").willReturn(WireMock.ok()));
		WORLD.stubFor(WireMock.post("/warehouse").willReturn(WireMock.ok()));
		String id = queue(unique("conv-"));

		HttpResponse<String> answer = callBack(completed(id, suggestion("weak", 0.1), suggestion("best", 0.9)));
		assertThat(answer.statusCode()).isEqualTo(200);
		// 0.5 of the confidence, 0.1 of the neutral feedback; the weak one is below the
		// minimum.
		assertThat(json(answer).at("/ranked_suggestions")).hasSize(1);
		assertThat(json(answer).at("/ranked_suggestions/0/final_score").asDouble()).isEqualTo(0.5);
		assertThat(giveFeedback(id, "best", "accepted", "agent-7").statusCode()).isEqualTo(202);

		eventually(() -> {
			WORLD.verify(1, WireMock.postRequestedFor(WireMock.urlEqualTo("/chat"))
				.withRequestBody(WireMock.matchingJsonPath("$[?(@.id == 'best')]")));
			for (String sink : List.of(StubbedProvider.ANALYTICS_PATH, "/warehouse")) {
				WORLD.verify(2,
						WireMock.postRequestedFor(WireMock.urlEqualTo(sink))
							.withHeader("Content-Type", WireMock.equalTo("application/json"))
							.withRequestBody(WireMock.matchingJsonPath("$[?(@.request_id == '" + id + "')]"))
							.withRequestBody(WireMock.matchingJsonPath("$[?(@.agent_id == 'masked')]")));
			}
		});
		WORLD.verify(1, WireMock.postRequestedFor(WireMock.urlPathMatching("/api/.*"))
			.withHeader("X-Gateway-Tenant", WireMock.equalTo("contact-centre")));
		assertThat(settledAuditLines(id))
			.allSatisfy((line) -> assertThat(line.path("agent_id").asText()).isEqualTo("agent-7"));
	}

	@Test
	void shouldLeaveCheckpointsAsTheyWereSigned() {
		WORLD.stubFor(WireMock.post("/warehouse").willReturn(WireMock.ok()));
		String checkpoint = "{\"event_id\":\"" + unique("checkpoint-")
				+ "\",\"event_type\":\"agentassist_audit_checkpoint\",\"signature\":\"x\"}";

		this.outbox.add("analytics", unique("").substring(0, 36), checkpoint);

		for (String sink : List.of(StubbedProvider.ANALYTICS_PATH, "/warehouse")) {
			eventually(() -> WORLD.verify(1,
					WireMock.postRequestedFor(WireMock.urlEqualTo(sink))
						.withHeader("Content-Type", WireMock.equalTo("application/json"))
						.withRequestBody(WireMock.equalTo(checkpoint))));
		}
	}

	/** Which holds a key, as a rule. */
	@Test
	void shouldTellOfAChatThatFailsWithoutItsAddress(CapturedOutput log) {
		WORLD.stubFor(WireMock.post("/chat").willReturn(WireMock.serverError()));
		String id = queue(unique("conv-"));

		callBack(completed(id, suggestion("best", 0.9)));

		eventually(() -> assertThat(log.getOut())
			.contains("Chat not notified of request " + id + ": HttpOperationFailedException"));
		assertThat(log.getOut()).doesNotContain(WORLD.baseUrl() + "/chat");
	}

	@Test
	void shouldAskTheOwnServiceForItsKnowledgeSource() {
		String id = unique("own-");
		WORLD.stubFor(WireMock.post("/own/query")
			.willReturn(WireMock.okJson("{\"id\":\"" + id + "\",\"status\":\"queued\"}")));

		HttpResponse<String> answer = ask(suggestionRequest(unique("conv-"),
				(request) -> request.putArray("knowledge_source_ids").add("ks-own")));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
		assertThat(json(answer).path("request_id").asText()).isEqualTo(id);
		WORLD.verify(1, WireMock.postRequestedFor(WireMock.urlEqualTo("/own/query")));
		WORLD.verify(0, WireMock.postRequestedFor(WireMock.urlPathMatching("/api/.*")));
	}

	@Test
	void shouldDropSuggestionsWithoutATitle() {
		String id = queue(unique("conv-"));
		ObjectNode untitled = suggestion("untitled", 1);
		untitled.remove("title");

		HttpResponse<String> answer = callBack(
				completed(id, suggestion("second", 0.8), untitled, suggestion("first", 0.9)));

		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		assertThat(json(answer).at("/ranked_suggestions")).extracting((suggestion) -> suggestion.path("id").asText())
			.containsExactly("first", "second");
		for (ObjectNode[] none : new ObjectNode[][] { { untitled }, {} }) {
			answer = callBack(completed(queue(unique("conv-")), none));
			assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
			assertThat(json(answer).path("ranked_suggestions").isEmpty()).isTrue();
		}
	}

	@Test
	void shouldTakeAnAgentsSkillsFromTheCrm() {
		WORLD.stubFor(WireMock.post(WireMock.urlPathEqualTo("/crm"))
			.withRequestBody(WireMock.equalToJson("{\"agent_id\":\"agent, '7'\"}"))
			.willReturn(WireMock.okJson("{\"skills\":[\"crm-skill\"]}")));
		String conversation = unique("conv-");

		HttpResponse<String> queued = ask(suggestionRequest(conversation, (request) -> {
			request.put("agent_id", "agent, '7'");
			request.remove("agent_skills");
		}));
		assertThat(queued.statusCode()).as(queued.body()).isEqualTo(202);
		String id = json(queued).path("request_id").asText();
		HttpResponse<String> answer = callBack(completed(id, suggestion("best", 0.9, "crm-skill")));

		assertThat(json(answer).at("/ranked_suggestions/0/skill_match").asBoolean()).isTrue();
		WORLD.verify(1, WireMock.postRequestedFor(WireMock.urlPathMatching("/api/.*"))
			.withRequestBody(WireMock.matchingJsonPath("$.agentSkills[?(@ == 'crm-skill')]")));
		WORLD.verify(1, WireMock.postRequestedFor(WireMock.urlPathEqualTo("/crm")).withoutHeader("Authorization"));
	}

	@Test
	void shouldGoOnWithoutTheCrm(CapturedOutput log) {
		for (ResponseDefinitionBuilder failure : List.of(WireMock.serverError(), WireMock.ok("no JSON"),
				WireMock.okJson("{}"), WireMock.okJson("{\"skills\":[\" \"]}"),
				WireMock.okJson("{}").withFixedDelay(2000))) {
			WORLD.stubFor(WireMock.post(WireMock.urlPathEqualTo("/crm")).willReturn(failure));
			String conversation = unique("conv-");

			String id = queue(conversation);

			assertThat(log.getOut()).contains("Skills not looked up for conversation " + conversation + ": ");
			HttpResponse<String> answer = callBack(completed(id, suggestion("best", 0.9, "billing")));
			assertThat(json(answer).at("/ranked_suggestions/0/skill_match").asBoolean()).isTrue();
		}
	}

	@Test
	void shouldShowInTheDocumentationWhatTheExamplesDo() throws IOException {
		List<String> examples = new ArrayList<>();
		for (String recipe : List.of("filtered-suggestions", "skills-from-crm")) {
			Files.readAllLines(Path.of("routes/examples", recipe + ".camel.yaml"))
				.forEach((line) -> examples.add(line.strip()));
		}

		assertThat(Files.readAllLines(Path.of("docs/editing-routes.md"))
			.stream()
			.filter((line) -> line.startsWith("    ") && !line.startsWith("    ERROR"))
			.map(String::strip)).hasSizeGreaterThan(40).isSubsetOf(examples);
	}

	private static void copyRoutes(Path folder) throws IOException {
		FileSystemUtils.copyRecursively(Path.of("routes"), folder);
	}

	private static void putIn(Path folder, String recipe) {
		String[] hook = HOOKS.get(recipe);
		putIn(folder, recipe, hook[0], hook[1], hook[2]);
	}

	private static void putIn(Path folder, String recipe, String hookFile, String hook, String replacement) {
		Path file = folder.resolve(hookFile + ".camel.yaml");
		try {
			String text = Files.readString(file);
			assertThat(text).contains(hook);
			Files.writeString(file, text.replace(hook, replacement));
			String name = recipe + ".camel.yaml";
			Files.copy(folder.resolve("examples").resolve(name), folder.resolve(name));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
