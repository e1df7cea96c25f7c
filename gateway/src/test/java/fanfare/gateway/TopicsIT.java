package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.gateway.auth.Identity;
import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.TestSite;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The site grants topics and takes them away; those who have them hear them, on any gateway, whatever breaks. */
class TopicsIT {
    private static final Channel OLD = Channel.topic("old");
    private static final Channel KEPT = Channel.topic("kept");
    private static final Channel NEW = Channel.topic("new");

    private LinkedCluster linked;
    private FlakyLink link;
    private Cluster cluster;
    /** What the site grants to each login. */
    private final Map<String, List<String>> granted = new ConcurrentHashMap<>();
    /** Told of each answer that the site is about to give. */
    private volatile Runnable answering = () -> {};

    @BeforeEach
    void start() {
        linked = LinkedCluster.of(2);
        link = linked.link();
        cluster = linked.cluster();
        cluster.site().answer(this::answer);
    }

    @AfterEach
    void stop() {
        linked.close();
    }

    private TestSite.Answer answer(TestSite.Request request) {
        answering.run();
        return TestSite.Answer.of(new JsonObject()
                .put("user", request.login())
                .put("topics", new JsonArray(granted.getOrDefault(String.valueOf(request.login()), List.of())))
                // As often as a gateway may be asked to check.
                .put("expires", Instant.now().getEpochSecond()));
    }

    @Test
    void aCheckJoinsTopicsFromThatMomentOnAndLeavesOthersForGood() {
        granted.put("alice", List.of("old", "kept"));
        granted.put("bob", List.of("old"));
        List<PushClient> alice = new ArrayList<>();
        for (int gateway = 0; gateway < 2; gateway++) {
            for (PushTransport transport : List.of(PushTransport.RAW_WEBSOCKET, PushTransport.XHR)) {
                alice.add(cluster.join(transport, gateway, "alice"));
            }
        }
        List<String> given = alice.stream().map(PushClient::token).toList();
        PushClient bob = cluster.join(PushTransport.XHR_STREAMING, 0, "bob");
        PushClient carol = cluster.join(PushTransport.SOCKJS_WEBSOCKET, 1, "carol");
        cluster.publish(OLD, "first", "1");
        cluster.publish(KEPT, "kept", "1");
        for (PushClient client : alice) {
            assertThat(client.expectEvents(2))
                    .extracting(event -> event.string("channel"))
                    .containsExactlyInAnyOrder("topic:old", "topic:kept");
        }
        bob.expectEvent("first");

        // Somebody publishes all the time, so also while the topic is being joined.
        AtomicInteger published = new AtomicInteger();
        AtomicInteger publishedBefore = new AtomicInteger();
        AtomicInteger answers = new AtomicInteger();
        answering = () -> {
            publishedBefore.accumulateAndGet(published.get(), Math::max);
            answers.incrementAndGet();
        };
        granted.put("alice", List.of("kept", "new"));
        Await.until("both gateways follow the new topic", () -> {
            int number = published.incrementAndGet();
            return cluster.publish(NEW, Integer.toString(number), "1").routed() == 2;
        });
        assertThat(answers.get()).isPositive();
        cluster.publish(NEW, "end", "1");
        String end = "";
        for (PushClient client : alice) {
            List<Integer> heard = new ArrayList<>();
            Message event = client.expectEvent();
            while (!event.string("event").equals("end")) {
                heard.add(Integer.valueOf(event.string("event")));
                event = client.expectEvent();
            }
            end = event.string("position");
            // From the site's answer on, nothing is missing and all is in order.
            assertThat(heard).isEqualTo(range(heard.get(0), published.get()));
            assertThat(heard.get(0)).isLessThanOrEqualTo(publishedBefore.get() + 1);
        }

        cluster.publish(OLD, "for bob", "1");
        cluster.publish(KEPT, "for alice", "1");
        bob.expectEvent("for bob");
        JsonObject seen = new JsonObject().put("topic:new", end);
        for (PushClient client : alice) {
            Message event = client.expectEvent("for alice");
            seen.put(event.string("channel"), event.string("position"));
        }
        carol.ping();
        for (int i = 0; i < alice.size(); i++) {
            PushClient client = alice.get(i);
            String before = given.get(i);
            Await.until("the token is renewed", () -> !before.equals(client.token()));
        }

        String renewed = alice.get(0).token();
        alice.forEach(PushClient::close);
        cluster.publish(OLD, "not for alice", "1");
        cluster.publishNumbers(NEW, 1, 5);
        cluster.publishNumbers(KEPT, 6, 10);
        bob.expectEvent("not for alice");
        // Who knows nothing of the new topic begins at its end; who names the old one is not told of it.
        JsonObject seenThen = seen.copy();
        seenThen.remove("topic:new");
        PushClient former = resume(PushTransport.XHR, 1, "alice", given.get(0), seenThen);
        assertThat(numbers(former.expectEvents(5))).isEqualTo(range(6, 10));
        PushClient latter = resume(PushTransport.RAW_WEBSOCKET, 1, "alice", String.valueOf(renewed), seen);
        List<Message> missed = latter.expectEvents(10);
        assertThat(numbers(missed, "topic:new"::equals)).isEqualTo(range(1, 5));
        assertThat(numbers(missed, "topic:kept"::equals)).isEqualTo(range(6, 10));
        former.ping();
        latter.ping();
    }

    @Test
    void aTopicHealsLikeEveryChannel() {
        granted.put("alice", List.of("news"));
        Channel news = Channel.topic("news");
        List<PushClient> clients = List.of(
                cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice"), cluster.join(PushTransport.XHR, 1, "alice"));
        cluster.publishNumbers(news, 1, 10);
        clients.forEach(client -> expect(client, range(1, 10)));
        Redis admin = Redis.createClient(cluster.vertx(), linked.server().url());
        for (int round = 1; round < 4; round++) {
            cluster.publishNumbers(news, 30 * round + 1, 30 * round + 10);
            Cluster.await(admin.send(
                    Request.cmd(Command.CLIENT).arg("KILL").arg("TYPE").arg("pubsub")));
            cluster.publishNumbers(news, 30 * round + 11, 30 * round + 30);
            for (PushClient client : clients) {
                expect(client, range(30 * round + 1, 30 * round + 30));
            }
        }
        String token = clients.get(0).token();
        link.refuse();
        link.cut();
        cluster.publishNumbers(news, 201, 300);
        link.resume();
        clients.forEach(client -> expect(client, range(201, 300)));

        // Seven days of silence: the log ends, and its fence does not as long as somebody follows the topic.
        Keys keys = new Keys(cluster.redis().prefix());
        Cluster.await(admin.send(Request.cmd(Command.DEL).arg(keys.kept(news))));
        cluster.publish(news, "301", "1");
        clients.forEach(client -> expect(client, range(301, 301)));
        Cluster.await(admin.send(Request.cmd(Command.DEL).arg(keys.kept(news))));
        link.refuse();
        link.cut();
        cluster.publishNumbers(news, 302, 305);
        link.resume();
        clients.forEach(client -> expect(client, range(302, 305)));
        JsonObject nothing = new JsonObject();
        PushClient again = resume(PushTransport.XHR_STREAMING, 1, "alice", String.valueOf(token), nothing);
        expect(again, range(302, 305));

        // A fence whose end is near when a gateway begins to follow its topic gets a life as long as tokens have.
        granted.put("bob", List.of("rare"));
        Channel rare = Channel.topic("rare");
        Request ttl = Request.cmd(Command.TTL).arg(keys.fence(rare));
        Request endSoon = Request.cmd(Command.EXPIRE).arg(keys.fence(rare)).arg(60);
        cluster.publish(rare, "long ago", "1");
        Cluster.await(admin.send(endSoon));
        cluster.awaitLater();
        cluster.join(PushTransport.XHR, 0, "bob");
        assertThat(Cluster.await(admin.send(ttl)).toLong()).isGreaterThan(3_600);
        Cluster.await(admin.send(endSoon));
        Await.until(
                "it lives on while the topic is followed",
                () -> Cluster.await(admin.send(ttl)).toLong() > 3_600);
        Cluster.await(admin.close());
    }

    @Test
    void whatIsNoTopicAndWhatIsTooMuchIsLeftOut() {
        List<String> all = new ArrayList<>(List.of("no topic", ""));
        IntStream.rangeClosed(1, Identity.TOPICS_MAX + 1).forEach(i -> all.add("t" + i));
        granted.put("alice", all);
        PushClient client =
                cluster.connect(PushTransport.XHR, 0, login("alice")).awaitOpen();
        client.send("{\"type\":\"hello\"}").expectWelcome();
        for (int i = 1; i <= Identity.TOPICS_MAX + 1; i++) {
            cluster.publish(Channel.topic("t" + i), Integer.toString(i), "1");
        }
        assertThat(numbers(client.expectEvents(Identity.TOPICS_MAX)))
                .containsExactlyInAnyOrderElementsOf(range(1, Identity.TOPICS_MAX));
        client.ping();
    }

    /** Comes back with a token and the positions of what was seen since, and misses nothing. */
    private PushClient resume(PushTransport transport, int gateway, String login, String token, JsonObject positions) {
        PushClient client = cluster.connect(transport, gateway, login(login)).awaitOpen();
        client.send(new JsonObject()
                .put("type", "hello")
                .put("resume", token)
                .put("positions", positions)
                .encode());
        assertThat(client.expectVerdict().json().getValue("recovered")).isEqualTo(true);
        return client;
    }

    private static void expect(PushClient client, List<Integer> numbers) {
        assertThat(numbers(client.expectEvents(numbers.size())))
                .as("%s", client)
                .isEqualTo(numbers);
    }

    private static List<Integer> numbers(List<Message> events) {
        return numbers(events, channel -> true);
    }

    private static List<Integer> numbers(List<Message> events, Predicate<String> channels) {
        return events.stream()
                .filter(event -> channels.test(event.string("channel")))
                .map(event -> Integer.valueOf(event.string("event")))
                .toList();
    }

    private static List<Integer> range(int first, int last) {
        return IntStream.rangeClosed(first, last).boxed().toList();
    }
}
