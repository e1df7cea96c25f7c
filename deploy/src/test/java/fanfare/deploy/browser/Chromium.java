package fanfare.deploy.browser;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The machine's own Chromium, headless, with a fresh profile. */
public final class Chromium implements AutoCloseable {
    private static final List<String> ARGUMENTS = List.of(
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // A page that a test makes up comes from no address, so Chromium would keep it from the loopback's.
            "--disable-features=LocalNetworkAccessChecks");

    /** For anything to show on a page: a loaded machine takes its time, and only a failure takes all of it [ms]. */
    private static final double PATIENCE_MS = 30_000;

    private final Playwright playwright;
    private final Browser browser;

    private Chromium(Playwright playwright, Browser browser) {
        this.playwright = playwright;
        this.browser = browser;
    }

    /** Skips the test on a machine without Chromium, save where nothing may be skipped. */
    public static Chromium launch() {
        Optional<Path> binary = binary();
        assumeTrue(binary.isPresent() || "true".equals(System.getenv("CI")), "no chromium; ./deploy/test installs it");
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MS);
        Playwright playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        Browser browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(binary.orElseThrow())
                        .setArgs(ARGUMENTS));
        return new Chromium(playwright, browser);
    }

    /** Opens the demo page with cookies of its own. */
    DemoPage open(String url) {
        return new DemoPage(browser.newContext().newPage(), url);
    }

    /** Opens an empty tab whose user is logged in at the site, with cookies and storage of its own. */
    Tab openTab(String site, String user) {
        return new Tab(browser.newContext(), site, user);
    }

    /** The same where the site's pages have another host name than its backend, and its cookie holds for both. */
    Tab openTab(String site, String pages, String user) {
        return new Tab(browser.newContext(), site, pages, user);
    }

    /** Cookies, storage and a cache of its own. */
    public BrowserContext newContext() {
        return browser.newContext();
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }

    private static Optional<Path> binary() {
        return Stream.of(System.getenv("PATH").split(":"))
                .flatMap(folder -> Stream.of("chromium", "chromium-browser").map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
