package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.FlakyLink;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import fanfare.testing.TestSite;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Redis fails over while sentinels watch: browsers stay connected and hear everything once. */
class RedisFailoverIT {
    private static final Channel ALICE = Channel.user("alice");
    private static final Duration DETECTED_WITHIN = Duration.ofSeconds(15);
    /** Less than an inbox keeps, so that nothing may be missing however long a gateway is away. */
    private static final int ROUND = 20;

    @Test
    void whatOnlyTheDeadMasterHadReachesWhoWasAwayAndNobodyTwice() {
        try (RedisTrio trio = RedisTrio.start(1);
                FlakyLink replication = FlakyLink.to(trio.first().port());
                Cluster cluster = Cluster.at(trio.url(), 2)) {
            List<PushClient> clients = everyWay(cluster);
            PushClient away = cluster.connect(PushTransport.RAW_WEBSOCKET, 0, TestSite.login("alice"))
                    .awaitOpen();
            Message welcome = away.send("{\"type\":\"hello\"}").expectWelcome();
            away.close();
            cluster.publishNumbers(ALICE, 1, 20);
            trio.blind();
            trio.lag(replication);
            cluster.publishNumbers(ALICE, 21, 50);
            cluster.publishNumbers(Channel.BROADCAST, 51, 70);
            clients.forEach(client -> expectOnce(client, 1, 70));

            trio.first().kill();
            replication.refuse();
            replication.cut();
            trio.watch();
            cluster.publishNumbers(ALICE, 71, 80);
            clients.forEach(client -> expectOnce(client, 71, 80));

            PushClient back = cluster.connect(PushTransport.RAW_WEBSOCKET, 1, TestSite.login("alice"))
                    .awaitOpen();
            back.send(new JsonObject()
                    .put("type", "hello")
                    .put("resume", welcome.json().getString("resume"))
                    .encode());
            assertThat(back.expectVerdict().json().getValue("recovered")).isEqualTo(true);
            expectOnce(back, 1, 80);
        }
    }

    @Test
    void browsersAreTakenAlongToThePromotedMasterUnderLoad() {
        try (RedisTrio trio = RedisTrio.start(1);
                Cluster cluster = Cluster.at(trio.url(), 2)) {
            List<PushClient> clients = everyWay(cluster);
            playRounds(cluster, clients, 0, 5);
            long begun = System.nanoTime();
            trio.failOver();
            playRounds(cluster, clients, 5, 10);
            trio.promoted();
            playRounds(cluster, clients, 10, 11);
            cluster.awaitHeard(ALICE, 2);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(DETECTED_WITHIN);
            playRounds(cluster, clients, 11, 15);
        }
    }

    @Test
    void aMasterThatIsCutOffFromItsReplicaIsLeftThoughItAnswers() {
        int port = RedisServer.freePort();
        try (RedisTrio trio = RedisTrio.start(1);
                Cluster cluster = Cluster.at(trio.url(port), 2)) {
            RedisServer replica = trio.replicas().get(0);
            List<PushClient> clients = everyWay(cluster);
            playRounds(cluster, clients, 0, 2);
            RedisTrio.ask(trio.first(), "CONFIG", "SET", "min-replicas-to-write", "1");
            trio.blind();
            long begun = System.nanoTime();
            RedisTrio.ask(replica, "REPLICAOF", "NO", "ONE");
            try (RedisServer sentinel = trio.sentinel(replica, port)) {
                playRounds(cluster, clients, 2, 4);
                cluster.awaitHeard(ALICE, 2);
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(DETECTED_WITHIN);
                assertThat(RedisTrio.info(trio.first(), "replication")).containsEntry("role", "master");
                assertThat(sentinel.port()).isEqualTo(port);
            }
        }
    }

    /** Alice, over every transport and on each of two gateways. */
    private static List<PushClient> everyWay(Cluster cluster) {
        return Stream.of(PushTransport.values())
                .flatMap(transport -> IntStream.range(0, 2).mapToObj(node -> cluster.join(transport, node, "alice")))
                .toList();
    }

    private static void playRounds(Cluster cluster, List<PushClient> clients, int from, int to) {
        for (int round = from; round < to; round++) {
            int first = ROUND * round + 1;
            int last = first + ROUND - 1;
            cluster.publishNumbers(ALICE, first, last);
            clients.forEach(client -> expectOnce(client, first, last));
        }
    }

    private static void expectOnce(PushClient client, int first, int last) {
        List<Integer> heard = client.expectEvents(last - first + 1).stream()
                .map(event -> Integer.parseInt(event.string("event")))
                .toList();
        assertThat(heard)
                .as("%s", client)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(first, last).boxed().toList());
    }
}
