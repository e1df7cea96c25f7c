package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.TestSite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A user has so many connections and no more, on all gateways together; the oldest go. */
class ConnectionCapIT {
    private static final int MAX = 4;
    private static final int GATEWAYS = 3;
    private static final int USERS = 4;
    private static final List<PushTransport> TRANSPORTS = List.of(
            PushTransport.RAW_WEBSOCKET,
            PushTransport.SOCKJS_WEBSOCKET,
            PushTransport.XHR_STREAMING,
            PushTransport.XHR);

    private Cluster cluster;

    @BeforeEach
    void start() {
        cluster = Cluster.of(GATEWAYS, Map.of("FANFARE_CONNECTIONS_PER_USER_MAX", Integer.toString(MAX)));
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void theOldestGoWhereverTheyAreAndOthersStay() {
        List<PushClient> bob = new ArrayList<>();
        for (int i = 0; i < MAX; i++) {
            bob.add(cluster.join(PushTransport.RAW_WEBSOCKET, i % 2, "bob"));
        }
        List<PushClient> alice = new ArrayList<>();
        for (int i = 0; i < MAX + 5; i++) {
            alice.add(cluster.join(TRANSPORTS.get(i % TRANSPORTS.size()), i % GATEWAYS, "alice"));
            cluster.awaitLater();
        }
        // Of two too many one gateway finds the one by itself.
        PushClient oldest = cluster.join(PushTransport.RAW_WEBSOCKET, 1, "carol");
        cluster.awaitLater();
        List<PushClient> carol = new ArrayList<>();
        for (int i = 0; i < MAX + 1; i++) {
            carol.add(cluster.join(PushTransport.RAW_WEBSOCKET, 0, "carol"));
        }
        carol.get(0).expectClose(4_106);
        oldest.expectClose(4_106);
        alice.subList(0, 5).forEach(client -> client.expectClose(4_106));
        Await.until("that is told", () -> cluster.presence("alice").connections() == MAX);
        cluster.publish(Channel.user("alice"), "still here", "1");
        alice.subList(5, alice.size()).forEach(client -> client.expectEvent("still here"));
        cluster.publish(Channel.user("bob"), "untouched", "1");
        bob.forEach(client -> client.expectEvent("untouched"));
        carol.subList(1, carol.size()).forEach(PushClient::ping);
        assertThat(closed()).isEqualTo(5 + 2);
    }

    @Test
    void aGatewayThatDiedCostsNobodyItsConnectionAndOneThatBecameAnotherCountsOnce() {
        try (GatewayProcess dying = GatewayProcess.start(cluster.settings())) {
            List<PushClient> living = new ArrayList<>();
            for (int i = 0; i < MAX / 2; i++) {
                living.add(cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice"));
                PushClient.connect(
                                cluster.vertx(),
                                PushTransport.RAW_WEBSOCKET,
                                "http://127.0.0.1:" + dying.port(),
                                TestSite.login("alice"))
                        .expectWelcome();
            }
            dying.kill();
            for (int i = 0; i < MAX / 2; i++) {
                living.add(cluster.join(PushTransport.XHR, 1, "alice"));
            }
            Await.until("too many are counted", () -> everywhere("fanfare_crowds") > 0);
            int calls = everywhere("fanfare_crowd_calls_total");
            Await.until("nobody answers for the dead", () -> everywhere("fanfare_crowd_calls_total") > calls + 1);
            cluster.incarnations().forEach(cluster::endLease);
            Await.until(
                    "the living have announced themselves anew",
                    () -> cluster.presence("alice").connections() == MAX);
            assertThat(closed()).isZero();
            cluster.awaitLater();
            living.add(cluster.join(PushTransport.XHR, 2, "alice"));
            living.get(0).expectClose(4_106);
            living.subList(1, living.size()).forEach(PushClient::ping);
            assertThat(closed()).isEqualTo(1);
        }
    }

    @Test
    void whateverComesAtOnceConvergesToTheMostAndNeverBelow() {
        long seed = new Random().nextLong();
        System.getLogger("ConnectionCapIT").log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        Random random = new Random(seed);
        List<PushClient> clients = new ArrayList<>();
        int tooMany = 0;
        for (int round = 0; round < USERS; round++) {
            int count = MAX + random.nextInt(4 * MAX);
            tooMany += count - MAX;
            for (int i = 0; i < count; i++) {
                // Not the cluster's to look after: which of them are closed is nobody's to say.
                clients.add(PushClient.connect(
                        cluster.vertx(),
                        TRANSPORTS.get(random.nextInt(TRANSPORTS.size())),
                        cluster.uri(random.nextInt(GATEWAYS)),
                        TestSite.login("user-" + round)));
                if (random.nextInt(8) == 0) {
                    cluster.awaitLater();
                }
            }
        }
        clients.forEach(PushClient::awaitOpen);
        int excess = tooMany;
        Await.until("whoever is too much has gone", () -> closed() >= excess);
        Await.until("nobody is suspected any more", () -> everywhere("fanfare_crowds") == 0);
        for (int round = 0; round < USERS; round++) {
            String user = "user-" + round;
            Await.until("that is told of " + user, () -> cluster.presence(user).connections() == MAX);
        }
        assertThat(closed()).isEqualTo(excess);
        clients.forEach(PushClient::close);
    }

    private int closed() {
        return everywhere("fanfare_closes_total{code=\"4106\"");
    }

    private int everywhere(String metric) {
        return (int) IntStream.range(0, GATEWAYS)
                .mapToDouble(gateway -> cluster.metric(gateway, metric))
                .sum();
    }
}
