package io.agentassist.bridge.desktop;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import io.agentassist.bridge.GuardedBridgeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.web.server.LocalManagementPort;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows to whom the files of the panel are served, and how. */
class PanelTest extends GuardedBridgeTest {

	@LocalManagementPort
	private int managementPort;

	@ParameterizedTest
	@CsvSource({ "/,text/html", "/?conversation_id=conv-1,text/html", "/panel/panel.js,text/javascript",
			"/panel/panel.css,text/css" })
	void shouldServeThePanelToAnyone(String path, String type) {
		HttpResponse<String> file = get(path);

		assertThat(file.statusCode()).isEqualTo(200);
		assertThat(file.headers().firstValue("Content-Type")).hasValue(type + ";charset=UTF-8");
		assertThat(file.headers().allValues("Content-Security-Policy"))
			.containsExactly("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
					+ "base-uri 'none'; form-action 'none'; frame-ancestors 'self' " + ORIGIN);
		assertThat(file.headers().allValues("Referrer-Policy")).containsExactly("no-referrer");
		assertThat(file.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
		assertThat(file.headers().allValues("Cache-Control")).containsExactly("no-store");
		assertThat(file.body()).isNotBlank();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "/panel/panel.js", "/panel/panel.css" })
	void shouldAnswerHeadAsGetWithoutTheBody(String path) {
		HttpResponse<String> head = send(request(path).method("HEAD", HttpRequest.BodyPublishers.noBody()).build());

		assertThat(head.statusCode()).isEqualTo(200);
		assertThat(head.body()).isEmpty();
		assertThat(head.headers().firstValue("Content-Length"))
			.isEqualTo(get(path).headers().firstValue("Content-Length"));
		assertThat(head.headers().firstValue("Content-Security-Policy"))
			.hasValueSatisfying((policy) -> assertThat(policy).contains("script-src 'self'"));
	}

	/** Nor anything that the policy above would forbid. */
	@Test
	void shouldHaveNoScriptOrStyleWithinThePage() {
		assertThat(get("/").body()).doesNotContainPattern("<style|style=|\\son\\w+=|<script[^>]*>[^<]|https?:");
		assertThat(get("/panel/panel.js").body()).doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML",
				"document.write", "localStorage", "sessionStorage", "document.cookie");
	}

	@ParameterizedTest
	@CsvSource({ "POST,/", "PUT,/", "DELETE,/panel/panel.js", "POST,/panel/panel.css" })
	void shouldAnswer405ToOtherMethods(String method, String path) {
		HttpResponse<String> answer = send(
				request(path).method(method, HttpRequest.BodyPublishers.ofString("{}")).build());

		assertThat(problemStatus(answer)).isEqualTo(405);
		assertThat(json(answer).path("detail").asText())
			.isEqualTo("This path does not accept " + method + " requests.");
		assertThat(answer.headers().firstValue("Allow"))
			.hasValueSatisfying((allow) -> assertThat(allow).contains("GET"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "/index.html", "/panel", "/panel/", "/panel/index.html", "/panel/nothing",
			"/panel/panel.jsx", "/panel/panel.js/", "/panel/%2e%2e/x", "/panel/..%2fpanel.js", "/static/panel/panel.js",
			"/favicon.ico" })
	void shouldAnswer404OrRefuseWhatIsNoFileOfThePanel(String path) {
		HttpResponse<String> answer = get(path);

		assertThat(problemStatus(answer)).isEqualTo(path.contains("%2f") ? 400 : 404);
		assertThat(answer.headers().allValues("Content-Security-Policy"))
			.containsExactly("default-src 'none'; frame-ancestors 'none'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "/panel/panel.js" })
	void shouldNotServeThePanelOnTheManagementPort(String path) {
		URI management = URI.create("http://127.0.0.1:" + this.managementPort + path);

		assertThat(send(HttpRequest.newBuilder(management).build()).statusCode()).isEqualTo(404);
	}

	/** Spring adds a Content-Disposition where the path ends as a file's name does. */
	private static int problemStatus(HttpResponse<String> answer) {
		assertThat(answer.headers().firstValue("Content-Type"))
			.hasValueSatisfying((type) -> assertThat(type).startsWith("application/problem+json"));
		return json(answer).path("status").asInt();
	}

}
