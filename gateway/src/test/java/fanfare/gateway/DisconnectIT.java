package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.control.Disconnect;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.TestSite;
import fanfare.testing.TestSite.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The site ends connections: everywhere, at once, and nobody slips back in through something remembered. */
class DisconnectIT {
    private static final String HELLO = "{\"type\":\"hello\"}";

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
    void endsAllConnectionsOfTheUserOnEveryGatewayAndNoOther() {
        List<PushClient> alice = new ArrayList<>();
        for (PushTransport transport : PushTransport.values()) {
            alice.add(cluster.join(transport, 0, "alice"));
            alice.add(cluster.join(transport, 1, "alice~second"));
        }
        PushClient bob = cluster.join(PushTransport.XHR, 0, "bob");
        cluster.disconnect(new Disconnect("alice", null, 4_103, "too much noise", List.of()));
        for (PushClient client : alice) {
            assertThat(client.expectClose(4_103)).isEqualTo("too much noise");
        }
        cluster.publish(Channel.user("bob"), "still here", "1");
        bob.expectEvent("still here");
    }

    @Test
    void theSiteChoosesTheCode() {
        PushClient client = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
        cluster.disconnect(new Disconnect("alice", null, 4_199, "because", List.of()));
        assertThat(client.expectClose(4_199)).isEqualTo("because");
    }

    @Test
    void mayBeNarrowedToOneSession() {
        PushClient here = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice~1");
        PushClient there = cluster.join(PushTransport.XHR_STREAMING, 1, "alice~1");
        PushClient other = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice~2");
        cluster.disconnect(new Disconnect("alice", "alice~1", 4_102, "logged out", List.of()));
        here.expectClose(4_102);
        there.expectClose(4_102);
        cluster.publish(Channel.user("alice"), "still here", "1");
        other.expectEvent("still here");
    }

    @Test
    void mayLeaveOutConnections() {
        PushClient kept = cluster.connect(PushTransport.RAW_WEBSOCKET, 0, login("alice"))
                .awaitOpen()
                .send(HELLO);
        String connection = kept.expectWelcome().string("connection");
        PushClient other = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
        PushClient elsewhere = cluster.join(PushTransport.XHR, 1, "alice");
        cluster.disconnect(new Disconnect("alice", null, 4_103, "one is enough", List.of(connection)));
        other.expectClose(4_103);
        elsewhere.expectClose(4_103);
        cluster.publish(Channel.user("alice"), "still here", "1");
        kept.expectEvent("still here");
    }

    @Test
    void nobodyKickedIsBackThroughTheCache() {
        PushClient client = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
        cluster.site().answer(Answer.of(401));
        cluster.disconnect(new Disconnect("alice", null, 4_103, "", List.of()));
        client.expectClose(4_103);
        for (int gateway = 0; gateway < 2; gateway++) {
            cluster.connect(PushTransport.RAW_WEBSOCKET, gateway, login("alice"))
                    .expectClose(4_101);
        }
    }

    @Test
    void anAnswerThatWasAskedForBeforeIsThrownAway() {
        AtomicInteger asked = new AtomicInteger();
        cluster.site()
                .answer(request -> "bob".equals(request.login()) || asked.incrementAndGet() == 1
                        ? TestSite.byLogin(request)
                        : Answer.of(401));
        PushClient witness = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "bob");
        cluster.site().hold();
        PushClient client =
                cluster.connect(PushTransport.RAW_WEBSOCKET, 0, login("alice")).awaitOpen();
        Await.until("the site is asked", () -> !cluster.site().requests("alice").isEmpty());
        cluster.disconnect(new Disconnect("alice", null, 4_103, "", List.of()));
        // Commands are read in order: once the witness is out, the one about alice has been read.
        cluster.disconnect(new Disconnect("bob", null, 4_103, "", List.of()));
        witness.expectClose(4_103);
        cluster.site().release();
        client.expectClose(4_101);
        assertThat(asked).hasValue(2);
    }

    @Test
    void whoIsLetInAgainMayComeBack() {
        PushClient client = cluster.join(PushTransport.XHR, 0, "alice");
        cluster.disconnect(new Disconnect("alice", null, 4_103, "", List.of()));
        client.expectClose(4_103);
        PushClient again = cluster.join(PushTransport.XHR, 0, "alice");
        cluster.publish(Channel.user("alice"), "back", "1");
        again.expectEvent("back");
    }

    @Test
    void aUserWhoIsNotThereIsNoMistake() {
        cluster.disconnect(new Disconnect("nobody", null, 4_103, "", List.of()));
        cluster.join(PushTransport.XHR, 0, "alice").ping();
    }
}
