package fanfare.deploy.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import fanfare.deploy.DevCluster;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two users side by side on the demo page, in a real browser, in front of a real cluster. */
class DemoPageIT {
    private static final LocatorAssertions.IsVisibleOptions PATIENT =
            new LocatorAssertions.IsVisibleOptions().setTimeout(30_000);

    private static DevCluster cluster;
    private static Chromium chromium;

    private final List<BrowserContext> contexts = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        cluster = DevCluster.start();
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() throws Exception {
        chromium.close();
        cluster.close();
    }

    @AfterEach
    void noScriptFailed() {
        contexts.forEach(BrowserContext::close);
        assertThat(complaints).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"websocket", "xhr-streaming", "xhr-polling"})
    void privateAndPublicMessagesArriveOver(String transport) throws Exception {
        Page page = open("/?transports=" + transport, new Browser.NewContextOptions());
        FrameLocator alice = pane(page, "a");
        FrameLocator bob = pane(page, "b");
        assertThat(alice.locator("#transport")).hasText(transport);
        assertThat(bob.locator("#transport")).hasText(transport);

        publish(new JsonObject().put("user", "alice"), "for alice");
        publish(new JsonObject().put("user", "bob"), "for bob");
        publish(new JsonObject().put("users", new JsonArray().add("alice").add("bob")), "for both");
        publish(new JsonObject().put("broadcast", true), "for everybody");

        assertThat(messages(alice)).hasCount(3);
        assertThat(messages(bob)).hasCount(3);
        assertThat(alice.locator("#log")).containsText("for alice");
        assertThat(alice.locator("#log")).containsText("for both");
        assertThat(alice.locator("#log")).containsText("for everybody");
        assertThat(alice.locator("#log")).not().containsText("for bob");
        assertThat(bob.locator("#log")).not().containsText("for alice");
    }

    @Test
    void thePagePublishesShowsWhoIsOnlineAndTheLinesToPaste() throws Exception {
        Page page = open("/", new Browser.NewContextOptions());
        FrameLocator alice = pane(page, "a");
        pane(page, "b");
        page.locator("#users").fill("alice");
        page.locator("#data").fill("{\"text\": \"from the page\", \"n\": 1.0}");
        page.locator("#publish button.primary").click();
        assertThat(messages(alice)).hasCount(1);
        assertThat(messages(alice)).containsText("from the page");
        assertThat(page.locator("#result"))
                .containsText("stored", new LocatorAssertions.ContainsTextOptions().setIgnoreCase(true));
        assertThat(page.locator("#presence")).containsText("alice");
        assertThat(page.locator("#presence")).containsText("bob");
        assertThat(page.locator("#code")).containsText(":" + cluster.publisherPort() + "/v1/publish");
        assertThat(cluster.get(cluster.publisherPort(), "/v1/users/alice/presence")
                        .getBoolean("online"))
                .isTrue();
    }

    @Test
    void whoSignsOutIsPutOutAndCanComeBack() {
        Page page = open("/", new Browser.NewContextOptions());
        FrameLocator alice = pane(page, "a");
        alice.locator("#logout button").click();
        assertThat(alice.locator("#log")).containsText("4102");
        assertThat(alice.locator("#login")).isVisible();
        alice.locator("#name").fill("carol");
        alice.locator("#login button").click();
        assertThat(alice.locator("body[data-state=open]")).isVisible(PATIENT);
        assertThat(alice.locator("#user")).hasText("carol");
    }

    /** Runs against a cluster of its own, since nobody restarts the gateway. */
    @Test
    void aKilledGatewayIsAReconnectElsewhere() throws Exception {
        try (DevCluster own = DevCluster.start()) {
            Page page = open(own, "/", new Browser.NewContextOptions());
            FrameLocator alice = pane(page, "a");
            String node = alice.locator("#node").textContent();
            own.killGateway(Integer.parseInt(node.substring(node.length() - 1)));
            assertThat(alice.locator("#node"))
                    .not()
                    .hasText(node, new LocatorAssertions.HasTextOptions().setTimeout(30_000));
            assertThat(alice.locator("body[data-state=open]")).isVisible(PATIENT);
            own.publish(publication(new JsonObject().put("user", "alice"), "after the crash"));
            assertThat(messages(alice)).containsText("after the crash");
        }
    }

    @ParameterizedTest
    @CsvSource({"LIGHT, 1280, 900", "DARK, 1280, 900", "LIGHT, 390, 844", "DARK, 390, 844"})
    void nothingIsWiderThanTheScreen(ColorScheme scheme, int width, int height) {
        Page page =
                open("/", new Browser.NewContextOptions().setColorScheme(scheme).setViewportSize(width, height));
        pane(page, "a");
        pane(page, "b");
        assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(width);
        page.screenshot(new Page.ScreenshotOptions()
                .setFullPage(true)
                .setPath(Path.of("target/screenshots/demo-" + scheme + "-" + width + ".png")));
    }

    private Page open(String path, Browser.NewContextOptions options) {
        return open(cluster, path, options);
    }

    private Page open(DevCluster at, String path, Browser.NewContextOptions options) {
        BrowserContext context = chromium.browser().newContext(options);
        contexts.add(context);
        Page page = context.newPage();
        page.onPageError(complaints::add);
        page.navigate("http://localhost:" + at.sitePort() + path);
        return page;
    }

    /** A user's pane, once it is connected. */
    private static FrameLocator pane(Page page, String name) {
        FrameLocator pane = page.frameLocator("#pane-" + name);
        assertThat(pane.locator("body[data-state=open]")).isVisible(PATIENT);
        return pane;
    }

    private static Locator messages(FrameLocator pane) {
        return pane.locator("#log .message");
    }

    private static void publish(JsonObject to, String text) throws Exception {
        cluster.publish(publication(to, text));
    }

    private static JsonObject publication(JsonObject to, String text) {
        return new JsonObject()
                .put("to", to)
                .put("namespace", "/message_namespace")
                .put("event", "message_event_type")
                .put("data", new JsonObject().put("text", text));
    }
}
