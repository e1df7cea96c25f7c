package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
