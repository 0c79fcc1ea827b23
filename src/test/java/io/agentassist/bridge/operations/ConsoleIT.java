package io.agentassist.bridge.operations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.agentassist.bridge.PackagedBridge;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.TimeoutException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Shows the console as an operator uses it, in a real browser, with the sandbox's own
 * traffic. Screenshots are in {@code target/console}. Skipped where no Chromium is
 * installed (Debian packages chromium and chromium-driver).
 */
class ConsoleIT {

	private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

	private static final Path CHROMEDRIVER = Path.of("/usr/bin/chromedriver");

	private static final String DEAD = "1 events for analytics are dead letters now";

	private static final String START_TRACING = "//button[normalize-space(.)='Start Tracing']";

	private static final String STOP_TRACING = "//button[normalize-space(.)='Stop Tracing']";

	private static final String TRACED_STEP = "//tr[td[normalize-space(.)='authenticate-callback']]//button";

	private static final Path SCREENSHOTS = Path.of("target/console");

	@TempDir
	private Path folder;

	@TempDir
	private Path profile;

	private ChromeDriver browser;

	@Test
	void shouldShowRoutesAndMBeansToAnOperatorAndRedriveADeadLetter() throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(CHROMIUM) && Files.isExecutable(CHROMEDRIVER),
				"Chromium (Debian packages chromium, chromium-driver) is not installed");
		Files.createDirectories(SCREENSHOTS);
		// Nobody listens on port 1: the sample conversation's event becomes a dead
		// letter.
		try (PackagedBridge bridge = new PackagedBridge(this.folder,
				Map.of("spring.profiles.active", "sandbox", "agentassist.analytics.endpoint", "http://127.0.0.1:1/",
						"agentassist.outbox.time-to-live", "1s", "agentassist.outbox.base-delay", "100ms"))) {
			bridge.startAndAwait();
			await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(bridge.log()).contains(DEAD));
			this.browser = new ChromeDriver(
					new ChromeDriverService.Builder().usingDriverExecutable(CHROMEDRIVER.toFile()).build(), options());
			try {
				use(bridge);
			}
			catch (Throwable ex) {
				screenshot("failure");
				throw ex;
			}
			finally {
				this.browser.quit();
			}
		}
	}

	private void use(PackagedBridge bridge) throws Exception {
		open(bridge, "/actuator/hawtio");
		logIn("wrong");
		assertThat(see("//*[contains(text(), 'Invalid credentials')]").isDisplayed()).isTrue();
		logIn("operator");

		open(bridge, "/actuator/hawtio/camel");
		// With an error handler before its start: see RouteXml.
		press("//*[normalize-space(text())='record-interaction']");
		seeStep("keep-for-audit");
		press("//*[normalize-space(text())='receive-callback']");
		List.of("authenticate-callback", "route-by-status", "complete-request", "set-ranked-suggestions")
			.forEach(this::seeStep);
		// The figures come after the picture.
		await().untilAsserted(
				() -> assertThat(seeStep("authenticate-callback").findElement(By.className("number")).getText())
					.isEqualTo("1"));
		screenshot("callback-route");
		press("//*[normalize-space(text())='Attributes']");
		see("//*[normalize-space(text())='ExchangesCompleted']");
		int requests = 1 + trace(bridge);
		await().atMost(Duration.ofSeconds(60))
			.untilAsserted(() -> assertThat(bridge.log().split(DEAD, -1)).hasSize(requests + 1));

		open(bridge, "/actuator/hawtio/jmx");
		press("//*[normalize-space(text())='io.agentassist.bridge']");
		press("//td//*[normalize-space(text())='Suggestions'] | //td[normalize-space(text())='Suggestions']");
		assertThat(see("//tr[td[normalize-space(.)='Completed']]").getText()).endsWith(" " + requests);
		screenshot("suggestions");

		open(bridge, "/actuator/hawtio/jmx");
		press("//*[normalize-space(text())='io.agentassist.bridge']");
		press("//td//*[normalize-space(text())='Outbox'] | //td[normalize-space(text())='Outbox']");
		see("//tr[td[normalize-space(.)='Dead']][td[normalize-space(.)='" + requests + "']]");
		press("//*[normalize-space(text())='Operations']");
		press("//li[.//*[text()='redriveAll()']]//button[@aria-label='Details']");
		press("//li[.//*[text()='redriveAll()']]//button[normalize-space(.)='Execute']");
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(bridge.log()).contains(requests + " dead letters redriven"));
		screenshot("redriven");

		open(bridge, "/logout");
		press("//button");
		open(bridge, "/actuator/hawtio");
		see("//*[@id='password']");
	}

	/**
	 * Hawtio shows the tracing as started before it has started it, and may switch it off
	 * once more for its first look at the page, so the first request can go untraced. The
	 * simulated provider calls back.
	 * @return how many requests were sent
	 */
	private int trace(PackagedBridge bridge) throws Exception {
		press("//a[normalize-space(.)='Trace']");
		press(START_TRACING);
		int requests = 1;
		requestSuggestions(bridge);
		while (!appears(TRACED_STEP)) {
			assertThat(requests++).as("Requests that left no trace").isLessThan(5);
			press(STOP_TRACING);
			press(START_TRACING);
			requestSuggestions(bridge);
		}
		press(TRACED_STEP);
		see("//*[contains(text(), '(masked)')]");
		assertThat(this.browser.getPageSource()).doesNotContain("PlantedMarker");
		screenshot("trace");
		press(STOP_TRACING);
		return requests;
	}

	private static void requestSuggestions(PackagedBridge bridge) throws Exception {
		assertThat(bridge.post("/agentassist/suggestions", """
				{"conversation_id": "conv-traced", "transcript": "Customer: PlantedMarker",
				 "knowledge_source_ids": ["kb-1"]}""").statusCode()).isEqualTo(202);
	}

	private boolean appears(String xpath) {
		try {
			new WebDriverWait(this.browser, Duration.ofSeconds(10))
				.until(ExpectedConditions.visibilityOfElementLocated(By.xpath(xpath)));
			return true;
		}
		catch (TimeoutException ex) {
			return false;
		}
	}

	private void logIn(String password) {
		see("//*[@id='username']").sendKeys("operator");
		see("//*[@id='password']").sendKeys(password);
		press("//button[@type='submit']");
	}

	private void open(PackagedBridge bridge, String path) {
		this.browser.get(bridge.managementUrl(path).toString());
	}

	/** Of a route's diagram, which may be larger than the window. */
	private WebElement seeStep(String id) {
		return new WebDriverWait(this.browser, Duration.ofSeconds(30))
			.until(ExpectedConditions.presenceOfElementLocated(
					By.xpath("//*[contains(@class, 'camel-node-content')][*[contains(., '(ID: " + id + ")')]]")));
	}

	private WebElement see(String xpath) {
		return new WebDriverWait(this.browser, Duration.ofSeconds(30))
			.until(ExpectedConditions.visibilityOfElementLocated(By.xpath(xpath)));
	}

	/** The page may draw an element anew at any time. */
	private void press(String xpath) {
		new WebDriverWait(this.browser, Duration.ofSeconds(30)).ignoring(StaleElementReferenceException.class)
			.until((page) -> {
				WebElement element = ExpectedConditions.elementToBeClickable(By.xpath(xpath)).apply(page);
				if (element != null) {
					element.click();
				}
				return element != null;
			});
	}

	private void screenshot(String name) throws IOException {
		Files.write(SCREENSHOTS.resolve(name + ".png"), this.browser.getScreenshotAs(OutputType.BYTES));
	}

	private ChromeOptions options() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(CHROMIUM.toFile());
		return options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
				"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--window-size=1500,1000", "--user-data-dir=" + this.profile);
	}

}
