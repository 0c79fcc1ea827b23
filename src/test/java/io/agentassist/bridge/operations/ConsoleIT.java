package io.agentassist.bridge.operations;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.agentassist.bridge.Browser;
import io.agentassist.bridge.PackagedBridge;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.TimeoutException;
import org.openqa.selenium.WebElement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows the console as an operator uses it, in a real browser, with the sandbox's own
 * traffic. Screenshots are in {@code target/console}. Skipped where no Chromium is
 * installed (Debian packages chromium and chromium-driver).
 */
class ConsoleIT {

	private static final String DEAD = "1 events for analytics are dead letters now";

	private static final String START_TRACING = "//button[normalize-space(.)='Start Tracing']";

	private static final String STOP_TRACING = "//button[normalize-space(.)='Stop Tracing']";

	private static final String TRACED_STEP = "//tr[td[normalize-space(.)='authenticate-callback']]//button";

	private static final Path SCREENSHOTS = Path.of("target/console");

	@TempDir
	private Path folder;

	@TempDir
	private Path profile;

	private Browser browser;

	@Test
	void shouldShowRoutesAndMBeansToAnOperatorAndRedriveADeadLetter() throws Exception {
		Browser.assumeInstalled();
		// Nobody listens on port 1: the sample conversation's event becomes a dead
		// letter.
		try (PackagedBridge bridge = new PackagedBridge(this.folder,
				Map.of("spring.profiles.active", "sandbox", "agentassist.analytics.endpoint", "http://127.0.0.1:1/",
						"agentassist.outbox.time-to-live", "1s", "agentassist.outbox.base-delay", "100ms"))) {
			bridge.startAndAwait();
			await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(bridge.log()).contains(DEAD));
			Browser.use(this.profile, SCREENSHOTS, (opened) -> {
				this.browser = opened;
				use(bridge);
			});
		}
	}

	private void use(PackagedBridge bridge) throws Exception {
		open(bridge, "/actuator/hawtio");
		logIn("wrong");
		assertThat(this.browser.see("//*[contains(text(), 'Invalid credentials')]").isDisplayed()).isTrue();
		logIn("operator");

		open(bridge, "/actuator/hawtio/camel");
		// With an error handler before its start: see RouteXml.
		this.browser.press("//*[normalize-space(text())='record-interaction']");
		seeStep("keep-for-audit");
		this.browser.press("//*[normalize-space(text())='receive-callback']");
		List.of("authenticate-callback", "route-by-status", "complete-request", "set-ranked-suggestions")
			.forEach(this::seeStep);
		// The figures come after the picture.
		await().untilAsserted(
				() -> assertThat(seeStep("authenticate-callback").findElement(By.className("number")).getText())
					.isEqualTo("1"));
		this.browser.screenshot("callback-route");
		this.browser.press("//*[normalize-space(text())='Attributes']");
		this.browser.see("//*[normalize-space(text())='ExchangesCompleted']");
		int requests = 1 + trace(bridge);
		await().atMost(Duration.ofSeconds(60))
			.untilAsserted(() -> assertThat(bridge.log().split(DEAD, -1)).hasSize(requests + 1));

		open(bridge, "/actuator/hawtio/jmx");
		this.browser.press("//*[normalize-space(text())='io.agentassist.bridge']");
		this.browser
			.press("//td//*[normalize-space(text())='Suggestions'] | //td[normalize-space(text())='Suggestions']");
		assertThat(this.browser.see("//tr[td[normalize-space(.)='Completed']]").getText()).endsWith(" " + requests);
		this.browser.screenshot("suggestions");

		open(bridge, "/actuator/hawtio/jmx");
		this.browser.press("//*[normalize-space(text())='io.agentassist.bridge']");
		this.browser.press("//td//*[normalize-space(text())='Outbox'] | //td[normalize-space(text())='Outbox']");
		this.browser.see("//tr[td[normalize-space(.)='Dead']][td[normalize-space(.)='" + requests + "']]");
		this.browser.press("//*[normalize-space(text())='Operations']");
		this.browser.press("//li[.//*[text()='redriveAll()']]//button[@aria-label='Details']");
		this.browser.press("//li[.//*[text()='redriveAll()']]//button[normalize-space(.)='Execute']");
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(bridge.log()).contains(requests + " dead letters redriven"));
		this.browser.screenshot("redriven");

		open(bridge, "/logout");
		this.browser.press("//button");
		open(bridge, "/actuator/hawtio");
		this.browser.see("//*[@id='password']");
	}

	/**
	 * Hawtio shows the tracing as started before it has started it, and may switch it off
	 * once more for its first look at the page, so the first request can go untraced. The
	 * simulated provider calls back.
	 * @return how many requests were sent
	 */
	private int trace(PackagedBridge bridge) throws Exception {
		this.browser.press("//a[normalize-space(.)='Trace']");
		this.browser.press(START_TRACING);
		int requests = 1;
		requestSuggestions(bridge);
		while (!appears(TRACED_STEP)) {
			assertThat(requests++).as("Requests that left no trace").isLessThan(5);
			this.browser.press(STOP_TRACING);
			this.browser.press(START_TRACING);
			requestSuggestions(bridge);
		}
		this.browser.press(TRACED_STEP);
		this.browser.see("//*[contains(text(), '(masked)')]");
		assertThat(this.browser.driver().getPageSource()).doesNotContain("PlantedMarker");
		this.browser.screenshot("trace");
		this.browser.press(STOP_TRACING);
		return requests;
	}

	private static void requestSuggestions(PackagedBridge bridge) throws Exception {
		assertThat(bridge.post("/agentassist/suggestions", """
				{"conversation_id": "conv-traced", "transcript": "Customer: PlantedMarker",
				 "knowledge_source_ids": ["kb-1"]}""").statusCode()).isEqualTo(202);
	}

	private boolean appears(String xpath) {
		try {
			this.browser.see(xpath, Duration.ofSeconds(10));
			return true;
		}
		catch (TimeoutException ex) {
			return false;
		}
	}

	private void logIn(String password) {
		this.browser.see("//*[@id='username']").sendKeys("operator");
		this.browser.see("//*[@id='password']").sendKeys(password);
		this.browser.press("//button[@type='submit']");
	}

	private void open(PackagedBridge bridge, String path) {
		this.browser.driver().get(bridge.managementUrl(path).toString());
	}

	/** Of a route's diagram, which may be larger than the window. */
	private WebElement seeStep(String id) {
		return this.browser.find("//*[contains(@class, 'camel-node-content')][*[contains(., '(ID: " + id + ")')]]");
	}

}
