package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.WaitUntilState;
import fanfare.testing.Await;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What fanfare.js does on pages, and with a gateway, as one seldom meets them. */
@Timeout(120)
class ClientRulesIT {
    private static final int ACK_IDS_MAX = 200;
    private static final int ID_LIFETIME_MS = 120_000;
    private static final String REQUIRE_JS = "/META-INF/resources/webjars/requirejs/2.3.7/require.min.js";

    @RegisterExtension
    private static final BrowserCluster STAGE = BrowserCluster.of(1);

    private Middlebox box;
    private Tab tab;

    @BeforeEach
    void openTab() {
        box = Middlebox.before(STAGE.cluster().balancerPort(), Middlebox.Habit.ACTED);
        tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), "alice");
    }

    @AfterEach
    void closeTab() {
        tab.close();
        box.close();
    }

    @Test
    void whoIsLostBeforeAPlannedMoveDoesNotWaitForIt() {
        ActedGateway gateway = connect();
        gateway.say(new JsonObject().put("type", "reconnect").put("delay", 3_000_000));
        gateway.say(ActedGateway.event("told", 1));
        tab.expect("told");
        gateway.drop();
        Await.until("another connection", () -> gateway.connects() == 2);
    }

    @Test
    void questionsThatWaitForAnAnswerAreOne() {
        ActedGateway gateway = connect();
        tab.page().evaluate("() => { pongs = 0; for (let i = 0; i < 25; i++) fanfare.ping().then(() => pongs++); }");
        Await.until("a question", () -> !gateway.heard("ping").isEmpty());
        gateway.say(new JsonObject().put("type", "pong"));
        tab.page().waitForFunction("pongs === 25");

        tab.page().evaluate("() => { fanfare.ping(); }");
        Await.until("the next question", () -> gateway.heard("ping").size() > 1);
        assertThat(gateway.heard("ping")).hasSize(2);
    }

    @Test
    void moreAcknowledgementsThanOneMessageTakesAllArrive() {
        ActedGateway gateway = connect();
        List<String> ids =
                IntStream.range(0, 2 * ACK_IDS_MAX).mapToObj(Integer::toString).toList();
        gateway.say(ids.stream()
                .map(id -> ActedGateway.event(id, 1).put("receipt", true))
                .toList());
        Await.until("all of them", () -> acknowledged(gateway).size() >= ids.size());
        assertThat(gateway.heard("ack"))
                .allSatisfy(ack -> assertThat(ack.getJsonArray("ids")).hasSizeLessThanOrEqualTo(ACK_IDS_MAX));
        assertThat(acknowledged(gateway)).isEqualTo(ids);
    }

    @Test
    void anIdIsTheSameEventForAWhile() {
        ActedGateway gateway = connect();
        gateway.say(List.of(
                ActedGateway.event("first", 1),
                ActedGateway.event("first", ID_LIFETIME_MS),
                ActedGateway.event("first", ID_LIFETIME_MS + 1),
                ActedGateway.event("first", 1 + ID_LIFETIME_MS / 2),
                ActedGateway.event("last", 1)));
        tab.expect("first", "first", "last");
    }

    @Test
    void anotherUsersEventIsAnotherEvent() {
        ActedGateway gateway = connect();
        gateway.say(ActedGateway.event("hers", 1));
        gateway.say(ActedGateway.event("everybody's", 1).put("channel", "broadcast"));
        tab.expect("hers", "everybody's");
        gateway.becomes("bob");
        gateway.drop();
        Await.until("another connection", () -> gateway.heard("hello").size() == 2);
        gateway.say(ActedGateway.event("everybody's", 2).put("channel", "broadcast"));
        gateway.say(ActedGateway.event("hers", 2));
        tab.expect("hers", "everybody's", "hers");
    }

    @Test
    void aLinkWhoseHelloIsLostIsGivenUp() {
        tab.controlTime();
        ActedGateway gateway = connect();
        gateway.say(ActedGateway.event("first", 1));
        tab.expect("first");
        gateway.hearsNoHellos();
        gateway.drop();
        Await.until("a connection without a hello", () -> {
            tab.later(Duration.ofSeconds(1));
            return gateway.heard("hello").size() == 2;
        });
        Await.until("another one", () -> {
            tab.later(Duration.ofSeconds(1));
            return gateway.connects() == 3;
        });
    }

    @Test
    void aClientHearsNoNamespaceThatItExcludes() {
        ActedGateway gateway = connect();
        tab.page()
                .evaluate(
                        "port => { fanfare.disconnect();"
                                + "new fanfare.constructor(`http://localhost:${port}/push`,"
                                + " {namespaces: ['/wanted'], storage: false}).on('*', (data) => heard.push(data)); }",
                        box.port());
        Await.until("the second client", () -> gateway.heard("hello").size() == 2);
        gateway.say(ActedGateway.event("not wanted", 1));
        gateway.say(ActedGateway.event("wanted", 1).put("namespace", "/wanted"));
        tab.expect("wanted");
    }

    @Test
    void whoDisconnectsWhileItBeginsToConnectDoesNotConnect() {
        ActedGateway gateway = connect();
        assertThat(tab.page()
                        .evaluate(
                                "port => { fanfare.disconnect();"
                                        + "fanfare.on('state', ({state}) => state === 'connecting' && fanfare.disconnect());"
                                        + "fanfare.connect();"
                                        + "new fanfare.constructor(`http://localhost:${port}/push`, {storage: false});"
                                        + "return fanfare.state.state; }",
                                box.port()))
                .isEqualTo("closed");
        Await.until("the other client", () -> gateway.heard("hello").size() == 2);
        assertThat(gateway.connects()).isEqualTo(2);
    }

    @Test
    void aScriptThatDoesNotComeIsAskedForAgain() {
        tab.controlTime();
        AtomicInteger asked = new AtomicInteger();
        tab.page().route("**/client/sockjs.min.js*", route -> {
            if (asked.incrementAndGet() > 1) {
                route.resume();
            }
        });
        tab.page()
                .navigate(
                        STAGE.cluster().page("localhost") + "with/basket?by=" + box.port(),
                        // The page is not loaded before the script is.
                        new Page.NavigateOptions().setWaitUntil(WaitUntilState.COMMIT));
        Await.until("the script is waited for", () -> {
            tab.page().waitForTimeout(1);
            return asked.get() == 1;
        });
        Await.until("a connection", () -> {
            tab.later(Duration.ofSeconds(1));
            return box.actor().connects() == 1;
        });
    }

    @Test
    void aPageWithAnAmdLoaderHears() throws IOException {
        try (InputStream script = ClientRulesIT.class.getResourceAsStream(REQUIRE_JS)) {
            String loader = "<script>" + new String(script.readAllBytes(), StandardCharsets.UTF_8) + "</script>";
            tab.page().route("**/with/amd", route -> Tab.html(route, "<!doctype html>" + loader + Tab.WITH_FANFARE));
        }
        tab.open("with/amd");
        assertThat(tab.page().evaluate("define.amd && globalThis.SockJS")).isNull();
        tab.publish("heard");
        tab.expect("heard");
    }

    /** Opens a page whose gateway the test acts. */
    private ActedGateway connect() {
        tab.open("with/basket", box.port());
        return box.actor();
    }

    private static List<Object> acknowledged(ActedGateway gateway) {
        return gateway.heard("ack").stream()
                .flatMap(ack -> ack.getJsonArray("ids").stream())
                .toList();
    }
}
