package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.presence.UserPresence;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is online, as a site would ask. */
class PresenceIT {
    private Cluster cluster;

    @BeforeEach
    void start() {
        cluster = Cluster.of(2);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void whoWasNeverHereIsOffline() {
        assertThat(cluster.presence("nobody")).isEqualTo(new UserPresence("nobody", false, 0, 0, null, null));
    }

    @Test
    void connectionsAndGatewaysAreCounted() {
        for (PushTransport transport : PushTransport.values()) {
            cluster.join(transport, 0, "alice");
        }
        Await.until(
                "all of one gateway are counted",
                () -> cluster.presence("alice").connections() == PushTransport.values().length);
        UserPresence here = cluster.presence("alice");
        assertThat(here.online()).isTrue();
        assertThat(here.nodes()).isEqualTo(1);
        cluster.join(PushTransport.XHR, 1, "alice~second");
        Await.until(
                "the other's is too",
                () -> cluster.presence("alice").connections() == PushTransport.values().length + 1);
        UserPresence everywhere = cluster.presence("alice");
        assertThat(everywhere.nodes()).isEqualTo(2);
        assertThat(everywhere.since()).isEqualTo(here.since()).isNotNull();
        assertThat(everywhere.lastSeen()).isGreaterThanOrEqualTo(everywhere.since());
    }

    @Test
    void aGraceFollowsTheLastConnectionAndThenTheUserIsOffline() {
        PushClient client = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
        Await.until("alice is online", () -> cluster.presence("alice").connections() == 1);
        client.close();
        Await.until("her connection is gone", () -> cluster.presence("alice").connections() == 0);
        UserPresence grace = cluster.presence("alice");
        assertThat(grace.online()).isTrue();
        assertThat(grace.nodes()).isZero();
        Await.until("the grace is over", () -> !cluster.presence("alice").online());
        UserPresence offline = cluster.presence("alice");
        assertThat(offline.since()).isNull();
        assertThat(offline.lastSeen()).isNotNull();
    }

    @Test
    void aReloadDoesNotFlicker() {
        PushClient client = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
        Await.until("alice is online", () -> cluster.presence("alice").online());
        client.close();
        Await.until("her connection is gone", () -> {
            assertThat(cluster.presence("alice").online()).isTrue();
            return cluster.presence("alice").connections() == 0;
        });
        cluster.join(PushTransport.RAW_WEBSOCKET, 1, "alice");
        Await.until("she is back", () -> {
            assertThat(cluster.presence("alice").online()).isTrue();
            return cluster.presence("alice").connections() == 1;
        });
    }

    @Test
    void nobodyIsRoutedToAfterTheLastOneLeft() {
        PushClient client = cluster.join(PushTransport.XHR_STREAMING, 0, "alice");
        cluster.awaitHeard(Channel.user("alice"), 1);
        assertThat(cluster.publish(Channel.user("alice"), "one", "1").routed()).isEqualTo(1);
        client.expectEvent("one");
        client.close();
        Await.until(
                "the channel is given up",
                () -> cluster.publish(Channel.user("alice"), "two", "1").routed() == 0);
    }

    @Test
    void anonymousVisitorsAreNobody() {
        // Not logged in: turned away here, and no presence is left behind.
        cluster.connect(PushTransport.RAW_WEBSOCKET, 0, Map.of()).expectClose(4_101);
        assertThat(cluster.presence("null").online()).isFalse();
    }

    @Test
    void usersOfACrashedGatewayAreOfflineWhenItsLeaseEnds() {
        try (GatewayProcess process = GatewayProcess.start(cluster.settings())) {
            PushClient client = PushClient.connect(
                    cluster.vertx(), PushTransport.RAW_WEBSOCKET, "http://127.0.0.1:" + process.port(), login("alice"));
            client.awaitOpen().send("{\"type\":\"hello\"}").expectWelcome();
            cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            cluster.join(PushTransport.RAW_WEBSOCKET, 0, "bob");
            Await.until("alice is on both", () -> cluster.presence("alice").nodes() == 2);
            process.kill();
            client.expectClose(1_006);
            Await.until(
                    "the dead gateway does not count",
                    () -> cluster.presence("alice").nodes() == 1);
            assertThat(cluster.presence("alice").connections()).isEqualTo(1);
            assertThat(cluster.presence("alice").online()).isTrue();
            assertThat(cluster.presence("bob").online()).isTrue();
        }
    }
}
