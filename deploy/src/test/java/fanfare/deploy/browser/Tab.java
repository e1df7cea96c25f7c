package fanfare.deploy.browser;

import com.microsoft.playwright.APIRequestContext;
import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Clock;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.Cookie;
import com.microsoft.playwright.options.FormData;
import com.microsoft.playwright.options.RequestOptions;
import com.microsoft.playwright.options.SameSiteAttribute;
import fanfare.testing.Await;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.Assertions;

/** A tab of one logged-in user on a classic site: each click loads another page, with Fanfare on it or without. */
final class Tab implements AutoCloseable {
    /** A page that keeps all it hears in {@code heard}, and each state in {@code states}. */
    static final String WITH_FANFARE =
            """
            <!doctype html>
            <script>
            heard = []; states = []; writes = 0;
            const write = Storage.prototype.setItem;
            Storage.prototype.setItem = function (...item) { writes++; write.apply(this, item); };
            </script>
            <script type="module">
            const query = new URLSearchParams(location.search);
            const port = async () => query.get('by') ?? (await (await fetch('/api/session')).json()).gateway;
            const gateway = query.get('gateway') ?? `http://${location.hostname}:${await port()}`;
            const {Fanfare} = await import(`${gateway}/client/fanfare.js`);
            const transports = query.get('transports') ?? undefined;
            globalThis.fanfare = new Fanfare(`${gateway}/push`, {storage: !query.has('forgetful'), transports})
                .on('*', (data) => heard.push(data))
                .on('gap', () => heard.push('gap'))
                .on('state', (state) => states.push(state));
            </script>
            """;

    /** Less than what passes between two looks at a condition, so that a wound clock is never ahead of the machine [ms]. */
    private static final int STEP_MS = 20;

    private static final String IS_OPEN = "globalThis.states?.at(-1)?.state === 'open'";
    private static final Page.WaitForFunctionOptions PATIENTLY = new Page.WaitForFunctionOptions().setTimeout(20_000);

    private final String site;
    private final String pages;
    private final Page page;
    private final APIRequestContext backend;
    private final List<String> errors = new ArrayList<>();
    private String user;

    Tab(BrowserContext context, String site, String user) {
        this(context, site, site, user);
    }

    /** @param pages where the pages are, if not at the site's backend */
    Tab(BrowserContext context, String site, String pages, String user) {
        this.site = site;
        this.pages = pages;
        this.user = user;
        this.backend = context.request();
        this.page = context.newPage();
        page.onPageError(errors::add);
        page.route(pages + "with/**", route -> html(route, WITH_FANFARE));
        page.route(pages + "without", route -> html(route, "<!doctype html>"));
        login();
    }

    /** Another user logs in at the site in this browser. */
    void becomes(String other) {
        user = other;
        login();
    }

    /** From now on the pages' time is the test's: it goes on by itself, and can be moved on and stopped. */
    void controlTime() {
        page.clock().install();
    }

    /** Moves the page's time on; what is due by then is done once. */
    void later(Duration time) {
        page.clock().fastForward(time.toMillis());
    }

    /** Loads a page while time stands still, so that it gets no further than {@link #wind} lets it. */
    void openInStoppedTime(String path, int port) {
        page.clock().install(new Clock.InstallOptions().setTime(0));
        page.clock().pauseAt(1_000);
        page.navigate(site + path + "?by=" + port);
    }

    /** Lets the page's time go on in small steps until the condition holds; how long that took in its time. */
    Duration wind(String what, BooleanSupplier condition) {
        AtomicLong ms = new AtomicLong();
        Await.until(what, () -> {
            page.clock().runFor(STEP_MS);
            ms.addAndGet(STEP_MS);
            return condition.getAsBoolean();
        });
        return Duration.ofMillis(ms.get());
    }

    /** Waits until the gateway has answered all that it was asked whether it is there. */
    void awaitPong() {
        page.evaluate("fanfare.ping()");
    }

    /** How long what works here is kept to, as it was last written down. */
    String detour() {
        return (String)
                page.evaluate("Object.entries(sessionStorage).find(([key]) => key.startsWith('fanfare-detour'))[1]");
    }

    /** Tells the page what a browser tells it that has found a network. */
    void comesOnline() {
        page.evaluate("dispatchEvent(new Event('online'))");
    }

    /** Loads a page with Fanfare, which reaches the gateway by way of this port, and waits until it is connected. */
    void open(String path, int port) {
        open(path + "?by=" + port);
    }

    /** The same without the waiting. */
    void begin(String path, int port) {
        page.navigate(pages + path + "?by=" + port);
    }

    /** Loads a page with Fanfare and waits until it is connected. */
    void open(String path) {
        page.navigate(pages + path);
        awaitOpen();
    }

    void reload() {
        page.reload();
        awaitOpen();
    }

    /** Loads a page without Fanfare and waits until the user counts as gone. */
    void leave() {
        page.navigate(pages + "without");
        page.waitForCondition(() -> connections() == 0);
    }

    /** How often the user is connected, on any page. */
    int connections() {
        APIResponse answer = backend.get(site + "api/presence?user=" + user);
        return new JsonObject(answer.text()).getInteger("connections");
    }

    /** Takes away where the tab was, so that its token alone says it: an older moment, since which all comes again. */
    void forgetPositions() {
        page.evaluate(
                """
                const key = Object.keys(sessionStorage).find((key) => key.startsWith('fanfare '));
                sessionStorage.setItem(key, JSON.stringify({...JSON.parse(sessionStorage.getItem(key)), positions: {}}));
                """);
    }

    /** What the page was told when it connected: true, false or null. */
    Object recovered() {
        return page.evaluate("states.find(({state}) => state === 'open').recovered");
    }

    /** How this page is connected, after all moves. */
    String transport() {
        return (String) page.evaluate("states.findLast(({state}) => state === 'open').transport");
    }

    String node() {
        return (String) page.evaluate("states.at(-1).node");
    }

    boolean isOpen() {
        return (boolean) page.evaluate(IS_OPEN);
    }

    void awaitTransport(String name) {
        page.waitForFunction("name => states.at(-1).transport === name", name, PATIENTLY);
    }

    /** Each state that the page was told, in order; an open one by its transport. */
    Object course() {
        return page.evaluate("states.map(({state, transport}) => transport ?? state)");
    }

    /** How often the page has written to its storage. */
    int writes() {
        return (int) page.evaluate("writes");
    }

    /** Waits until this page, whatever earlier ones did, has heard just this, in this order. */
    void expect(String... data) {
        page.waitForFunction("count => heard.length >= count", data.length, PATIENTLY);
        Assertions.assertThat(page.evaluate("heard")).isEqualTo(List.of(data));
    }

    /** The same for texts as JSON has them, which can say more than what a test is handed out of a page. */
    void expectJson(List<String> data) {
        page.waitForFunction("count => heard.length >= count", data.size(), PATIENTLY);
        Assertions.assertThat(page.evaluate("heard.map((text) => JSON.stringify(text))"))
                .isEqualTo(data);
    }

    /** Publishes to the user as the site's backend, with no page involved. */
    void publish(String data) {
        publishJson(Json.encode(data));
    }

    /** The same with data that is JSON already. */
    void publishJson(String data) {
        publish(UUID.randomUUID().toString(), toUser(), data);
    }

    /** The same under an id of the site's. */
    void publish(String id, String data) {
        publish(id, toUser(), Json.encode(data));
    }

    void publishToEveryone(String data) {
        publishToEveryone(UUID.randomUUID().toString(), data);
    }

    void publishToEveryone(String id, String data) {
        publish(id, new JsonObject().put("broadcast", true), Json.encode(data));
    }

    private JsonObject toUser() {
        return new JsonObject().put("users", new JsonArray().add(user));
    }

    private void publish(String id, JsonObject to, String data) {
        String publication =
                "{\"id\":\"%s\",\"to\":%s,\"namespace\":\"/message_namespace\",\"event\":\"message_event_type\",\"data\":%s}"
                        .formatted(id, to.encode(), data);
        expectOk(backend.post(
                site + "publish",
                RequestOptions.create()
                        .setHeader("Content-Type", "application/json")
                        .setData(publication)));
    }

    /** The tab itself, for what no page of ours does. */
    Page page() {
        return page;
    }

    /** What this tab's browser can ask with the cookies of the site. */
    APIRequestContext backend() {
        return backend;
    }

    @Override
    public void close() {
        page.context().close();
        Assertions.assertThat(errors).isEmpty();
    }

    private void login() {
        expectOk(backend.post(
                site + "login",
                RequestOptions.create().setForm(FormData.create().set("user", user))));
        if (!host(pages).equals(host(site))) {
            shareCookie();
        }
    }

    /** As a site does whose hosts have a domain in common: the cookie holds for all of them, and for no other site. */
    private void shareCookie() {
        String host = host(pages);
        Cookie own = page.context().cookies(site).get(0);
        page.context()
                .addCookies(List.of(new Cookie(own.name, own.value)
                        .setDomain(host.substring(host.indexOf('.')))
                        .setPath("/")
                        .setHttpOnly(true)
                        .setSameSite(SameSiteAttribute.LAX)));
    }

    private static String host(String url) {
        return URI.create(url).getHost();
    }

    private void awaitOpen() {
        page.waitForFunction(IS_OPEN, null, PATIENTLY);
    }

    static void html(Route route, String content) {
        route.fulfill(new Route.FulfillOptions()
                .setHeaders(Map.of("Content-Type", "text/html"))
                .setBody(content));
    }

    private static void expectOk(APIResponse answer) {
        Assertions.assertThat(answer.ok()).as(answer.text()).isTrue();
    }
}
