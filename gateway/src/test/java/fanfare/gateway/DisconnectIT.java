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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The site ends connections: everywhere, at once, and nobody slips back in through something remembered. */
class DisconnectIT {
    private static final System.Logger LOG = System.getLogger(DisconnectIT.class.getName());
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
        cluster.disconnect(new Disconnect("alice", null, 4_103, "trop de bruit, désolé 👋", List.of()));
        for (PushClient client : alice) {
            assertThat(client.expectClose(4_103)).isEqualTo("trop de bruit, désolé 👋");
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
    void aSessionOfTheSiteEndsWhateverCarriesItAndNoOtherSessionOfTheUser() {
        List<PushClient> gone = new ArrayList<>();
        for (PushTransport transport : PushTransport.values()) {
            if (transport == PushTransport.RAW_WEBSOCKET || transport == PushTransport.SOCKJS_WEBSOCKET) {
                gone.add(cluster.join(transport, 0, "alice~1"));
                gone.add(cluster.join(transport, 1, "alice~1"));
            } else {
                gone.add(relayed(transport, "alice~1"));
            }
        }
        List<PushClient> others = List.of(
                cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice~2"),
                cluster.join(PushTransport.RAW_WEBSOCKET, 1, "alice~2"),
                relayed(PushTransport.XHR, "alice~2"));
        PushClient kept = cluster.connect(PushTransport.RAW_WEBSOCKET, 1, login("alice~1"))
                .awaitOpen();
        String connection = kept.send(HELLO).expectWelcome().string("connection");
        RawSession betweenPolls = RawSession.of(cluster.port(0), "alice~1").opened();
        try (EventStream here = EventStream.open(cluster.port(0), "alice~1", "");
                EventStream there = EventStream.open(cluster.port(1), "alice~1", "")) {
            here.expect("welcome");
            there.expect("welcome");
            cluster.site()
                    .answer(request -> "alice~1".equals(request.login()) ? Answer.of(401) : TestSite.byLogin(request));
            cluster.disconnect(new Disconnect("alice", "alice~1", 4_102, "logged out", List.of(connection)));
            for (PushClient client : gone) {
                assertThat(client.expectClose(4_102)).isEqualTo("logged out");
            }
            assertThat(betweenPolls.at(cluster.port(1)).poll().body()).isEqualTo("c[4102,\"logged out\"]\n");
            here.expectError(4_102);
            there.expectError(4_102);
        }
        cluster.publish(Channel.user("alice"), "still here", "1");
        kept.expectEvent("still here");
        others.forEach(client -> client.expectEvent("still here"));
        int asked = cluster.site().requests("alice~2").size();
        for (int gateway = 0; gateway < 2; gateway++) {
            cluster.join(PushTransport.RAW_WEBSOCKET, gateway, "alice~2");
            cluster.connect(PushTransport.RAW_WEBSOCKET, gateway, login("alice~1"))
                    .expectClose(4_101);
        }
        assertThat(cluster.site().requests("alice~2")).as("for five seconds").hasSizeLessThanOrEqualTo(asked + 2);
        // The site does not know its login any more, and has said so to somebody else.
        kept.expectClose(4_102);
    }

    @Test
    void whoeverIsStillBeingAskedAboutGoesWithTheSession() {
        Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
        PushClient here = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "bob");
        PushClient there = cluster.join(PushTransport.RAW_WEBSOCKET, 1, "bob");
        cluster.site().hold();
        List<PushClient> gone = List.of(
                cluster.connect(PushTransport.RAW_WEBSOCKET, 0, login("alice~1"))
                        .awaitOpen(),
                cluster.connect(PushTransport.XHR, 1, login("alice~1")).awaitOpen());
        PushClient other = cluster.connect(PushTransport.XHR_STREAMING, 0, login("alice~2"))
                .awaitOpen()
                .send(HELLO);
        Await.until(
                "the site is asked",
                () -> cluster.site().requests("alice~1").size() >= 2
                        && !cluster.site().requests("alice~2").isEmpty());
        cluster.disconnect(new Disconnect("alice", "alice~1", 4_102, "", List.of()));
        cluster.disconnect(new Disconnect("bob", null, 4_103, "", List.of()));
        here.expectClose(4_103);
        there.expectClose(4_103);
        // What was asked before the logout is answered as it was then.
        cluster.site().answer(request -> {
            String login = String.valueOf(request.login());
            int times =
                    asked.computeIfAbsent(login, none -> new AtomicInteger()).incrementAndGet();
            return login.equals("alice~1") && times > 2 ? Answer.of(401) : TestSite.byLogin(request);
        });
        cluster.site().release();
        gone.forEach(client -> client.expectClose(4_101));
        other.expectWelcome();
    }

    @Test
    void hundredsOfConnectionsEndTogether() {
        try (Cluster wide = Cluster.of(2, Map.of("FANFARE_CONNECTIONS_PER_USER_MAX", "1000"))) {
            List<PushClient> clients = IntStream.range(0, 400)
                    .mapToObj(i -> wide.connect(PushTransport.RAW_WEBSOCKET, i % 2, login("alice~1")))
                    .toList();
            clients.forEach(client -> client.awaitOpen().expectWelcome());
            wide.disconnect(new Disconnect("alice", "alice~1", 4_102, "", List.of()));
            long given = System.nanoTime();
            clients.forEach(client -> client.expectClose(4_102));
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0} connections on 2 gateways ended {1} ms after the order was given",
                    clients.size(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - given));
        }
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

    /** A client whose requests go to both gateways in turn. */
    private PushClient relayed(PushTransport transport, String login) {
        PushClient client = cluster.track(
                PushClient.connect(cluster.vertx(), transport, List.of(cluster.uri(0), cluster.uri(1)), login(login))
                        .awaitOpen());
        client.send(HELLO).expectWelcome();
        return client;
    }
}
