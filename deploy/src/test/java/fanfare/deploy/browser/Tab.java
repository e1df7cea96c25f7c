package fanfare.deploy.browser;

import com.microsoft.playwright.APIRequestContext;
import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.FormData;
import com.microsoft.playwright.options.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;

/** A tab of one logged-in user on a classic site: each click loads another page, with Fanfare on it or without. */
final class Tab implements AutoCloseable {
    /** A page that keeps all it hears in {@code heard}, and each state in {@code states}. */
    private static final String WITH_FANFARE =
            """
            <!doctype html>
            <script>
            heard = []; states = []; writes = 0;
            const write = Storage.prototype.setItem;
            Storage.prototype.setItem = function (...item) { writes++; write.apply(this, item); };
            </script>
            <script type="module">
            const session = await (await fetch('/api/session')).json();
            const gateway = `http://${location.hostname}:${session.gateway}`;
            const {Fanfare} = await import(`${gateway}/client/fanfare.js`);
            new Fanfare(`${gateway}/push`, {storage: !location.search.includes('forgetful')})
                .on('*', (data) => heard.push(data))
                .on('gap', () => heard.push('gap'))
                .on('state', (state) => states.push(state));
            </script>
            """;

    private static final Page.WaitForFunctionOptions PATIENTLY = new Page.WaitForFunctionOptions().setTimeout(20_000);

    private final String site;
    private final Page page;
    private final APIRequestContext backend;
    private final List<String> errors = new ArrayList<>();
    private String user;

    Tab(BrowserContext context, String site, String user) {
        this.site = site;
        this.user = user;
        this.backend = context.request();
        this.page = context.newPage();
        page.onPageError(errors::add);
        page.route(site + "with/**", route -> html(route, WITH_FANFARE));
        page.route(site + "without", route -> html(route, "<!doctype html>"));
        login();
    }

    /** Another user logs in at the site in this browser. */
    void becomes(String other) {
        user = other;
        login();
    }

    /** Loads a page with Fanfare and waits until it is connected. */
    void open(String path) {
        page.navigate(site + path);
        awaitOpen();
    }

    void reload() {
        page.reload();
        awaitOpen();
    }

    /** Loads a page without Fanfare and waits until the user counts as gone. */
    void leave() {
        page.navigate(site + "without");
        page.waitForCondition(() -> {
            APIResponse answer = backend.get(site + "api/presence?user=" + user);
            return new JsonObject(answer.text()).getInteger("connections") == 0;
        });
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

    String node() {
        return (String) page.evaluate("states.at(-1).node");
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

    /** Publishes to the user as the site's backend, with no page involved. */
    void publish(String data) {
        JsonObject publication = new JsonObject()
                .put("to", new JsonObject().put("users", new JsonArray().add(user)))
                .put("namespace", "/message_namespace")
                .put("event", "message_event_type")
                .put("data", data);
        expectOk(backend.post(
                site + "publish",
                RequestOptions.create()
                        .setHeader("Content-Type", "application/json")
                        .setData(publication.encode())));
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
    }

    private void awaitOpen() {
        page.waitForFunction("globalThis.states?.at(-1)?.state === 'open'", null, PATIENTLY);
    }

    private static void html(Route route, String content) {
        route.fulfill(new Route.FulfillOptions()
                .setHeaders(Map.of("Content-Type", "text/html"))
                .setBody(content));
    }

    private static void expectOk(APIResponse answer) {
        Assertions.assertThat(answer.ok()).as(answer.text()).isTrue();
    }
}
