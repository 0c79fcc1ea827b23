package io.agentassist.bridge.routes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what the check of routes finds, in copies of the shipped ones with one edit. */
class RouteValidatorTest {

	private static final String NEW_ROUTE = """
			- route:
			    id: new-route
			    from:
			      uri: %s
			      steps:
			        - log:
			            id: log-new
			            message: New
			""";

	private static OfflineRoutes offline;

	@TempDir
	private Path folder;

	@BeforeAll
	static void readSettings() {
		offline = new OfflineRoutes("");
	}

	@AfterAll
	static void close() {
		offline.close();
	}

	@BeforeEach
	void copyRoutes() throws IOException {
		FileSystemUtils.copyRecursively(Path.of("routes"), this.folder);
	}

	@Test
	void shouldFindNothingInTheShippedRoutes() throws IOException {
		assertThat(check()).isEmpty();
	}

	@Test
	void shouldFindNothingInTheSandboxsRoutes() throws IOException {
		try (OfflineRoutes sandbox = new OfflineRoutes("sandbox")) {
			RouteSet set = RouteSet.read(sandbox.settings(), this.folder, (problem) -> assertThat(problem).isNull());
			assertThat(set.routes()).contains("sandbox/simulated-query.camel.yaml");
			assertThat(sandbox.validate(set)).isEmpty();
		}
	}

	/** One edit, and the first problem that it makes. */
	@ParameterizedTest(name = "{3}")
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					feedback.camel.yaml         | `            ref: feedbackRecorder`                | `	ref: x`                                 | `error: not valid YAML:`
					feedback.camel.yaml         | `id: parse-feedback`                             | `id: [parse`                            | `error: not valid YAML:`
					feedback.camel.yaml         | `- route:`                                       | `- rute:`                               | `error: 'rute' is not allowed at the top of a route file`
					feedback.camel.yaml         | `- setHeader:`                                   | `- setHaeder:`                          | `error: 'setHaeder' is not allowed in`
					feedback.camel.yaml         | `method: findRequest`                            | `metod: findRequest`                    | `error: 'metod' is not allowed in 'method'`
					feedback.camel.yaml         | `constant: "202"`                                | `simple: a\\n            constant: b`     | `error: 'setHeader' has several of which it takes only one`
					feedback.camel.yaml         | `uri: direct:keep-feedback`                      | `uri: ""`                               | `error: the uri has no value: set it`
					feedback.camel.yaml         | `method: findRequest`                            | `method: findRequests`                  | `error: the bean 'feedbackRecorder' has no method 'findRequests', only count, findRequest`
					feedback.camel.yaml         | `ref: feedbackRecorder`                          | `ref: feedbackRecoder`                  | `error: there is no bean 'feedbackRecoder'`
					feedback.camel.yaml         | `ref: feedbackRecorder`                          | `ref: jdbcTemplate`                     | `error: the bean 'jdbcTemplate' is not allowed in routes`
					feedback.camel.yaml         | `uri: direct:keep-feedback`                      | `uri: direct:keep-feedbacks`            | `error: no route starts with 'direct:keep-feedback`
					feedback.camel.yaml         | `id: record-feedback`                            | `id: receive-callback`                  | `error: the id 'receive-callback' is already used, at `
					feedback.camel.yaml         | `id: validate-feedback`                          | `id: parse-callback`                    | `error: the id 'parse-callback' is already used, at callback.camel.yaml:`
					feedback.camel.yaml         | `routeConfigurationId: api-errors`               | `routeConfigurationId: api-error`       | `error: there is no routeConfiguration 'api-error'`
					feedback.camel.yaml         | `uri: direct:recordFeedback`                     | `uri: direct:recordFeedbacks`           | `error: no route starts with 'direct:recordFeedback', which has to serve POST /agentassist/feedback`
					feedback.camel.yaml         | `uri: bean-validator:feedback`                   | `uri: file:/etc`                        | `error: the component 'file' is not allowed`
					feedback.camel.yaml         | `uri: bean-validator:feedback`                   | `uri: kafka:feedback`                   | `error: there is no component 'kafka'`
					feedback.camel.yaml         | `unmarshalType: io.agentassist.bridge.interaction.Feedback` | `unmarshalType: io.agentassist.Nothing` | `error: route 'record-feedback' cannot be built: there is no class 'io.agentassist.Nothing'`
					feedback.camel.yaml         | `simple: ${body} != null`                        | `simple: ${body != null`                | `error: route 'record-feedback' cannot be built:`
					feedback.camel.yaml         | `idempotentRepository: idempotencyKeys`          | `idempotentRepository: keys`            | `error: there is no bean 'keys'`
					purge.camel.yaml            | `delay: "{{agentassist.lifecycle.purge-interval}}"` | `delay: "{{purge}}"`                 | `error: the setting 'purge' is not defined`
					purge.camel.yaml            | `delay: "{{agentassist.lifecycle.purge-interval}}"` | `dely: 500`                          | `error: 'dely' is not an option of scheduler:purge`
					purge.camel.yaml            | `greedy: true`                                   | `greedy: yess`                          | `error: the option 'greedy' cannot be 'yess'`
					provider-query.camel.yaml   | `- doTry:` | `- circuitBreaker: {id: guard, configuration: providers, steps: [{log: {id: guarded, message: x}}]}\\n        - doTry:` | `error: there are no settings 'camel.resilience4j.configurations.providers'`
					provider-query.camel.yaml   | `throwExceptionOnFailure: false`                 | `responseTimeout: "{{bean:providerRetry.timeout}}"` | `error: the bean 'providerRetry' has no method 'timeout'`
					feedback.camel.yaml         | `uri: direct:keep-feedback`                      | `uri: direct:recordFeedback`            | `error: sends every message back to 'direct:recordFeedback'`
					feedback.camel.yaml         | `- validate:`                                    | `- wireTap: {id: tap, uri: direct:recordFeedback}\\n        - validate:` | `error: sends every message back to 'direct:recordFeedback'`
					feedback.camel.yaml         | `id: record-feedback`                            | `group: feedback`                       | `error: a route needs an id: edits`
					erasure.camel.yaml          | `uri: direct:erase-conversation`                 | `uri: direct:erase`                     | `which the bean 'erasureEndpoint' calls`
					provider-query.camel.yaml   | `uri: direct:fetch-access-token`                 | `uri: direct:fetch-token`               | `which the bean 'providerCalls' calls`
					api.camel.yaml              | `specification: file:config/openapi.yaml`        | `specification: file:config/none.yaml`  | `error: the contract cannot be read`
					error-policies.camel.yaml   | `maximumRedeliveries: "{{agentassist.genesys.retries}}"` | `maximumRedeliveries: "-1"`     | `warning: -1 retries forever`
					provider-query.camel.yaml   | `- doTry:` | `- circuitBreaker: {id: guard, steps: [{log: {id: guarded, message: x}}]}\\n        - doTry:` | `warning: while it is open, calls are skipped and succeed`
					error-policies.camel.yaml   | `refused: ${exception.message}`                  | `refused: ${exception.message`          | `error: routeConfiguration 'callback-errors' cannot be built: `
					error-policies.camel.yaml   | `java.lang.Exception`                            | `java.lang.Exeption`                    | `error: routeConfiguration 'provider-retry' cannot be built: there is no class 'java.lang.Exeption'`
					feedback.camel.yaml         | `uri: direct:keep-feedback`                      | `uri: direct\\n            parameters: {name: keep}` | `error: no route starts with 'direct:keep'`
					feedback.camel.yaml         | `uri: direct:keep-feedback`                      | `uri: direct\\n            parameters: {name: recordFeedback}` | `error: sends every message back to 'direct:recordFeedback'`
					feedback.camel.yaml         | `uri: direct:keep-feedback`                      | `uri: direct\\n            parameters: {nam: keep}` | `error: not a valid endpoint: `
					interaction-recording.camel.yaml | `stopOnException: true`                     | `stopOnException: false`                | `warning: without 'stopOnException: true' a failing branch goes unnoticed`
					provider-query.camel.yaml   | `- doTry:`                              | `- removeHeaders: {id: drop, pattern: "*"}\\n        - doTry:` | `warning: removes the redelivery counter of route 'request-suggestions'`
					""")
	void shouldTellWhatIsWrongAndWhere(String file, String text, String replacement, String problem)
			throws IOException {
		String before = Files.readString(this.folder.resolve(file));
		assertThat(before).contains(text);
		String after = before.replaceFirst(Pattern.quote(text),
				Matcher.quoteReplacement(replacement.replace("\\n", "\n")));
		Files.writeString(this.folder.resolve(file), after);

		NavigableSet<RouteProblem> problems = check();

		assertThat(problems.stream().map(RouteProblem::toString)).anySatisfy((line) -> {
			assertThat(line).contains(problem);
			assertThat(line).matches("[a-z/-]+\\.camel\\.yaml:\\d+:\\d+: (error|warning): .*");
		});
	}

	@Test
	void shouldNameThePlaceOfTheMistake() throws IOException {
		replace("feedback.camel.yaml", "ref: feedbackRecorder", "ref: feedbackRecoder");

		int line = lineOf("feedback.camel.yaml", "feedbackRecoder");
		assertThat(check()).anySatisfy((problem) -> {
			assertThat(problem.line()).isEqualTo(line);
			assertThat(problem.column()).isEqualTo(20);
		});
	}

	@Test
	void shouldRefuseTwoRoutesOfOnePath() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("platform-http:/openapi.yaml?httpMethodRestrict=GET"));

		assertThat(check().first())
			.hasToString("new.camel.yaml:4:7: error: 'platform-http:/openapi.yaml GET' is already the"
					+ " entrance of route 'api-specification': remove one of them");
	}

	/** It was served instead of the contract's operation, and callbacks were lost. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', value = {
			"/agentassist/suggestions | /agentassist/suggestions POST' serves POST /agentassist/suggestions of the contract",
			"/agentassist/callback?httpMethodRestrict=POST | /agentassist/callback POST' serves POST /agentassist/callback of the contract",
			"/agentassist/suggestions/{id}?httpMethodRestrict=GET | /agentassist/suggestions/{id} GET' serves GET /agentassist/suggestions/{request_id} of the contract",
			"/ | / GET' serves / of the bridge itself",
			"/{page}?httpMethodRestrict=GET | /{page} GET' serves /error of the bridge itself",
			"/panel/{file} | /panel/{file} GET' serves /panel/panel.js of the bridge itself" })
	void shouldRefuseARouteThatTakesAPathOfTheBridge(String path, String problem) throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("platform-http:" + path));
		assertThat(check()).first()
			.hasToString("new.camel.yaml:4:7: error: 'platform-http:" + problem + ": take another path");

		for (String free : new String[] { "/agentassist/callback?httpMethodRestrict=GET", "/agentassist", "/panel",
				"/agentassist/suggestions/{id}/notes", "/hello/{name}" }) {
			add("new.camel.yaml", NEW_ROUTE.formatted("platform-http:" + free));
			assertThat(check()).isEmpty();
		}
	}

	/**
	 * After a restart the first took the contract's path; the second stopped the start.
	 */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"{path: /agentassist, post: [{path: /callback, to: 'direct:recordFeedback'}]} | 'rest' is for the contract only",
			"{openApi: {specification: 'file:config/openapi.yaml'}} | the contract is already served, at api.camel.yaml:3:3" })
	void shouldRefuseARestThatIsNotTheContract(String rest, String problem) throws IOException {
		add("new.camel.yaml", "- rest: " + rest);

		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:1:3: error: " + problem + ": add your operation to config/openapi.yaml, or"
					+ " write a route from 'platform-http:/<path>'");
	}

	/** The next start was refused. */
	@Test
	void shouldRefuseAStartupOrderThatIsGivenTwice() throws IOException {
		String route = NEW_ROUTE.replace("    from:", "    startupOrder: 7\n    from:");
		add("new.camel.yaml", route.formatted("direct:new-route"));
		assertThat(check()).isEmpty();

		add("other.camel.yaml", route.replace("new", "other").formatted("direct:other-route"));
		assertThat(check()).singleElement()
			.hasToString("other.camel.yaml:3:5: error: the startupOrder 7 is already that of route 'new-route':"
					+ " a start would refuse it");
	}

	/** After a restart it ran under a generated id. */
	@Test
	void shouldRefuseARouteThatIsNoMoreThanItsFrom() throws IOException {
		add("new.camel.yaml", "- from:\n    uri: direct:new-route\n    steps:\n    - log: new\n");

		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:1:3: error: a route needs an id: edits and metrics refer to it; write"
					+ " '- route:', and below it 'id' and 'from'");
	}

	/** Its callers waited 30 s and failed; live, it could not be exchanged. */
	@Test
	void shouldRefuseARouteThatIsNotStarted() throws IOException {
		String route = NEW_ROUTE.replace("    from:", "    autoStartup: %s\n    from:");
		add("new.camel.yaml", route.formatted("\"{{recipes.start:false}}\"", "direct:new-route"));
		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:3:5: error: 'autoStartup: false' leaves the entrance of the route unserved:"
					+ " give it a precondition, or pause the running route");

		add("new.camel.yaml", route.formatted("true", "direct:new-route"));
		assertThat(check()).isEmpty();
	}

	@Test
	void shouldKnowTheBeansThatASetDeclares() throws IOException {
		add("beans.camel.yaml", "- beans: [{name: started, type: java.util.Date}]\n");
		String step = "        - bean: {ref: started, method: getTime}\n";
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + step);
		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:9:23: error: the bean 'started' is not allowed in routes: use another, or add"
					+ " it to agentassist.routes.beans and restart the bridge");

		assertThat(checkWith("agentassist.routes.beans", "started")).isEmpty();
	}

	/** They were taken for steps: "the component 'agent@example.com' is not allowed". */
	@Test
	void shouldTakeParametersForOptionsWhateverTheirNames() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + """
				        - to:
				            id: send-mail
				            uri: log:mail
				            parameters: {to: agent@example.com, uri: "file:/etc", marker: "{{none}}"}
				""");

		assertThat(check()).map((problem) -> problem.toString().replaceFirst(".*: error: ", ""))
			.containsExactlyInAnyOrder("'to' is not an option of log:mail", "'uri' is not an option of log:mail",
					"the setting 'none' is not defined: add it to config/application.yaml");
	}

	/** Camel found an object mapper that nothing had initialized, and took it. */
	@Test
	void shouldBuildARouteWithJsonPath() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + """
				        - setBody:
				            id: find-id
				            jsonpath: $.id
				""");

		assertThat(check()).isEmpty();
	}

	/** They were not looked at. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"enrich: {constant: 'direct:nobody'} | no route starts with 'direct:nobody'",
			"enrich: {expression: {simple: {expression: 'direct:nobody'}}} | no route starts with 'direct:nobody'",
			"pollEnrich: {constant: 'file:/etc'} | the component 'file' is not allowed: use another, or add it to agentassist.routes.components and restart the bridge",
			"recipientList: {constant: 'log:a, kafka:b'} | there is no component 'kafka': its library is not in the bridge",
			"recipientList: {delimiter: ';', constant: 'log:a?marker=x,y;none:b'} | the component 'none' is not allowed: use another, or add it to agentassist.routes.components and restart the bridge",
			"routingSlip: {simple: 'log:a?gredy=1'} | 'gredy' is not an option of log:a" })
	void shouldCheckEndpointsThatAreAConstantExpression(String step, String problem) throws IOException {
		assertRefused(step, problem);
	}

	private void assertRefused(String step, String problem) throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + "        - " + step + "\n");

		assertThat(check()).singleElement().asString().endsWith(": error: " + problem);
	}

	@Test
	void shouldTakeEndpointsThatDependOnTheMessage() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + """
				        - enrich: {constant: "direct:query-provider"}
				        - recipientList: {simple: "direct:${header.next},file:b"}
				        - routingSlip: {header: next}
				""");

		assertThat(check()).isEmpty();
	}

	/** Each message failed with a NumberFormatException. */
	@ParameterizedTest
	@ValueSource(strings = { "loop", "delay", "throttle" })
	void shouldRefuseANumberThatIsNone(String step) throws IOException {
		String route = NEW_ROUTE.formatted("direct:new-route") + "        - " + step + ":\n            %s\n";
		if ("loop".equals(step)) {
			route += "            steps: [{log: seen}]\n";
		}
		add("new.camel.yaml", route.formatted("constant: \"{{recipes.times:5s}}\""));
		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:10:23: error: '" + step + "' needs a whole number, not '5s'");

		for (String number : new String[] { "constant: 5", "simple: ${header.times}",
				"expression: {constant: {expression: '{{recipes.times:5}}'}}" }) {
			add("new.camel.yaml", route.formatted(number));
			assertThat(check()).isEmpty();
		}
	}

	/** The process died of it, out of memory. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"dynamicRouter: {constant: 'log:a'} | 'dynamicRouter' never ends: its expression must give null at last, it has to depend on the message",
			"dynamicRouter: {constant: 'log:${body}'} | 'dynamicRouter' never ends: its expression must give null at last, it has to depend on the message",
			"dynamicRouter: {expression: {simple: {expression: 'log:a'}}} | 'dynamicRouter' never ends: its expression must give null at last, it has to depend on the message",
			"loop: {doWhile: true, constant: true, steps: [{log: again}]} | 'loop' never ends: its expression must be false at last, it has to depend on the message",
			"loop: {doWhile: '{{recipes.while:true}}', simple: '1 < 2', steps: [{log: again}]} | 'loop' never ends: its expression must be false at last, it has to depend on the message",
			"loop: {constant: '{{recipes.times:10001}}', steps: [{log: again}]} | 'loop' repeats its steps at most 10000 times, not 10001: let a scheduler do a part at a time",
			"loop: {constant: 99999999999999999999, steps: [{log: again}]} | 'loop' repeats its steps at most 10000 times, not 99999999999999999999: let a scheduler do a part at a time" })
	void shouldRefuseAStepThatDoesNotEnd(String step, String problem) throws IOException {
		assertRefused(step, problem);
	}

	@Test
	void shouldTakeStepsThatEnd() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + """
				        - dynamicRouter: {simple: "${exchangeProperty.next}"}
				        - dynamicRouter: {method: {ref: callbackParser, method: parse}}
				        - routingSlip: {constant: "log:a"}
				        - loop: {doWhile: true, simple: "${header.more}", steps: [{log: again}]}
				        - loop: {constant: 10000, steps: [{log: again}]}
				""");

		assertThat(check()).isEmpty();
	}

	/** They waited in the outbox, and nobody was told. */
	@Test
	void shouldWarnOfEventsThatNoRouteDelivers() throws IOException {
		Files.delete(this.folder.resolve("audit-delivery.camel.yaml"));
		assertThat(check()).filteredOn((problem) -> !problem.message().contains("required-steps"))
			.singleElement()
			.hasToString("interaction-recording.camel.yaml:" + lineOf("interaction-recording.camel.yaml", "add('audit'")
					+ ":27: warning: route 'record-interaction' keeps events for 'audit', but no active route takes them"
					+ " from the outbox: they wait there");

		copyRoutes();
		replace("analytics-delivery.camel.yaml", "buryOverdue('analytics'", "buryOverdue('analytic'");
		assertThat(check()).map(RouteProblem::toString)
			.anyMatch((line) -> line.contains("route 'record-interaction' keeps events for 'analytics'"))
			.anyMatch((line) -> line.contains("route 'checkpoint-audit' keeps events for 'analytics'"))
			.hasSize(2);
	}

	/**
	 * Everything else waited for the database's only connection, and was answered 503.
	 */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "delay: {constant: 1000} | warning", "delay: {simple: '${header.wait}'} | warning",
					"to: https://slow.example | warning", "enrich: {constant: 'http:slow'} | warning",
					"delay: {constant: 1001} | error",
					"delay: {expression: {constant: {expression: '{{recipes.wait:20000}}'}}} | error" })
	void shouldTellOfAWaitWithinATransaction(String wait, String severity) throws IOException {
		String route = NEW_ROUTE.formatted("direct:new-route") + "        - transacted: {}\n        - %s\n";
		String problem = ": " + severity
				+ ": waits within the transaction of route 'new-route', and everything else may wait"
				+ " for its database connection: do it before or after";
		add("new.camel.yaml", route.formatted(wait));
		assertThat(check()).singleElement().asString().startsWith("new.camel.yaml:10:").endsWith(problem);

		add("new.camel.yaml", route.formatted("to: direct:between"));
		add("slow.camel.yaml",
				NEW_ROUTE.formatted("direct:between").replace("new", "between") + "        - to: direct:slow\n"
						+ NEW_ROUTE.formatted("direct:slow").replace("new", "slow") + "        - " + wait + "\n");
		assertThat(check()).singleElement().asString().startsWith("slow.camel.yaml:18:").endsWith(problem);

		add("new.camel.yaml", route.formatted("wireTap: {uri: direct:between}"));
		add("off.camel.yaml",
				NEW_ROUTE.formatted("\"{{?recipes.none}}\"")
					.replace("new", "off")
					.replace("    from:", "    precondition: \"'a' == 'b'\"\n    from:") + "        - " + wait + "\n");
		assertThat(check()).isEmpty();
	}

	/** Callbacks without a signature, say, were accepted, and nobody was told. */
	@ParameterizedTest
	@ValueSource(strings = { "id: $2-of-old", "id: $2\n$1disabled: true" })
	void shouldWarnOfEachRequiredStepThatIsGone(String instead) throws IOException {
		List<String> required = offline.settings().requiredSteps();
		Pattern step = Pattern.compile("(?m)^( +)id: (" + String.join("|", required) + ")$");
		int found = 0;
		for (String file : RouteSet.read(offline.settings(), this.folder, (problem) -> {
		}).routes()) {
			Matcher matcher = step.matcher(Files.readString(this.folder.resolve(file)));
			found += (int) matcher.results().count();
			add(file, matcher.replaceAll("$1" + instead));
		}

		assertThat(found).isEqualTo(required.size());
		List<String> problems = check().stream().map(RouteProblem::toString).toList();
		assertThat(required).allSatisfy((id) -> assertThat(problems)
			.anySatisfy((problem) -> assertThat(problem).startsWith(".:1:1: warning: no route has the step '" + id
					+ "', which agentassist.routes.required-steps names: ")));
	}

	@Test
	void shouldNotMissAStepWhetherAnalyticsIsOnOrOff() throws IOException {
		assertThat(offline.settings().requiredSteps()).hasSizeGreaterThan(40).doesNotHaveDuplicates();
		for (String endpoint : new String[] { "", "https://collector.example/events" }) {
			assertThat(checkWith("agentassist.analytics.endpoint", endpoint)).isEmpty();
		}
	}

	/** Such a setting was "not defined", and then no edit was accepted any more. */
	@Test
	void shouldLetAnOptionalSettingBeMissing() throws IOException {
		String route = NEW_ROUTE.formatted("direct:new-route") + """
				        - to:
				            id: tell
				            uri: %s
				            parameters:
				              groupSize: "{{?recipes.size}}"
				              marker: "{{?recipes.marker}}"
				""";
		add("new.camel.yaml", route.formatted("log:new"));
		assertThat(check()).isEmpty();

		add("new.camel.yaml", route.formatted("\"{{?recipes.address}}\""));
		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:11:18: error: {{?recipes.address}} has no value: set it, or give the route a"
					+ " precondition that leaves it out");
	}

	/** Removing the one took the path of the other away. */
	@ParameterizedTest
	@CsvSource({ "platform-http:/hello?httpMethodRestrict=GET, platform-http:/hello GET",
			"'platform-http:/hello?httpMethodRestrict=PUT,get', platform-http:/hello GET",
			"platform-http:hello?httpMethodRestrict=POST, platform-http:/hello POST",
			"platform-http:/hello, platform-http:/hello GET", "platform-http://hello, platform-http:/hello GET",
			"'platform-http\n      parameters: {path: /hello}', platform-http:/hello GET",
			"'platform-http\n      parameters: {path: hello, httpMethodRestrict: \"PUT,POST\"}', platform-http:/hello POST" })
	void shouldRefuseTwoRoutesThatShareAVerbOfOnePath(String uri, String shared) throws IOException {
		String parameters = "\n      parameters:\n        httpMethodRestrict: GET,POST";
		add("hello.camel.yaml", NEW_ROUTE.formatted("platform-http:/hello" + parameters).replace("new", "hello"));
		add("new.camel.yaml", NEW_ROUTE.formatted(uri));

		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:4:7: error: '" + shared
					+ "' is already the entrance of route 'hello-route': remove one of them");

		add("new.camel.yaml", NEW_ROUTE.formatted("platform-http:/hello?httpMethodRestrict=PUT"));
		assertThat(check()).isEmpty();
	}

	@Test
	void shouldKnowTheContractsPathsWhereItNamesTheServer(@TempDir Path elsewhere) throws IOException {
		String contract = Files.readString(Path.of("config/openapi.yaml"));
		Path named = Files.writeString(elsewhere.resolve("openapi.yaml"),
				contract.replace("url: /agentassist", "url: https://bridge.example:8443/agentassist"));
		replace("api.camel.yaml", "specification: file:config/openapi.yaml", "specification: file:" + named);
		add("new.camel.yaml", NEW_ROUTE.formatted("platform-http:/agentassist/callback"));

		assertThat(check()).first().asString().contains("serves POST /agentassist/callback of the contract");
	}

	@Test
	void shouldRefuseTwoRoutesOfOnePathWithOtherParameters() throws IOException {
		add("hello.camel.yaml", NEW_ROUTE.formatted("platform-http:/hello/{who}").replace("new", "hello"));
		add("new.camel.yaml", NEW_ROUTE.formatted("platform-http:/hello/{name}"));

		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:4:7: error: 'platform-http:/hello/{name} GET' is already the entrance of route"
					+ " 'hello-route': remove one of them");
	}

	/**
	 * Kaoto writes endpoints so. Each of them counted as the name "direct" or
	 * "platform-http".
	 */
	@Test
	void shouldKnowAnEndpointWhosePathIsAmongItsParameters() throws IOException {
		RouteGraph written = graph();
		for (String file : RouteSet.read(offline.settings(), this.folder, (problem) -> {
		}).routes()) {
			add(file,
					Files.readString(this.folder.resolve(file))
						.replaceAll("(?m)^( *)uri: direct:(.*)$", "$1uri: direct\n$1parameters:\n$1  name: $2")
						.replaceAll("(?m)^( *)uri: platform-http:(.*)\n.*parameters:$",
								"$1uri: platform-http\n$1parameters:\n$1  path: $2"));
		}
		assertThat(this.folder.resolve("feedback.camel.yaml")).content().contains("name: keep-feedback");
		assertThat(this.folder.resolve("api.camel.yaml")).content().contains("path: /openapi.yaml");

		assertThat(check()).isEmpty();
		assertThat(graph().mermaid()).isEqualTo(written.mermaid());
		assertThat(graph().table()).isEqualTo(written.table());

		add("new.camel.yaml", NEW_ROUTE.formatted("platform-http\n      parameters: {path: /new}")
				+ "        - toD: {id: go-on, uri: direct, parameters: {name: \"${header.next}\"}}\n");
		assertThat(check()).isEmpty();

		assertWarnsOfARemovedRedeliveryCounter();
	}

	private void assertWarnsOfARemovedRedeliveryCounter() throws IOException {
		replace("provider-query.camel.yaml", "- doTry:",
				"- removeHeaders: {id: drop, pattern: \"*\"}\n        - doTry:");
		assertThat(check()).singleElement()
			.asString()
			.contains("warning: removes the redelivery counter of route 'request-suggestions'");
	}

	@Test
	void shouldReportAPolicyOnceAtItsOwnPlace() throws IOException {
		String rest = "\n          onExceptionOccurredRef: failedStep\n          redeliveryPolicy";
		replace("error-policies.camel.yaml", "java.lang.Exception" + rest, "java.lang.Exeption" + rest);

		int line = lineOf("error-policies.camel.yaml", "java.lang.Exeption");
		assertThat(check()).singleElement()
			.hasToString("error-policies.camel.yaml:" + line + ":15: error: routeConfiguration 'api-errors' cannot be"
					+ " built: there is no class 'java.lang.Exeption'");
	}

	/** Nothing of a policy was built, whether a route named it or not. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "onException | {exception: [java.lang.Exception], steps: [{log: '${body'}]} | 5:82",
					"onException | {exception: [java.lang.Exception], onWhen: {simple: '${body'}} | 4:5",
					"onCompletion | {steps: [{log: '${body'}]} | 5:50", "intercept | {steps: [{log: '${body'}]} | 5:44",
					"interceptFrom | {uri: 'direct:keep-feedback', steps: [{log: '${body'}]} | 5:81",
					"interceptSendToEndpoint | {uri: 'direct:keep-feedback', steps: [{log: '${body'}]} | 5:101" })
	void shouldBuildAPolicyThatNoRouteNames(String kind, String content, String place) throws IOException {
		String policies = """
				- routeConfiguration:
				    onCompletion: [{onCompletion: {steps: [{log: done}]}}]
				- routeConfiguration:
				    %s
				    KIND: [{KIND: CONTENT}]
				""".replace("KIND", kind).replace("CONTENT", content);

		add("policies.camel.yaml", policies.formatted("id: unused"));
		assertThat(check()).singleElement()
			.asString()
			.startsWith("policies.camel.yaml:" + place + ": error: routeConfiguration 'unused' cannot be built: ");

		add("policies.camel.yaml", policies.formatted("description: for all routes without a policy"));
		assertThat(check()).singleElement()
			.asString()
			.startsWith("policies.camel.yaml:" + place + ": error: this routeConfiguration cannot be built: ");

		add("policies.camel.yaml", policies.formatted("precondition: \"'a' == 'b'\""));
		assertThat(check()).isEmpty();
	}

	/** It was refused, and its value with a key in it shown. */
	@Test
	void shouldTakeASettingWithAQueryForAnEndpoint() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + """
				        - to:
				            uri: "{{agentassist.analytics.endpoint}}"
				            parameters: {httpMethod: POST}
				""");

		assertThat(checkWith("agentassist.analytics.endpoint", "https://collector.example/events?key=k-1&x=y"))
			.isEmpty();
	}

	/** It was told at the beginning of the route. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"simple: ${bdy} | 14:25: error: route 'new-route' cannot be built: Unknown function: bdy",
			"simple: '{{agentassist.audit.directory}} ${bdy}' | 14:25: error: route 'new-route' cannot be built: Unknown function: bdy",
			"jq: .x | 14:17: error: route 'new-route' cannot be built: there is no language 'jq': its library is not in the bridge",
			"tokenize: {token: x, resultType: io.None} | 14:50: error: route 'new-route' cannot be built: there is no class 'io.None'" })
	void shouldNameThePlaceOfAnExpression(String expression, String problem) throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + """
				        - filter:
				            simple: ${body} != null
				            steps:
				            - setHeader:
				                name: jsonpath
				                %s
				""".formatted(expression));

		assertThat(check()).singleElement().asString().startsWith("new.camel.yaml:" + problem);
	}

	/** Camel reads some when a route starts, others when a message fails. */
	@ParameterizedTest
	@CsvSource({ "maximumRedeliveries, many", "redeliveryDelay, 1s", "delayPattern, 0:1s" })
	void shouldRefuseARedeliveryThatIsNoNumber(String option, String value) throws IOException {
		replace("error-policies.camel.yaml", "maximumRedeliveries: \"{{agentassist.genesys.retries}}\"",
				option + ": " + value);

		assertThat(check()).singleElement()
			.asString()
			.startsWith("error-policies.camel.yaml:5:5: error: routeConfiguration 'provider-retry' cannot be built: ")
			.contains("redeliveryPolicy: For input string: \"" + value.replaceAll(".*:", "") + "\"");
	}

	/** No route starts with a pattern. */
	@ParameterizedTest
	@CsvSource({ "interceptFrom, direct:*", "interceptFrom, platform-http:.*",
			"interceptSendToEndpoint, (direct|log):keep.*" })
	void shouldTakeAPatternOfEndpoints(String kind, String pattern) throws IOException {
		add("policies.camel.yaml",
				"- routeConfiguration: {id: unused, KIND: [{KIND: {uri: 'PATTERN', steps: [{log: seen}]}}]}"
					.replace("KIND", kind)
					.replace("PATTERN", pattern));

		assertThat(check()).isEmpty();
	}

	@Test
	void shouldBuildTheErrorHandlerOfAPolicy() throws IOException {
		add("policies.camel.yaml", """
				- routeConfiguration:
				    id: unused
				    errorHandler:
				      deadLetterChannel:
				        deadLetterUri: none:here
				""");

		assertThat(check()).singleElement()
			.asString()
			.startsWith("policies.camel.yaml:2:5: error: routeConfiguration 'unused' cannot be built: ");
	}

	@Test
	void shouldKnowAStepThatIsNoMoreThanItsUri() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route") + "        - to: direct:purge-old-rows-now\n");
		assertThat(check()).singleElement()
			.hasToString("new.camel.yaml:9:15: error: no route starts with 'direct:purge-old-rows-now'");
		assertThat(row("new-route")).containsExactly("new.camel.yaml", "new-route", "direct:new-route",
				"direct:purge-old-rows-now");
		Files.delete(this.folder.resolve("new.camel.yaml"));

		replace("suggestion-request.camel.yaml", "to:\n            id: query-provider-with-retries\n            uri: ",
				"to: ");
		assertWarnsOfARemovedRedeliveryCounter();
	}

	@Test
	void shouldShowARouteWithoutAnId() throws IOException {
		add("new.camel.yaml", NEW_ROUTE.formatted("direct:new-route").replace("    id: new-route\n", ""));

		assertThat(row("without-id")).containsExactly("new.camel.yaml", "without-id", "direct:new-route", "");
		assertThat(graph().mermaid()).startsWith("flowchart");
	}

	private List<String> row(String route) throws IOException {
		return graph().table().stream().filter((row) -> row.contains(route)).findFirst().orElseThrow();
	}

	private RouteGraph graph() throws IOException {
		return offline.graph(RouteSet.read(offline.settings(), this.folder, (problem) -> {
		}));
	}

	@Test
	void shouldLetARouteCallItselfUnderACondition() throws IOException {
		add("new.camel.yaml", """
				- route:
				    id: every-page
				    from:
				      uri: direct:every-page
				      steps:
				        - filter:
				            id: no-page-left
				            simple: ${body} == null
				            steps:
				              - stop:
				                  id: end
				        - to:
				            id: next-page
				            uri: direct:every-page
				""");

		assertThat(check()).isEmpty();
	}

	@Test
	void shouldRefuseALinkOutOfTheFolder(@TempDir Path elsewhere) throws IOException {
		Path target = Files.writeString(elsewhere.resolve("x.camel.yaml"), NEW_ROUTE.formatted("direct:new"));
		Files.createSymbolicLink(this.folder.resolve("x.camel.yaml"), target);

		assertThat(check().first().toString()).startsWith("x.camel.yaml:1:1: error: is a link to a place outside");
	}

	@Test
	void shouldTellOnlyTheIdOfEachRouteInACopiedFile() throws IOException {
		add("feedback-copy.camel.yaml", Files.readString(this.folder.resolve("feedback.camel.yaml")));

		assertThat(check()).map(RouteProblem::toString)
			.containsExactly(
					"feedback.camel.yaml:4:9: error: the id 'record-feedback' is already used, at feedback-copy.camel.yaml:4:9",
					"feedback.camel.yaml:51:9: error: the id 'keep-feedback' is already used, at feedback-copy.camel.yaml:51:9");
	}

	@Test
	void shouldRefuseALargeFile() throws IOException {
		add("large.camel.yaml", "# " + "x".repeat(300_000) + "\n");

		assertThat(check().first().toString()).contains("large.camel.yaml:1:1: error: has 300003 bytes, more than");
	}

	@Test
	void shouldRefuseAFileThatIsNoText() throws IOException {
		Files.write(this.folder.resolve("binary.camel.yaml"), new byte[] { (byte) 0xff, (byte) 0xfe, 0 });

		assertThat(check().first().toString()).contains("binary.camel.yaml:1:1: error: is not UTF-8 text");
	}

	@Test
	void shouldIgnoreWhatIsNeitherARouteNorText() throws IOException {
		Files.write(this.folder.resolve("logo.png"), new byte[] { (byte) 0x89, 'P', 'N', 'G', (byte) 0xff });
		Files.writeString(this.folder.resolve("archive.txt"), "x".repeat(300_000));

		assertThat(check()).isEmpty();
	}

	/** It left the set unnoticed, and was read from the folder. */
	@Test
	void shouldRefuseWhatARouteReadsIfItIsNotText() throws IOException {
		Files.write(this.folder.resolve("answer.txt"), new byte[] { 'Z', 'o', (byte) 0xeb });
		add("answer.camel.yaml", """
				- route:
				    id: answer
				    from:
				      uri: direct:answer
				      steps:
				        - setBody:
				            id: set-answer
				            constant: resource:file:{{agentassist.routes.directory}}/answer.txt
				""");

		assertThat(check()).map(RouteProblem::toString).contains("answer.txt:1:1: error: is not UTF-8 text");
	}

	@Test
	void shouldTakeEveryFileFromKaoto() throws IOException {
		// Kaoto leaves out what is at its default and writes an element in its own order.
		add("kaoto.camel.yaml", """
				- route:
				    id: route-1234
				    description: ""
				    from:
				      id: from-1234
				      description: Timer
				      uri: timer
				      parameters:
				        period: "60000"
				        timerName: kaoto
				      steps:
				        - setBody:
				            id: setBody-3387
				            expression:
				              simple:
				                expression: Hello Camel from ${routeId}
				        - log:
				            id: log-2966
				            message: ${body}
				""");

		assertThat(check()).isEmpty();
	}

	@Test
	void shouldNotLoadTheExamples() throws IOException {
		Files.createDirectories(this.folder.resolve("examples"));
		add("examples/broken.camel.yaml", "- nothing: {}");

		assertThat(check()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = {
			"- route: &r {id: a, from: *r}|new.camel.yaml:1:27: error: not valid YAML: the alias *r",
			"&a [*a]|new.camel.yaml:1:5: error: not valid YAML: the alias *a",
			"- route: {id: {{name}}}|new.camel.yaml:1:15: error: not valid YAML: a {{placeholder}} needs quotes around it",
			"- route: {id: a, from: {uri: 'direct:a'}, id: b}|new.camel.yaml:1:43: error: not valid YAML: found duplicate key id",
			"deep|new.camel.yaml:1:108: error: not valid YAML: nested" })
	void shouldRefuseFilesThatGrowWhenTheyAreRead(String text, String problem) throws IOException {
		add("new.camel.yaml", "deep".equals(text) ? "- route: " + "[".repeat(20_000) + "]".repeat(20_000) : text);

		assertThat(check()).first().asString().startsWith(problem);
	}

	private NavigableSet<RouteProblem> check() throws IOException {
		return check(offline);
	}

	private NavigableSet<RouteProblem> checkWith(String setting, String value) throws IOException {
		System.setProperty(setting, value);
		try (OfflineRoutes others = new OfflineRoutes("")) {
			return check(others);
		}
		finally {
			System.clearProperty(setting);
		}
	}

	private NavigableSet<RouteProblem> check(OfflineRoutes surroundings) {
		NavigableSet<RouteProblem> problems = new TreeSet<>();
		RouteSet set = RouteSet.read(surroundings.settings(), this.folder, problems::add);
		problems.addAll(surroundings.validate(set));
		return problems;
	}

	private void add(String file, String text) throws IOException {
		Files.writeString(this.folder.resolve(file), text, StandardCharsets.UTF_8);
	}

	private void replace(String file, String text, String replacement) throws IOException {
		Path path = this.folder.resolve(file);
		add(file, Files.readString(path).replace(text, replacement));
	}

	private int lineOf(String file, String text) throws IOException {
		try (Stream<String> lines = Files.lines(this.folder.resolve(file))) {
			return (int) lines.takeWhile((line) -> !line.contains(text)).count() + 1;
		}
	}

}
