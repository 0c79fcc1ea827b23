package io.agentassist.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * A real browser, without a screen: Chromium (Debian packages chromium, chromium-driver).
 */
public final class Browser {

	private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

	private static final Path CHROMEDRIVER = Path.of("/usr/bin/chromedriver");

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final ChromeDriver driver;

	private final Path screenshots;

	private Browser(ChromeDriver driver, Path screenshots) {
		this.driver = driver;
		this.screenshots = screenshots;
	}

	/** Skips the test where no browser is installed. */
	public static void assumeInstalled() {
		Assumptions.assumeTrue(Files.isExecutable(CHROMIUM) && Files.isExecutable(CHROMEDRIVER),
				"Chromium (Debian packages chromium, chromium-driver) is not installed");
	}

	/**
	 * Opens a browser for a test. Where this fails, the screenshot {@code failure} shows
	 * what there was.
	 * @param profile an empty folder
	 * @param screenshots where screenshots go
	 * @param test what to do with it
	 * @throws Exception of the test
	 */
	public static void use(Path profile, Path screenshots, Use test) throws Exception {
		Files.createDirectories(screenshots);
		Browser browser = new Browser(
				new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(CHROMEDRIVER.toFile()).build(),
						options(profile)),
				screenshots);
		try {
			test.with(browser);
		}
		catch (Throwable ex) {
			browser.screenshot("failure");
			throw ex;
		}
		finally {
			browser.driver.quit();
		}
	}

	private static ChromeOptions options(Path profile) {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(CHROMIUM.toFile());
		return options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
				"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--window-size=1500,1000", "--user-data-dir=" + profile);
	}

	/**
	 * Gets what is below.
	 * @return Selenium's driver
	 */
	public ChromeDriver driver() {
		return this.driver;
	}

	/**
	 * Waits for an element to be visible.
	 * @param xpath which
	 * @return the element
	 */
	public WebElement see(String xpath) {
		return see(xpath, PATIENCE);
	}

	/**
	 * Waits for an element to be visible.
	 * @param xpath which
	 * @param patience how long
	 * @return the element
	 */
	public WebElement see(String xpath, Duration patience) {
		return new WebDriverWait(this.driver, patience)
			.until(ExpectedConditions.visibilityOfElementLocated(By.xpath(xpath)));
	}

	/**
	 * Waits for an element to be there, be it in view or not.
	 * @param xpath which
	 * @return the element
	 */
	public WebElement find(String xpath) {
		return new WebDriverWait(this.driver, PATIENCE)
			.until(ExpectedConditions.presenceOfElementLocated(By.xpath(xpath)));
	}

	/**
	 * Presses an element once it can be; the page may draw it anew at any time.
	 * @param xpath which
	 */
	public void press(String xpath) {
		new WebDriverWait(this.driver, PATIENCE).ignoring(StaleElementReferenceException.class).until((page) -> {
			WebElement element = ExpectedConditions.elementToBeClickable(By.xpath(xpath)).apply(page);
			if (element != null) {
				element.click();
			}
			return element != null;
		});
	}

	/**
	 * Keeps what the window shows.
	 * @param name the file's, without its ending
	 * @throws IOException when it cannot be written
	 */
	public void screenshot(String name) throws IOException {
		Files.write(this.screenshots.resolve(name + ".png"), this.driver.getScreenshotAs(OutputType.BYTES));
	}

	/** A test that uses a browser. */
	@FunctionalInterface
	public interface Use {

		/**
		 * Uses it.
		 * @param browser the browser
		 * @throws Exception when something is not as it should be
		 */
		void with(Browser browser) throws Exception;

	}

}
