package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever becomes of the way to Redis, browsers stay connected and hear everything once. */
class LinkLossIT {
    private static final Channel ALICE = Channel.user("alice");
    /** What is promised; a probe every 3 s that may take 5 s makes it 9 s. */
    private static final Duration DETECTED_WITHIN = Duration.ofSeconds(15);

    private LinkedCluster linked;
    private FlakyLink link;
    private Cluster cluster;
    private List<PushClient> clients;

    @BeforeEach
    void start() {
        linked = LinkedCluster.of(1);
        link = linked.link();
        cluster = linked.cluster();
        clients = Stream.of(PushTransport.values())
                .map(transport -> cluster.join(transport, 0, "alice"))
                .toList();
    }

    @AfterEach
    void stop() {
        linked.close();
    }

    @Test
    void subscribersThatAreKilledAgainAndAgainLoseNothing() {
        Redis admin = Redis.createClient(cluster.vertx(), linked.server().url());
        for (int round = 0; round < 10; round++) {
            cluster.publishNumbers(ALICE, 40 * round + 1, 40 * round + 20);
            Cluster.await(admin.send(
                    Request.cmd(Command.CLIENT).arg("KILL").arg("TYPE").arg("pubsub")));
            cluster.publishNumbers(ALICE, 40 * round + 21, 40 * round + 30);
            cluster.publishNumbers(Channel.BROADCAST, 40 * round + 31, 40 * round + 40);
            // Within what a user's inbox keeps, everyone must have caught up before more is published.
            List<Integer> published = range(40 * round + 1, 40 * round + 40);
            clients.forEach(client -> expectOnceAndInOrder(client, published));
        }
        admin.close();
    }

    @Test
    void aCutLinkLosesNothing() {
        link.refuse();
        link.cut();
        cluster.publishNumbers(ALICE, 1, 50);
        cluster.publishNumbers(Channel.BROADCAST, 51, 100);
        clients.forEach(PushClient::ping);
        link.resume();
        clients.forEach(client -> expectOnceAndInOrder(client, range(1, 100)));
    }

    @Test
    void aHalfOpenLinkLosesNothing() {
        long begun = System.nanoTime();
        link.swallow();
        cluster.publishNumbers(ALICE, 1, 50);
        cluster.publishNumbers(Channel.BROADCAST, 51, 100);
        Await.until("the gateway gives the link up", () -> !linksAreUp());
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(DETECTED_WITHIN);
        clients.forEach(PushClient::ping);
        // Its browsers are better off where they are, for a while.
        assertThat(RawHttp.get(cluster.managementPort(0), "/readyz").status()).isEqualTo(200);
        link.refuse(); // or the next connection might be made while bytes are still swallowed
        link.cut();
        link.resume();
        clients.forEach(client -> expectOnceAndInOrder(client, range(1, 100)));
    }

    @Test
    void subscribersThatWentDeafAreReplacedThoughEverythingElseWorks() {
        cluster.publishNumbers(ALICE, 1, 10);
        clients.forEach(client -> expectOnceAndInOrder(client, range(1, 10)));
        long begun = System.nanoTime();
        link.deafenSubscribers();
        cluster.publishNumbers(ALICE, 11, 50);
        cluster.publishNumbers(Channel.BROADCAST, 51, 100);
        clients.forEach(client -> expectOnceAndInOrder(client, range(11, 100)));
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(DETECTED_WITHIN);
    }

    @Test
    void browsersSurviveARestartOfRedis() {
        cluster.publishNumbers(ALICE, 1, 3);
        clients.forEach(client -> expectOnceAndInOrder(client, range(1, 3)));
        linked.server().kill();
        Await.until("the gateway notices", () -> !linksAreUp());
        clients.forEach(PushClient::ping);
        linked.server().restart();
        Await.until(
                "the gateway listens again",
                () -> cluster.publish(ALICE, "probe", "1").routed() > 0);
        cluster.publish(ALICE, "end", "1");
        cluster.publish(Channel.BROADCAST, "end", "1");
        for (PushClient client : clients) {
            // Nobody can rule out a gap after a restart without data, on either channel.
            List<String> ended = new ArrayList<>();
            while (ended.size() < 2) {
                Message event = client.expectEventAfterGaps();
                if (!event.string("event").equals("probe")) {
                    assertThat(event.string("event")).isEqualTo("end");
                    ended.add(event.string("channel"));
                }
            }
            assertThat(ended).containsExactlyInAnyOrder("user", "broadcast");
        }
        cluster.awaitLater();
        cluster.join(PushTransport.XHR, 0, "alice");
    }

    @Test
    void newcomersAreTakenWhileRedisIsAway() {
        link.refuse();
        link.cut();
        PushClient newcomer =
                cluster.connect(PushTransport.RAW_WEBSOCKET, 0, login("alice")).awaitOpen();
        cluster.publishNumbers(ALICE, 1, 5);
        link.resume();
        newcomer.expectWelcome();
        List<PushClient> all = new ArrayList<>(clients);
        all.add(newcomer);
        all.forEach(client -> expectOnceAndInOrder(client, range(1, 5)));
    }

    @ParameterizedTest
    @EnumSource
    void aNewcomerWhoLeavesWhileRedisIsAskedForTheTimeIsForgotten(SockJsForm form) {
        newcomerIsForgotten(() -> RawSession.of(cluster.port(0), "alice").receive(form));
    }

    @Test
    void soIsOneByWebSocket() {
        newcomerIsForgotten(() -> RawSession.of(cluster.port(0), "alice").upgrade());
    }

    @Test
    void soIsOneByEventSource() {
        newcomerIsForgotten(
                () -> RawHttp.to(cluster.port(0)).request("GET", "/events", "", "Cookie: site_session=alice"));
    }

    private void newcomerIsForgotten(Supplier<RawHttp> request) {
        int there = connections();
        link.stall();
        request.get().reset();
        link.resume();
        cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
        Await.until("nobody but the others is there", () -> connections() == there + 1);
    }

    private int connections() {
        return (int) cluster.metric(0, "fanfare_connections{");
    }

    private static void expectOnceAndInOrder(PushClient client, List<Integer> numbers) {
        List<Message> events = client.expectEvents(numbers.size());
        for (String channel : List.of("user", "broadcast")) {
            assertThat(numbers(events, channel)).as("%s of %s", channel, client).isSorted();
        }
        List<Integer> heard = new ArrayList<>(numbers(events, "user"));
        heard.addAll(numbers(events, "broadcast"));
        assertThat(heard).as("%s", client).containsExactlyInAnyOrderElementsOf(numbers);
        client.ping();
    }

    private static List<Integer> numbers(List<Message> events, String channel) {
        return events.stream()
                .filter(event -> event.string("channel").equals(channel))
                .map(event -> Integer.parseInt(event.string("event")))
                .toList();
    }

    private boolean linksAreUp() {
        return RawHttp.get(cluster.managementPort(0), "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("fanfare_redis_link_up{"))
                .allMatch(line -> line.endsWith(" 1.0"));
    }

    private static List<Integer> range(int first, int last) {
        return IntStream.rangeClosed(first, last).boxed().toList();
    }
}
