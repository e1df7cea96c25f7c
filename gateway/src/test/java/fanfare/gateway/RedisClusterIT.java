package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.control.Disconnect;
import fanfare.receipt.Delivery.State;
import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RedisCluster;
import fanfare.testing.TestSite;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Redis is a cluster, whose slots move and whose masters go: browsers stay connected and hear everything once, in order. The
 * later tests find it as the earlier ones have left it.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RedisClusterIT {
    /** Of which every shard has some. */
    private static final int USERS = 9;

    private static final int ROUND = 10;
    private static RedisCluster redis;
    /** One of each shard, which the site grants to everybody. */
    private static List<String> topics;

    private Cluster cluster;
    private Keys keys;
    private final Map<String, PushClient> clients = new LinkedHashMap<>();
    /** The last number that was published to everybody. */
    private int published;

    @BeforeAll
    static void startRedis() {
        redis = RedisCluster.start(3);
        topics = IntStream.range(0, 3)
                .mapToObj(shard -> IntStream.iterate(0, number -> number + 1)
                        .mapToObj(number -> "t" + number)
                        .filter(topic -> redis.ownerOf("{" + Keys.tag(Channel.topic(topic)) + "}") == shard)
                        .findFirst()
                        .orElseThrow())
                .toList();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void start() {
        cluster = Cluster.at(redis.url(), 2);
        keys = new Keys(cluster.redis().prefix());
        cluster.site()
                .answer(request -> TestSite.Answer.of(
                        new JsonObject().put("user", request.login()).put("topics", new JsonArray(topics))));
        List<PushTransport> transports = List.of(PushTransport.values());
        for (int i = 0; i < USERS; i++) {
            PushTransport transport = transports.get(i % transports.size());
            // The requests of a fallback go to both gateways in turn, so that half of them are handed on.
            PushClient client = cluster.track(PushClient.connect(
                    cluster.vertx(),
                    transport,
                    List.of(cluster.uri(i % 2), cluster.uri((i + 1) % 2)),
                    TestSite.login("user" + i)));
            client.awaitOpen().send("{\"type\":\"hello\"}").expectWelcome();
            clients.put("user" + i, client);
        }
        playRounds(2);
    }

    @AfterEach
    void stop() {
        playRounds(2);
        cluster.close();
    }

    @Test
    @Order(1)
    void whatASiteAsksForWorksOverAllShards() {
        List<Channel> everybody = clients.keySet().stream().map(Channel::user).toList();
        assertThat(cluster.mail(everybody, new Publication("mail", Cluster.NAMESPACE, "mail", "1", 60)))
                .allMatch(stored -> stored.routed() == 1);
        clients.values().forEach(client -> client.expectEvent("mail"));
        ReceiptDesk desk = new ReceiptDesk(cluster);
        for (String user : clients.keySet()) {
            Await.until(user + " is online", () -> cluster.presence(user).connections() == 1);
            String id = desk.publish(Channel.user(user), "asked", "1");
            clients.get(user).expectEvent("asked");
            assertThat(desk.await(id, State.WRITTEN).connections()).hasSize(1);
        }
        PushClient away = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "away");
        cluster.disconnect(new Disconnect("away", null, 4_103, "enough", List.of()));
        assertThat(away.expectClose(4_103)).isEqualTo("enough");
        PushClient guest = cluster.connect(PushTransport.RAW_WEBSOCKET, 0, TestSite.login("guest"))
                .awaitOpen();
        String token = guest.send("{\"type\":\"hello\"}").expectWelcome().string("resume");
        guest.close();
        cluster.publish(Channel.user("guest"), "missed", "1");
        PushClient back = cluster.connect(PushTransport.RAW_WEBSOCKET, 1, TestSite.login("guest"))
                .awaitOpen();
        back.send(new JsonObject().put("type", "hello").put("resume", token).encode());
        assertThat(back.expectVerdict().json().getValue("recovered")).isEqualTo(true);
        back.expectEvent("missed");
        back.close();
    }

    @Test
    @Order(2)
    void slotsMoveUnderLoadAndBack() {
        List<Integer> slots = new ArrayList<>(slots());
        // Whatever gateways share has its slots as well.
        Stream.of(keys.nodes(), keys.control(), keys.session("any"))
                .map(redis::slotOf)
                .forEach(slots::add);
        for (int turn = 0; turn < 2; turn++) {
            for (int slot : slots) {
                int home = slot * 3 / 16_384;
                int from = turn == 0 ? home : (home + 1) % 3;
                int to = turn == 0 ? (home + 1) % 3 : home;
                redis.beginMove(slot, redis.master(from), redis.master(to));
                redis.moveKeys(slot, redis.master(from), redis.master(to));
                redis.endMove(slot, redis.master(from), redis.master(to));
                playRounds(1);
            }
        }
        cluster.disconnect(new Disconnect("user0", null, 4_103, "enough", List.of()));
        assertThat(clients.remove("user0").expectClose(4_103)).isEqualTo("enough");
        for (String user : clients.keySet()) {
            assertThat(cluster.presence(user).connections()).as(user).isEqualTo(1);
        }
    }

    @Test
    @Order(3)
    void aReplicaTakesOverThatLacksTheNewest() {
        redis.lag(0);
        playRounds(2);
        redis.failOver(redis.replica(0), "TAKEOVER");
        playRounds(3);
    }

    @Test
    @Order(4)
    void aMasterIsKilledWhoseReplicaLacksTheNewestAndOthersHearOn() {
        redis.lag(1);
        playRounds(2);
        redis.master(1).kill();
        List<String> others = clients.keySet().stream()
                .filter(user -> redis.ownerOf(keys.live(Channel.user(user))) != 1)
                .toList();
        for (String user : others) {
            cluster.publish(Channel.user(user), "meanwhile", "1");
            clients.get(user).expectEvent("meanwhile");
        }
        redis.promoted(redis.replica(1));
        playRounds(3);
    }

    private Set<Integer> slots() {
        Set<Integer> slots = new TreeSet<>();
        slots.add(redis.slotOf(keys.fence(Channel.BROADCAST)));
        topics.forEach(topic -> slots.add(redis.slotOf(keys.fence(Channel.topic(topic)))));
        clients.keySet().forEach(user -> slots.add(redis.slotOf(keys.fence(Channel.user(user)))));
        return slots;
    }

    /** Everybody is sent private messages, broadcasts and what a topic brings, each after the one before. */
    private void playRounds(int rounds) {
        for (int round = 0; round < rounds; round++) {
            int first = published + 1;
            published += ROUND;
            for (int number = first; number <= published; number++) {
                if (number % ROUND == 0) {
                    cluster.publishNumbers(Channel.BROADCAST, number, number);
                } else if (number % ROUND == 5) {
                    String topic = topics.get(number / ROUND % topics.size());
                    cluster.publishNumbers(Channel.topic(topic), number, number);
                } else {
                    for (String user : clients.keySet()) {
                        cluster.publishNumbers(Channel.user(user), number, number);
                    }
                }
            }
            clients.values().forEach(client -> expect(client, first, published));
        }
    }

    private static void expect(PushClient client, int first, int last) {
        List<Integer> heard = client.expectEvents(last - first + 1).stream()
                .map(event -> Integer.parseInt(event.string("event")))
                .toList();
        List<Integer> all = IntStream.rangeClosed(first, last).boxed().toList();
        assertThat(heard).as("%s", client).containsExactlyInAnyOrderElementsOf(all);
        assertThat(heard).as("%s", client).filteredOn(number -> number % 5 != 0).isSorted();
        assertThat(heard)
                .as("%s", client)
                .filteredOn(number -> number % ROUND == 0)
                .isSorted();
    }
}
