package io.agentassist.bridge.desktop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.Browser;
import io.agentassist.bridge.PackagedBridge;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows the panel as an agent uses it, in a real browser, with the sandbox's suggestions.
 * Screenshots are in {@code target/panel}. Skipped where no Chromium is installed.
 */
class PanelIT {

	private static final ObjectMapper JSON = new ObjectMapper();

	private static final Path SCREENSHOTS = Path.of("target/panel");

	private static final String API_KEY = "key-of-the-panels-test";

	private static final String HOSTILE_TITLE = "Unlock <img src=x onerror=document.title='owned'>";

	@TempDir
	private Path folder;

	@TempDir
	private Path profile;

	private Browser browser;

	@Test
	void shouldShowSuggestionsAsTheyComeAndSendFeedback() throws Exception {
		Browser.assumeInstalled();
		try (PackagedBridge bridge = new PackagedBridge(this.folder,
				Map.of("spring.profiles.active", "sandbox", "agentassist.api.auth", "api-key", "agentassist.api.keys",
						API_KEY, "agentassist.stream.max-duration", "7s"))) {
			haveTheProviderSuggest(HOSTILE_TITLE, "Ask for the postcode, then for the date of birth. ".repeat(8));
			bridge.startAndAwait();
			Browser.use(this.profile, SCREENSHOTS, (opened) -> {
				this.browser = opened;
				signIn(bridge);
				seeSuggestions(bridge);
				giveFeedback(bridge);
				seeThemAgain(bridge);
				seeThatAnIdIsRefused(bridge);
				seeThatOnlyTheDesktopSignsInWithTokens(bridge);
			});
		}
	}

	/** Instead of one that is harmless and short. */
	private void haveTheProviderSuggest(String title, String content) throws IOException {
		Path file = this.folder.resolve("routes/sandbox/password.json");
		String suggestions = Files.readString(file);
		String changed = suggestions.replace("\"Unlock an account\"", "\"" + title + "\"")
			.replace("Five wrong passwords", content + "Five wrong passwords");
		assertThat(changed).contains(title, content);
		Files.writeString(file, changed);
	}

	private void signIn(PackagedBridge bridge) {
		// Windows are at least 500 pixels wide.
		this.browser.driver()
			.executeCdpCommand("Emulation.setDeviceMetricsOverride",
					Map.of("width", 400, "height", 1000, "deviceScaleFactor", 1, "mobile", false));
		this.browser.driver().get(bridge.url("/?agent_id=agent-8&conversation_id=conv-panel").toString());
		this.browser.see("//*[@id='connection'][starts-with(., 'Signed out')]");
		assertThat(this.browser.find("//*[@id='news']").getCssValue("display")).as("for screen readers")
			.isEqualTo("block");
		this.browser.see("//*[@id='api-key']").sendKeys("wrong");
		this.browser.press("//button[.='Sign in']");
		this.browser.see("//*[@id='connection'][contains(., 'not valid')]");
		this.browser.driver().executeScript("location.hash = '#api_key=" + API_KEY + "'");
		seeLive();
		assertThat(this.browser.driver().getCurrentUrl()).doesNotContain("#", API_KEY);
		this.browser.see("//*[@id='no-requests']");
	}

	private void seeSuggestions(PackagedBridge bridge) throws Exception {
		String requestId = ask(bridge, "I forgot my password", "kb-support");
		JsonNode request = JSON.readTree(get(bridge, "/agentassist/suggestions/" + requestId + "?wait=PT10S"));
		assertThat(request.path("ranked_suggestions")).hasSize(3);
		this.browser.see("//h3[.='Send a password reset link']");

		assertThat(titles()).isEqualTo(request.path("ranked_suggestions").findValuesAsText("title"))
			.contains(HOSTILE_TITLE);
		assertThat(this.browser.driver().findElements(By.tagName("img"))).isEmpty();
		see(HOSTILE_TITLE, "//li[.='Matches your skills']");
		this.browser.screenshot("light");
		this.browser.driver()
			.executeCdpCommand("Emulation.setEmulatedMedia",
					Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
		this.browser.screenshot("dark");

		// The agent pressed a button of what had moved below the mouse.
		this.browser.driver().executeScript("""
				new MutationObserver(() => {
					window.whileMoving = getComputedStyle(document.querySelector(".accept")).pointerEvents;
				}).observe(document.getElementById("requests"), { childList: true });""");
		ask(bridge, "I forgot my password", "sim-failed");
		this.browser.see("//section[1]/p[.='The provider could not make suggestions.']");
		assertThat(titles()).hasSize(3);
		assertThat(this.browser.driver().executeScript("return window.whileMoving")).isEqualTo("none");
	}

	private void giveFeedback(PackagedBridge bridge) throws IOException {
		tryFailedFeedbackAgain();
		pressTwice();
		see("Send a password reset link",
				"[@data-feedback='accepted'][not(contains(., 'not recorded'))]//*[.='Accepted']");
		press("Send a password reset link", "Dismiss");
		see("Send a password reset link",
				"[@data-feedback='dismissed'][not(contains(., 'not recorded'))]//*[.='Dismissed']");
		// It showed "Accepted", though an action is recorded once.
		press("Send a password reset link", "Accept");
		// The first answer came last, and the panel showed what it was about.
		this.browser.driver().executeScript("""
				const send = window.fetch;
				window.fetch = async (url, ...rest) => {
					if (String(url).endsWith("feedback")) {
						window.fetch = send;
						await new Promise((resolve) => window.sendTheFirst = resolve);
					}
					return send(url, ...rest);
				};""");
		press("Reset the second factor", "Accept");
		press("Reset the second factor", "Dismiss");
		this.browser.driver().executeScript("setTimeout(sendTheFirst, 1000)");
		press(HOSTILE_TITLE, "Copy");
		see(HOSTILE_TITLE, "//*[.='Copied']");
		this.browser.screenshot("feedback");

		await().atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(audited(bridge)).containsExactlyInAnyOrder("presented", "failed",
					"accepted password-reset agent-8", "dismissed password-reset agent-8",
					"accepted password-two-factor agent-8", "dismissed password-two-factor agent-8",
					"dismissed password-unlock agent-8", "opened password-unlock agent-8",
					"copied password-unlock agent-8"));
		see("Reset the second factor", "[@data-feedback='dismissed']//*[.='Dismissed']");
		see("Send a password reset link", "[@data-feedback='dismissed']//*[.='Dismissed']");
		assertThat(this.browser.driver().getTitle()).isEqualTo("Suggestions: conv-panel");
	}

	/**
	 * Accept twice, one of them in vain: it is recorded, and nothing is left to try
	 * again.
	 */
	private void pressTwice() {
		this.browser.driver().executeScript("""
				const send = window.fetch;
				let answers = 0;
				window.fetch = (url, ...rest) => String(url).endsWith("feedback") && ++answers === 2
					? Promise.reject(new TypeError("offline")) : send(url, ...rest);
				const accept = [...document.querySelectorAll("li")]
					.find((li) => li.querySelector("h3")?.textContent.startsWith("Send")).querySelector(".accept");
				accept.click();
				accept.click();""");
	}

	/** Only the last of several failures was sent again, even one that was outdated. */
	private void tryFailedFeedbackAgain() {
		this.browser.driver().executeScript("""
				window.connected = window.fetch;
				window.fetch = (url, ...rest) => String(url).endsWith("feedback")
					? Promise.reject(new TypeError("offline")) : window.connected(url, ...rest);""");
		press(HOSTILE_TITLE, "Accept");
		see(HOSTILE_TITLE, "//*[starts-with(., 'Your feedback is not recorded.')]");
		press(HOSTILE_TITLE, "Dismiss");
		press(HOSTILE_TITLE, "Show more");
		this.browser.driver().executeScript("window.fetch = window.connected");
		press(HOSTILE_TITLE, "Try again");
		see(HOSTILE_TITLE, "[@data-feedback='dismissed'][not(contains(., 'not recorded'))]");
	}

	/** By a further stream, as one ends after 7 s, and in a page that is opened anew. */
	private void seeThemAgain(PackagedBridge bridge) throws Exception {
		long ended = endedStreams();
		await().atMost(Duration.ofSeconds(30)).until(() -> endedStreams() > ended);
		focusACardInALowWindow();
		ask(bridge, "I want my money back", "kb-support");
		this.browser.see("//section[1]//h3");
		assertThat(this.browser.driver().findElements(By.tagName("section"))).hasSize(3);
		assertThat(isFocusInView()).as("the card that the keyboard is at is in view").isTrue();
		assertThat(this.browser.driver().findElements(By.cssSelector("[data-feedback]"))).hasSize(3);
		List<String> shown = titles();

		this.browser.driver().get("about:blank");
		this.browser.driver().get(bridge.url("/?conversation_id=conv-panel#api_key=" + API_KEY).toString());
		await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(titles()).isEqualTo(shown));
		// Only the last one was told.
		this.browser.see("//*[@id='news'][starts-with(., '3 updates. The last one: New suggestions: ')]");
	}

	private void focusACardInALowWindow() {
		this.browser.driver()
			.executeCdpCommand("Emulation.setDeviceMetricsOverride",
					Map.of("width", 400, "height", 500, "deviceScaleFactor", 1, "mobile", false));
		this.browser.driver().executeScript("document.querySelector('main').focus(); scrollTo(0, 0);");
		while (!isFocusInView()) {
			new Actions(this.browser.driver()).sendKeys(Keys.TAB).perform();
		}
	}

	private boolean isFocusInView() {
		return (boolean) this.browser.driver().executeScript("""
				const { top, bottom } = document.activeElement.getBoundingClientRect();
				return document.activeElement.matches('.accept') && top >= 0 && bottom <= innerHeight;""");
	}

	/** No path can hold it. The panel connected again for ever. */
	private void seeThatAnIdIsRefused(PackagedBridge bridge) throws IOException {
		this.browser.driver().get("about:blank");
		this.browser.driver().get(bridge.url("/?conversation_id=conv%2Fpanel#api_key=" + API_KEY).toString());
		this.browser.see("//*[@id='connection'][@data-state='refused']");
		// Longer than the pause before it would connect again.
		await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(10)).until(() -> endedStreams() == 1);
		this.browser.screenshot("refused");

		this.browser.driver().get(bridge.url("/?conversation_id=..#api_key=" + API_KEY).toString());
		this.browser.see("//*[@id='connection'][.=\"The conversation's id is not valid.\"]");
	}

	/** It asked for a key that could not help. */
	private void seeThatOnlyTheDesktopSignsInWithTokens(PackagedBridge bridge) {
		openSignedOut(bridge, "conv-1", "{ status: 401, headers: { 'WWW-Authenticate': 'Bearer' } }");
		this.browser.find("//*[@id='api-key']").sendKeys("useless");
		this.browser.press("//button[.='Sign in']");
		seeThatItWaitsForTheDesktop();
		assertThat(this.browser.driver().switchTo().activeElement().getTagName()).as("where the keyboard goes on")
			.isEqualTo("main");

		openSignedOut(bridge, "conv-2", "{ status: 403 }");
		this.browser.driver().executeScript("location.hash = '#access_token=without-a-scope'");
		seeThatItWaitsForTheDesktop();
	}

	private void openSignedOut(PackagedBridge bridge, String conversation, String nextAnswer) {
		this.browser.driver().get(bridge.url("/?conversation_id=" + conversation).toString());
		this.browser.see("//*[@id='api-key']");
		this.browser.driver().executeScript("window.fetch = async () => new Response('{}', " + nextAnswer + ")");
	}

	private void seeThatItWaitsForTheDesktop() {
		this.browser.see("//*[@id='connection'][@data-state='refused']");
		assertThat(this.browser.find("//*[@id='sign-in']").isDisplayed()).isFalse();
	}

	private long endedStreams() {
		return (Long) this.browser.driver()
			.executeScript(
					"""
							return performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('/stream')).length""");
	}

	private void seeLive() {
		this.browser.see("//*[@id='connection'][.='Live']");
	}

	private WebElement see(String title, String part) {
		return this.browser.see("//li[h3[.=\"" + title + "\"]]" + part);
	}

	private void press(String title, String button) {
		this.browser.see("//*[@id='requests'][not(contains(@class, 'settling'))]");
		this.browser.press("//li[h3[.=\"" + title + "\"]]//button[.='" + button + "']");
	}

	private List<String> titles() {
		return this.browser.driver().findElements(By.tagName("h3")).stream().map(WebElement::getText).toList();
	}

	private static String ask(PackagedBridge bridge, String transcript, String knowledgeSource) throws Exception {
		String answer = bridge
			.post("/agentassist/suggestions", """
					{"conversation_id": "conv-panel", "transcript": "%s", "knowledge_source_ids": ["%s"],
					 "agent_skills": ["verification"], "agent_id": "agent-7"}""".formatted(transcript, knowledgeSource),
					"X-API-Key", API_KEY)
			.body();
		return JSON.readTree(answer).path("request_id").asText();
	}

	private static String get(PackagedBridge bridge, String path) throws Exception {
		return bridge.get(path, "X-API-Key", API_KEY).body();
	}

	/** What the audit log tells of the conversation; of feedback, whose and on what. */
	private static List<String> audited(PackagedBridge bridge) throws IOException {
		return bridge.auditLines()
			.stream()
			.map(PanelIT::json)
			.filter((line) -> line.path("conversation_id").asText().equals("conv-panel"))
			.map((line) -> switch (line.path("action").asText()) {
				case "presented", "failed" -> line.path("action").asText();
				default -> line.path("action").asText() + " " + line.path("suggestion_id").asText() + " "
						+ line.path("agent_id").asText();
			})
			.toList();
	}

	private static JsonNode json(String text) {
		try {
			return JSON.readTree(text);
		}
		catch (IOException ex) {
			throw new AssertionError(text, ex);
		}
	}

}
