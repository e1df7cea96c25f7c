package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.TestSite;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A browser that does not read is closed at its byte budget; nobody else is slower for it. */
class SlowConsumerIT {
    /** More than every buffer of the two kernels and the budget together. */
    private static final int MESSAGES_MAX = 1_000;

    /** Large ones that are together more than the budget, and no more than a page is sent of what it missed. */
    private static final int KEPT_BACK = 8;

    /** For how long a fallback session may be without a poll. */
    private static final Duration DISCONNECT_DELAY = Duration.ofSeconds(5);

    private static final String LARGE = "\"" + "x".repeat(60_000) + "\"";

    @ParameterizedTest
    @ValueSource(strings = {"websocket", "raw-websocket", "xhr-streaming", "events"})
    void isClosedAtItsBudgetWhileOthersHearEverything(String transport) {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_SEND_QUEUE_BYTES_MAX", "200000"));
                RawHttp stalled = RawHttp.to(cluster.port(0))) {
            PushClient healthy = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            connect(stalled, transport);
            Await.until("the stalled one is there too", () -> metric(cluster, "fanfare_connections", "") == 2);

            int published = 0;
            while (closes(cluster) == 0) {
                assertThat(++published).isLessThan(MESSAGES_MAX);
                cluster.publish(Channel.BROADCAST, "large", LARGE);
                healthy.expectEvent("large");
            }
            Await.until("nothing waits any more", () -> metric(cluster, "fanfare_queue_bytes", "") == 0);
            if (transport.contains("websocket")) {
                // A stream has ended instead; its connection is an idle one then, which has limits of its own.
                stalled.rest();
            }
        }
    }

    @Test
    void whoDoesNotPollIsClosedAtItsBudget() {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_SEND_QUEUE_BYTES_MAX", "200000"))) {
            String told = Await.within(DISCONNECT_DELAY, () -> {
                RawSession session = RawSession.of(cluster.port(0), "carol").opened();
                double before = closes(cluster);
                IntStream.range(0, 5).forEach(i -> cluster.publish(Channel.user("carol"), "large", LARGE));
                Await.until("the session is over", () -> closes(cluster) > before);
                return session.poll().body();
            });
            assertThat(told).isEqualTo("c[4002,\"slow consumer\"]\n");
        }
    }

    /** Whether the connection of a message is long or short, one that reads gets all of it. */
    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void whoReadsHearsMoreThanTheBudgetHolds(PushTransport transport) {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_SEND_QUEUE_BYTES_MAX", "200000"))) {
            PushClient client = cluster.join(transport, 0, "alice");
            for (int i = 0; i < 20; i++) {
                cluster.publish(Channel.user("alice"), "large", LARGE);
                client.expectEvent("large");
            }
        }
    }

    /** What an outage of Redis has kept back comes all at once, and a browser far away takes its time for that. */
    @Test
    void whoIsBehindIsNotTooSlowForWhatALinkLossHasKeptBack() {
        try (LinkedCluster linked = LinkedCluster.of(1, Map.of("FANFARE_SEND_QUEUE_BYTES_MAX", "200000"));
                FlakyLink network = FlakyLink.to(linked.cluster().port(0));
                PushClient far = PushClient.connect(
                        linked.cluster().vertx(),
                        PushTransport.RAW_WEBSOCKET,
                        "http://127.0.0.1:" + network.port(),
                        TestSite.login("bob"))) {
            Cluster cluster = linked.cluster();
            PushClient near = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            far.awaitOpen().send("{\"type\":\"hello\",\"protocol\":1}").expectWelcome();
            network.stall(FlakyLink.Direction.DOWN);
            int published = 0;
            // Until the kernels take no more: one may be on its way to them.
            while (metric(cluster, "fanfare_queue_bytes", "") < 100_000) {
                assertThat(++published).isLessThan(MESSAGES_MAX);
                cluster.publish(Channel.BROADCAST, "large", LARGE);
                near.expectEvent("large");
            }

            linked.link().refuse();
            linked.link().cut();
            for (int i = 0; i < KEPT_BACK; i++) {
                cluster.publish(Channel.BROADCAST, "late", LARGE);
            }
            linked.link().resume();
            for (int i = 0; i < KEPT_BACK; i++) {
                near.expectEvent("late");
            }
            Await.until("all of it waits", () -> metric(cluster, "fanfare_queue_bytes", "") > KEPT_BACK * 60_000);

            network.resume();
            for (int i = 0; i < published; i++) {
                far.expectEvent("large");
            }
            for (int i = 0; i < KEPT_BACK; i++) {
                far.expectEvent("late");
            }
            far.assertNothingElse();
        }
    }

    private static void connect(RawHttp stalled, String transport) {
        String session = "/push/000/" + UUID.randomUUID();
        if (transport.equals("xhr-streaming")) {
            stalled.request("POST", session + "/xhr_streaming", "", "Cookie: site_session=bob");
            return;
        }
        if (transport.equals("events")) {
            stalled.request("GET", "/events", "", "Cookie: site_session=bob");
            return;
        }
        stalled.send("GET " + (transport.equals("websocket") ? session : "/push") + "/websocket HTTP/1.1\r\n"
                + "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nCookie: site_session=bob\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    }

    private static double closes(Cluster cluster) {
        return metric(cluster, "fanfare_closes_total", "4002");
    }

    private static double metric(Cluster cluster, String name, String label) {
        return RawHttp.get(cluster.managementPort(0), "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name) && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
