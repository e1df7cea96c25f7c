package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.browser.Middlebox.Habit;
import fanfare.testing.Await;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** WebSocket first; what the network lets through instead, soon; WebSocket again once it is let through. */
@Timeout(120)
class PicksTransportIT {
    /** The longest that a client keeps to what works before it tries a WebSocket again. */
    private static final Duration DETOUR_MAX = Duration.ofMinutes(10);

    /** How long a WebSocket is waited for that is joined by others, or tried beside one that works. */
    private static final Duration WEBSOCKET_MAX = Duration.ofSeconds(5);
    /** The longest that a client waits between two attempts. */
    private static final Duration BACK_OFF_MAX = Duration.ofSeconds(31);
    /** By when something that works must be found on a network that swallows WebSockets. */
    private static final Duration FALLBACK_MAX = Duration.ofSeconds(3);

    @RegisterExtension
    private static final BrowserCluster STAGE = BrowserCluster.of(1);

    private Tab tab;

    @BeforeEach
    void openTab() {
        tab = STAGE.chromium().openTab(STAGE.cluster().page("localhost"), "alice");
    }

    @AfterEach
    void closeTab() {
        tab.close();
    }

    @Test
    void anHonestNetworkIsGivenAWebSocketAndNothingElse() {
        try (Middlebox box = box(Habit.HONEST)) {
            tab.open("with/basket", box.port());
            hearsPrivateAndPublic();
            assertThat(tab.course()).isEqualTo(List.of("connecting", "websocket"));
            assertThat(box.asked("websocket")).isOne();
        }
    }

    @Test
    void aSlowNetworkKeepsItsWebSocket() {
        try (Middlebox box = box(Habit.SLOW)) {
            tab.open("with/basket", box.port());
            tab.awaitTransport("websocket");
            hearsPrivateAndPublic();
            assertThat(box.asked("websocket")).isOne();
        }
    }

    @Test
    void whereUpgradesAreRefusedItStreamsAndComesBackWhenTheBrowserIsOnline() {
        try (Middlebox box = box(Habit.REFUSES_UPGRADES)) {
            tab.open("with/basket", box.port());
            hearsPrivateAndPublic();
            assertThat(tab.course()).isEqualTo(List.of("connecting", "xhr-streaming"));

            comesBack(box);
        }
    }

    @Test
    void whereTheGatewayHasNoWebSocketsItStreams() {
        try (Middlebox box = box(Habit.OFFERS_NO_WEBSOCKETS)) {
            tab.open("with/basket", box.port());
            hearsPrivateAndPublic();
            assertThat(tab.course()).isEqualTo(List.of("connecting", "xhr-streaming"));
            assertThat(box.asked("websocket")).isZero();
        }
    }

    @Test
    void whereFramesAreSwallowedItStreams() {
        try (Middlebox box = box(Habit.SWALLOWS_FRAMES)) {
            tab.open("with/basket", box.port());
            hearsPrivateAndPublic();
            assertThat(tab.course()).isEqualTo(List.of("connecting", "xhr-streaming"));
            assertThat(box.asked("websocket")).isOne();

            comesBack(box);
        }
    }

    @Test
    void whereFramesAreSwallowedAnotherWayIsFoundInTime() {
        try (Middlebox box = box(Habit.SWALLOWS_FRAMES)) {
            tab.openInStoppedTime("with/basket", box.port());
            Duration dialling = tab.wind("a WebSocket that is swallowed", () -> box.asked("websocket") == 1);
            Duration falling = tab.wind("open in another way", tab::isOpen);
            assertThat(tab.course()).isEqualTo(List.of("connecting", "xhr-streaming"));
            assertThat(dialling.plus(falling)).isLessThan(FALLBACK_MAX);
        }
    }

    @Test
    void whereStreamsAreHeldBackTooItPolls() {
        try (Middlebox box = box(Habit.BUFFERS_STREAMS)) {
            tab.open("with/basket", box.port());
            hearsPrivateAndPublic();
            assertThat(tab.course()).isEqualTo(List.of("connecting", "xhr-polling"));

            comesBack(box);
        }
    }

    @Test
    void theNextPageBeginsWithWhatWorkedAndTriesAWebSocketAfterMinutes() {
        try (Middlebox box = box(Habit.SWALLOWS_FRAMES)) {
            tab.controlTime();
            tab.open("with/basket", box.port());
            tab.open("with/checkout", box.port());
            assertThat(tab.course()).isEqualTo(List.of("connecting", "xhr-streaming"));
            assertThat(box.asked("websocket")).isOne();

            tab.later(DETOUR_MAX);
            Await.until("another WebSocket, swallowed", () -> box.asked("websocket") == 2);
            hearsPrivateAndPublic();
            assertThat(tab.transport()).isEqualTo("xhr-streaming");

            box.becomes(Habit.HONEST);
            String before = tab.detour();
            // What asked whether the gateway is still there must not be kept waiting beyond its time.
            tab.awaitPong();
            tab.later(WEBSOCKET_MAX);
            Await.until("that one given up", () -> !tab.detour().equals(before));
            assertThat(box.asked("websocket")).isEqualTo(2);
            tab.later(DETOUR_MAX);
            tab.awaitTransport("websocket");
            tab.publish("over it");
            tab.expect("private", "public", "over it");
        }
    }

    @Test
    void aWebSocketThatOpensAfterItsFallbackStillWins() {
        try (Middlebox box = box(Habit.HOLDS_FRAMES)) {
            // Once something works, time stands still, so that the WebSocket is not given up before it is released.
            tab.openInStoppedTime("with/basket", box.port());
            tab.wind("open in another way", tab::isOpen);
            assertThat(tab.transport()).isEqualTo("xhr-streaming");
            hearsPrivateAndPublic();
            box.release();
            tab.awaitTransport("websocket");
            tab.publish("over it");
            tab.expect("private", "public", "over it");
            assertThat(box.asked("websocket")).isOne();
        }
    }

    @Test
    void whoIsRefusedComesBackWhenItWasToldTo() {
        try (Middlebox box = box(Habit.REFUSES_FOR_NOW)) {
            tab.openInStoppedTime("with/basket", box.port());
            tab.wind("refused, and asking for the time", () -> box.asked("info") == 2);
            Duration waited = tab.wind("asking again", () -> box.asked("info") == 3);
            assertThat(waited).isGreaterThanOrEqualTo(Middlebox.RETRY_AFTER);
            assertThat(box.asked("websocket")).isZero();
            box.becomes(Habit.HONEST);
            tab.wind("open", tab::isOpen);
            hearsPrivateAndPublic();
        }
    }

    @Test
    void whoIsPutOffForHoursComesBackSooner() {
        try (Middlebox box = box(Habit.REFUSES_FOR_NOW)) {
            box.putsOff(Duration.ofHours(3));
            tab.controlTime();
            tab.begin("with/basket", box.port());
            tab.page().waitForFunction("states.length === 2");
            tab.later(BACK_OFF_MAX);
            tab.page().waitForFunction("states.length === 3");
            box.becomes(Habit.HONEST);
            tab.later(BACK_OFF_MAX);
            tab.awaitTransport("websocket");
            hearsPrivateAndPublic();
        }
    }

    private static Middlebox box(Habit habit) {
        return Middlebox.before(STAGE.cluster().balancerPort(), habit);
    }

    private void hearsPrivateAndPublic() {
        tab.publish("private");
        tab.expect("private");
        tab.publishToEveryone("public");
        tab.expect("private", "public");
    }

    /** The network lets WebSockets through again, and what is published while one is on its way is heard once. */
    private void comesBack(Middlebox box) {
        String before = tab.transport();
        long tried = box.asked("websocket");
        box.becomes(Habit.HOLDS_FRAMES);
        tab.comesOnline();
        Await.until("a WebSocket on its way", () -> box.asked("websocket") > tried);
        tab.publish("meanwhile");
        tab.publishToEveryone("meanwhile, public");
        tab.expect("private", "public", "meanwhile", "meanwhile, public");
        assertThat(tab.transport()).isEqualTo(before);
        box.release();
        tab.awaitTransport("websocket");
        tab.publish("over it");
        tab.expect("private", "public", "meanwhile", "meanwhile, public", "over it");
    }
}
