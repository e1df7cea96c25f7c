package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Frame;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.RequestOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each of sockjs-client's transports, and EventSource, in a real browser, from pages of several origins. */
@Timeout(120)
class SockJsInBrowserIT {
    /** As JSON.stringify writes them. */
    private static final List<String> TEXTS = List.of(
            "\"100% %41 %25 %zz\"",
            "\"\u2028\u2029\u200c\u200f\u2060\u206f\ufff0\"",
            "\"\\ud800 alone, \\udfff alone\"",
            "\"</script><!-- <script> ]]>\"",
            "\"\ud83d\ude00 \u00e9 \u4e2d\"",
            "\"\\\\ \\\" \\n \\u0000\"");

    /** Resolves with what became of a connection over one transport. */
    private static final String DIAL =
            """
            async ([gateway, transport]) => {
                if (!globalThis.SockJS) {
                    await new Promise((resolve, reject) => {
                        const script = document.createElement('script');
                        script.src = `${gateway}/client/sockjs.min.js`;
                        script.onload = resolve;
                        script.onerror = reject;
                        document.head.append(script);
                    });
                }
                return new Promise((resolve) => {
                    const sock = new SockJS(`${gateway}/push`, null, {transports: transport.split(','), timeout: 5000});
                    sock.onopen = () => {
                        resolve(`open ${sock.transport}`);
                        sock.close();
                    };
                    sock.onclose = ({code, reason}) => resolve(`${code} ${reason}`);
                });
            }
            """;

    @RegisterExtension
    private static final BrowserCluster STAGE = BrowserCluster.of(1);

    private static OtherHost other;

    @BeforeAll
    static void start() {
        other = OtherHost.beside(STAGE.cluster());
    }

    @AfterAll
    static void stop() {
        if (other != null) {
            other.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "websocket",
                "xhr-streaming",
                "iframe-eventsource",
                "iframe-htmlfile",
                "xhr-polling",
                "iframe-xhr-polling",
                "jsonp-polling"
            })
    void aPageOfAnotherOriginHearsAndResumes(String transport) {
        try (Tab tab =
                STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.pages(), "other-" + transport)) {
            hearsAndResumes(tab, other.url(), transport);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "websocket",
                "xhr-streaming",
                "eventsource",
                "iframe-eventsource",
                "htmlfile",
                "iframe-htmlfile",
                "xhr-polling",
                "iframe-xhr-polling",
                "jsonp-polling"
            })
    void aPageOfTheGatewaysOwnOriginHearsAndResumes(String transport) {
        String gateway = "http://localhost:" + STAGE.cluster().port(8080);
        try (Tab tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), gateway + "/", "own-" + transport)) {
            hearsAndResumes(tab, gateway, transport);
        }
    }

    private static void hearsAndResumes(Tab tab, String gateway, String transport) {
        String query = "?gateway=" + gateway + "&transports=" + transport;
        tab.open("with/basket" + query);
        assertThat(tab.transport()).isEqualTo(transport);
        assertThat(tab.recovered()).isNull();
        TEXTS.forEach(tab::publishJson);
        tab.expectJson(TEXTS);

        tab.leave();
        tab.publish("between two pages");
        tab.open("with/checkout" + query);
        assertThat(tab.transport()).isEqualTo(transport);
        assertThat(tab.recovered()).isEqualTo(true);
        tab.publish("on the second page");
        tab.expect("between two pages", "on the second page");
    }

    /** What a page of another origin has to do without: frames that call their parent, and whatever Chromium lacks. */
    @ParameterizedTest
    @ValueSource(strings = {"htmlfile", "xdr-streaming", "xdr-polling"})
    void theClientSaysWhatItCannotUse(String transport) {
        try (Tab tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.pages(), "without")) {
            tab.open("with/basket?gateway=" + other.url());
            assertThat(tab.page().evaluate(DIAL, List.of(other.url(), transport)))
                    .isEqualTo("2000 All transports failed");
        }
    }

    @Test
    void anEventStreamWithoutCookiesMakesTheClientMoveOn() {
        try (Tab tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.pages(), "onward")) {
            tab.open("with/basket?gateway=" + other.url());
            assertThat(tab.page().evaluate(DIAL, List.of(other.url(), "eventsource")))
                    .isEqualTo("2000 All transports failed");
            assertThat(tab.page().evaluate(DIAL, List.of(other.url(), "eventsource,iframe-eventsource")))
                    .isEqualTo("open iframe-eventsource");
        }
    }

    /** The page has the site's cookies, and lets its client believe that it may connect. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "websocket",
                "xhr-streaming",
                "eventsource",
                "iframe-eventsource",
                "iframe-htmlfile",
                "xhr-polling",
                "iframe-xhr-polling",
                "jsonp-polling"
            })
    void aForeignPageOpensNothing(String transport) {
        try (Tab tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.foreignPages(), "foreign")) {
            Page page = tab.page();
            page.navigate(other.foreignPages() + "without");
            List<Integer> statuses = new ArrayList<>();
            page.onResponse(response -> {
                if (response.url().startsWith(other.url() + "/push")) {
                    statuses.add(response.status());
                }
            });
            page.route(other.url() + "/push/info**", route -> info(route, other.foreignPages()));
            String outcome = (String) page.evaluate(DIAL, List.of(other.url(), transport));
            assertThat(outcome).doesNotStartWith("open");
            // A refused upgrade is no response to Playwright; the faked answer is the one 200.
            assertThat(statuses).filteredOn(status -> status == 200).hasSize(1);
            assertThat(statuses).allMatch(status -> status == 200 || status == 401 || status == 403);
        }
    }

    private static void info(Route route, String pages) {
        route.fulfill(new Route.FulfillOptions()
                .setHeaders(Map.of(
                        "Content-Type", "application/json",
                        "Access-Control-Allow-Origin", pages.substring(0, pages.length() - 1),
                        "Access-Control-Allow-Credentials", "true"))
                .setBody("{\"websocket\":true,\"origins\":[\"*:*\"],\"cookie_needed\":true,\"entropy\":1}"));
    }

    @Test
    void aForeignPageGetsNothingOutOfACachedFrameEither() {
        String handshake =
                """
                (gateway) => new Promise((resolve) => {
                    const heard = [];
                    addEventListener('message', ({data}) => heard.push(JSON.parse(data).type));
                    const frame = document.createElement('iframe');
                    frame.src = `${gateway}/push/iframe.html#abc`;
                    // The frame's script has run by then, and what it posts comes before a later answer.
                    frame.onload = () => fetch(`${gateway}/client/fanfare.js`).then(() => resolve(heard));
                    document.body.append(frame);
                })
                """;
        try (BrowserContext context = STAGE.chromium().newContext()) {
            Page page = context.newPage();
            // Any document will do that the test has not made up, since Chromium then does without its cache.
            page.navigate(other.pages() + "api/session");
            assertThat(page.evaluate(handshake, other.url())).isEqualTo(List.of("s"));
            page.navigate(other.foreignPages() + "api/session");
            assertThat(page.evaluate(handshake, other.url())).isEqualTo(List.of());
            // The gateway would have refused it, so it is from the cache.
            assertThat(page.frames().get(1).content()).contains("bootstrap_iframe");
        }
    }

    /** As its script judges by itself, since it may come out of a cache; with a client that only shows that it was called. */
    @ParameterizedTest
    @CsvSource({
        "listed,  app.shop.localhost,  false, true",
        "listed,  app.shop.localhost,  true,  false",
        "listed,  evil.shop.localhost, false, false",
        "listed,  push.shop.localhost, false, false",
        "default, localhost,           false, true",
        "default, localhost,           true,  false",
        "default, demo.localhost,      false, false",
        "default, 127.0.0.1,           false, false",
    })
    void theFrameServesOnlyPagesThatMayConnect(String origins, String host, boolean withinData, boolean served) {
        String gateway = origins.equals("listed")
                ? other.url()
                : "http://localhost:" + STAGE.cluster().port(8080);
        try (BrowserContext context = STAGE.chromium().newContext()) {
            String kept = context.request()
                    .get(gateway.replaceFirst("//.*:", "//127.0.0.1:") + "/push/iframe.html")
                    .text();
            context.route(gateway + "/push/iframe.html", route -> fulfill(route, "text/html", kept));
            context.route(
                    gateway + "/client/sockjs.min.js",
                    route -> fulfill(
                            route, "text/javascript", "SockJS = {bootstrap_iframe() { globalThis.served = true; }}"));
            Page page = context.newPage();
            page.navigate(STAGE.cluster().page(host) + "api/session");
            String frame = "<iframe src='" + gateway + "/push/iframe.html'></iframe>";
            page.evaluate(
                    "html => document.body.insertAdjacentHTML('beforeend', html)",
                    withinData ? "<iframe src=\"data:text/html," + frame + "\"></iframe>" : frame);
            page.waitForCondition(() -> page.frameByUrl(gateway + "/push/iframe.html") != null);
            Frame loaded = page.frameByUrl(gateway + "/push/iframe.html");
            loaded.waitForLoadState();
            assertThat(loaded.evaluate("globalThis.served === true")).isEqualTo(served);
        }
    }

    private static void fulfill(Route route, String type, String body) {
        route.fulfill(new Route.FulfillOptions().setContentType(type).setBody(body));
    }

    @Test
    void anEventSourceHearsResumesAndStaysAwayOnceItIsDisconnected() {
        try (Tab tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.pages(), "source")) {
            Page page = tab.page();
            page.navigate(other.pages() + "without");
            listen(page, true);
            page.waitForFunction("messages.some(({type}) => type === 'welcome')");
            TEXTS.forEach(tab::publishJson);
            awaitEvents(page, TEXTS.size());
            assertThat(page.evaluate("events().map(({data}) => JSON.stringify(data))"))
                    .isEqualTo(TEXTS);

            other.link().refuse();
            other.link().cut();
            tab.publish("missed");
            other.link().resume();
            awaitEvents(page, TEXTS.size() + 1);
            assertThat(page.evaluate("events().at(-1).data")).isEqualTo("missed");
            assertThat(page.evaluate("messages.findLast(({type}) => type === 'welcome').recovered"))
                    .isEqualTo(true);

            tab.backend()
                    .post(
                            "http://127.0.0.1:" + STAGE.cluster().port(8090) + "/v1/disconnect",
                            RequestOptions.create()
                                    .setHeader("Authorization", "Bearer dev.secret")
                                    .setHeader("Content-Type", "application/json")
                                    .setData("{\"user\":\"source\",\"code\":4103,\"reason\":\"enough\"}"));
            page.waitForFunction("messages.at(-1).type === 'error'");
            assertThat(page.evaluate("messages.at(-1).code")).isEqualTo("4103");
            page.waitForFunction("source.readyState === EventSource.CLOSED");
        }
    }

    @Test
    void anEventSourceOfAForeignPageOrWithoutCookiesHearsNothing() {
        try (Tab tab =
                STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.foreignPages(), "foreign-source")) {
            tab.page().navigate(other.foreignPages() + "without");
            listen(tab.page(), true);
            tab.page().waitForFunction("source.readyState === EventSource.CLOSED");
            assertThat(tab.page().evaluate("messages")).isEqualTo(List.of());
        }
        try (Tab tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.pages(), "bare-source")) {
            tab.page().navigate(other.pages() + "without");
            listen(tab.page(), false);
            tab.page().waitForFunction("source.readyState === EventSource.CLOSED");
            assertThat(tab.page().evaluate("messages")).isEqualTo(List.of());
        }
    }

    /** What decides over a {@code SameSite=Lax} cookie is the site, and a site is more than an origin. */
    @Test
    void theLoginComesAlongFromPagesOfTheSameSiteAlone() {
        String ask =
                """
                (gateway) => fetch(`${gateway}/events`, {credentials: 'include'})
                    .then(({status}) => status, () => 'not for this page')
                """;
        try (Tab tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), other.pages(), "lax")) {
            Page page = tab.page();
            page.navigate(other.pages() + "api/session");
            assertThat(page.evaluate(ask, other.url())).isEqualTo(200);
            page.navigate(other.partnerPages() + "api/session");
            assertThat(page.evaluate(ask, other.url())).isEqualTo(401);
            page.navigate(other.foreignPages() + "api/session");
            assertThat(page.evaluate(ask, other.url())).isEqualTo("not for this page");
        }
    }

    private static void listen(Page page, boolean withCredentials) {
        page.evaluate(
                """
                ([gateway, withCredentials]) => {
                    globalThis.messages = [];
                    globalThis.events = () => messages.filter(({type}) => type === 'event');
                    globalThis.source = new EventSource(`${gateway}/events`, {withCredentials});
                    source.onmessage = ({data}) => messages.push(JSON.parse(data));
                }
                """,
                List.of(other.url(), withCredentials));
    }

    private static void awaitEvents(Page page, int count) {
        page.waitForFunction("count => events().length >= count", count);
    }
}
