package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a page may rely on, whatever its transport. */
abstract class TransportContract {
    private static final Channel ALICE = Channel.user("alice");
    private static final Channel BOB = Channel.user("bob");
    /** Publications that may be under way while one client joins: an inbox keeps no more than a hundred. */
    private static final int PER_JOIN = 40;

    private static final String HELLO = "{\"type\":\"hello\"}";
    private static final String PING = "{\"type\":\"ping\"}";

    private final PushTransport transport;
    /** Gateways that get a client's requests in turn; 0 if each client has a gateway of its own. */
    private final int inTurn;

    Cluster cluster;

    TransportContract(PushTransport transport) {
        this(transport, 0);
    }

    TransportContract(PushTransport transport, int inTurn) {
        this.transport = transport;
        this.inTurn = inTurn;
    }

    @BeforeEach
    void start() {
        cluster = inTurn == 0 ? Cluster.of(2) : Cluster.spread(inTurn);
    }

    @AfterEach
    void nothingElseWasHeard() {
        cluster.close();
    }

    @Test
    void welcomeComesFirstAndSaysWhoAndWhere() {
        PushClient client = cluster.connect(transport, 1, login("alice")).awaitOpen();
        JsonObject welcome = client.send(PING, HELLO).expectWelcome().json();
        client.expect("pong");
        assertThat(welcome.getString("user")).isEqualTo("alice");
        assertThat(welcome.getString("node")).isEqualTo("node-2");
        assertThat(welcome.getInteger("protocol")).isEqualTo(1);
        assertThat(welcome.containsKey("recovered")).isTrue();
        assertThat(welcome.getValue("recovered")).isNull();
        assertThat(welcome.getString("connection")).isNotEmpty();
        assertThat(welcome.containsKey("resume")).isTrue();
    }

    @Test
    void whoSaysNoHelloIsServedAllTheSame() {
        PushClient client = cluster.connect(transport, 0, login("alice"));
        client.expectWelcome();
        cluster.publish(ALICE, "private", "1");
        client.expectEvent("private");
    }

    @Test
    void privateEventsReachAllConnectionsOfTheUserAndNobodyElse() {
        PushClient here = cluster.join(transport, 0, "alice");
        PushClient there = cluster.join(transport, 1, "alice~other");
        PushClient stranger = cluster.join(transport, 0, "bob");
        cluster.awaitHeard(ALICE, 2);
        Published published = cluster.publish(ALICE, "private", "{\"n\":1}");
        assertThat(published.routed()).isEqualTo(2);
        for (PushClient client : List.of(here, there)) {
            JsonObject event = client.expectEvent("private").json();
            assertThat(event.getString("channel")).isEqualTo("user");
            assertThat(event.getString("namespace")).isEqualTo(Cluster.NAMESPACE);
            assertThat(event.getString("position"))
                    .isEqualTo(published.position().toString());
            assertThat(event.getString("id")).isNotEmpty();
            assertThat(event.getLong("time")).isCloseTo(System.currentTimeMillis(), within(60_000));
        }
        cluster.publish(Channel.BROADCAST, "end", "1");
        List.of(here, there, stranger).forEach(client -> client.expectEvent("end"));
    }

    @Test
    void broadcastReachesEverybody() {
        List<PushClient> clients = List.of(
                cluster.join(transport, 0, "alice"),
                cluster.join(transport, 1, "alice"),
                cluster.join(transport, 0, "bob"),
                cluster.join(transport, 1, "carol"));
        cluster.publish(Channel.BROADCAST, "all", "null");
        for (PushClient client : clients) {
            assertThat(client.expectEvent("all").string("channel")).isEqualTo("broadcast");
        }
    }

    @Test
    void eachOfSeveralUsersHearsTheirOwn() {
        List<String> users = IntStream.range(0, 10).mapToObj(i -> "user-" + i).toList();
        List<PushClient> clients = users.stream()
                .map(user -> cluster.join(transport, user.hashCode() & 1, user))
                .toList();
        users.forEach(user -> cluster.publish(Channel.user(user), "for " + user, "1"));
        for (int i = 0; i < users.size(); i++) {
            clients.get(i).expectEvent("for " + users.get(i));
        }
    }

    static List<String> texts() {
        return List.of(
                "1.0",
                "1e400",
                "-0",
                "12345678901234567890.10",
                "\"\\u0041\\/\\\"\\\\\\b\\ud800\"",
                "\"% %41 %25 %zz\"",
                "\"\u2028\u2029\u200c\u200f\u2060\u206f\ufff0\uffff\"",
                "\"</script><!-- ]]>\"",
                "\"\ud83d\ude00 \u00e9 \u4e2d\"",
                "{\"b\":1,\"a\":{\"b\":[1,[],{}]},\"b\":2}",
                "\"" + "x".repeat(65_534) + "\"",
                "\"" + "\u2028".repeat(21_844) + "\"",
                "\"" + "\\\"".repeat(32_767) + "\"");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void dataArrivesAsItWasSent(String data) {
        PushClient client = cluster.join(transport, 0, "alice");
        cluster.publish(ALICE, "exact", data);
        assertThat(client.expectEvent("exact").text()).contains("\"data\":" + data + ",");
        cluster.publish(Channel.BROADCAST, "exact", data);
        assertThat(client.expectEvent("exact").text()).contains("\"data\":" + data + ",");
    }

    @Test
    void namespaceAndEventArriveAsTheyWereSent() {
        PushClient client = cluster.join(transport, 0, "alice");
        for (String name : List.of("/a b", "%2F+", "\u2028\"\\</script>", "\ud83d\ude00", "x".repeat(256))) {
            cluster.publish(ALICE, Cluster.publication(name, name, "1"));
            Message event = client.expectEvent(name);
            assertThat(event.string("namespace")).isEqualTo(name);
        }
    }

    @Test
    void helloNarrowsToNamespaces() {
        PushClient some =
                cluster.connect(transport, 0, login("alice")).awaitOpen().hello("/a", "/c");
        PushClient none =
                cluster.connect(transport, 0, login("alice")).awaitOpen().hello();
        PushClient all = cluster.join(transport, 0, "alice");
        for (PushClient client : List.of(some, none)) {
            client.expectWelcome();
            // The welcome waits for a hello no longer than a second; the pong says that it has been read.
            client.ping();
        }
        for (String namespace : List.of("/b", "/a", "/A", "/c", "/ab", "/a/b")) {
            cluster.publish(ALICE, Cluster.publication(namespace, "in " + namespace, "1"));
        }
        cluster.publish(Channel.BROADCAST, Cluster.publication("/a", "broadcast in /a", "1"));
        all.expectEvents(7);
        some.expectEvents(3);
        none.ping();
    }

    @Test
    void onlyTheFirstHelloCounts() {
        PushClient client =
                cluster.connect(transport, 0, login("alice")).awaitOpen().hello("/a");
        client.expectWelcome();
        client.hello("/b");
        client.ping();
        cluster.publish(ALICE, Cluster.publication("/b", "b", "1"));
        cluster.publish(ALICE, Cluster.publication("/a", "a", "1"));
        client.expectEvent("a");
    }

    @Test
    void aLateFirstHelloStillNarrows() {
        PushClient client = cluster.connect(transport, 0, login("alice"));
        client.expectWelcome();
        client.hello("/a").ping();
        cluster.publish(ALICE, Cluster.publication("/b", "b", "1"));
        cluster.publish(ALICE, Cluster.publication("/a", "a", "1"));
        client.expectEvent("a");
    }

    @Test
    void aBurstArrivesInOrder() {
        PushClient client = cluster.join(transport, 0, "alice");
        PushClient other = cluster.join(transport, 1, "bob");
        // Once the channels are live: a burst while they join may exceed what is kept, and is then told as a gap.
        cluster.publish(ALICE, "live", "1");
        client.expectEvent("live");
        cluster.publish(Channel.BROADCAST, "live", "1");
        List.of(client, other).forEach(live -> live.expectEvent("live"));
        cluster.publishNumbers(ALICE, 1, 2_000);
        cluster.publishNumbers(Channel.BROADCAST, 2_001, 4_000);
        assertThat(numbers(client.expectEvents(4_000), "user")).isEqualTo(range(1, 2_000));
        assertThat(numbers(other.expectEvents(2_000), "broadcast")).isEqualTo(range(2_001, 4_000));
    }

    @Test
    void nothingPublishedWhileTheSiteThinksIsMissing() {
        cluster.site().hold();
        PushClient client = cluster.connect(transport, 0, login("alice")).awaitOpen();
        cluster.publishNumbers(ALICE, 1, 50);
        cluster.publishNumbers(Channel.BROADCAST, 51, 100);
        cluster.site().release();
        client.send(HELLO).expectWelcome();
        List<Message> events = client.expectEvents(100);
        assertThat(numbers(events, "user")).isEqualTo(range(1, 50));
        assertThat(numbers(events, "broadcast")).isEqualTo(range(51, 100));
    }

    @Test
    void nothingPublishedWhileJoiningIsMissingOrTwice() {
        AtomicBoolean enough = new AtomicBoolean();
        AtomicInteger stored = new AtomicInteger();
        AtomicInteger allowed = new AtomicInteger(PER_JOIN);
        cluster.openedLongAgo(ALICE);
        var publisher = CompletableFuture.runAsync(() -> {
            while (!enough.get()) {
                int next = stored.get() + 1;
                Await.until("there is room", () -> next <= allowed.get() || enough.get());
                cluster.publish(ALICE, Integer.toString(next), "1");
                stored.set(next);
            }
        });
        List<PushClient> clients = new ArrayList<>();
        List<Integer> storedAtOpen = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            allowed.set(stored.get() + PER_JOIN);
            PushClient client =
                    cluster.connect(transport, i & 1, login("alice")).awaitOpen();
            storedAtOpen.add(stored.get());
            client.send(HELLO).expectWelcome();
            clients.add(client);
        }
        enough.set(true);
        publisher.join();
        cluster.publish(ALICE, "last", "1");
        for (int i = 0; i < clients.size(); i++) {
            List<Integer> heard = new ArrayList<>();
            for (Message event = clients.get(i).expectEvent();
                    !event.string("event").equals("last");
                    event = clients.get(i).expectEvent()) {
                heard.add(Integer.parseInt(event.string("event")));
            }
            int first = heard.isEmpty() ? stored.get() + 1 : heard.get(0);
            assertThat(first).isLessThanOrEqualTo(storedAtOpen.get(i) + 2);
            assertThat(heard).isEqualTo(range(first, stored.get()));
        }
    }

    @Test
    void pingIsAnswered() {
        PushClient client = cluster.join(transport, 0, "alice");
        client.ping();
        client.send(PING, PING);
        client.expect("pong");
        client.expect("pong");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"type\":\"dance\"}",
                "{\"type\":null}",
                "{\"type\":7}",
                "{\"type\":{\"type\":\"hello\"},\"protocol\":2}",
                " {\"type\":\"HELLO\"} "
            })
    void unknownTypesAreIgnored(String message) {
        cluster.join(transport, 0, "alice").send(message).ping();
    }

    @Test
    void anotherProtocolIsRefused() {
        // Whoever says hello a second late has had a welcome, unless the site is slower still.
        cluster.site().hold();
        PushClient client = cluster.connect(transport, 0, login("alice")).awaitOpen();
        client.send("{\"type\":\"hello\",\"protocol\":2}").expectClose(4_107);
        cluster.site().release();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nope", "[]", "[{}]", "\"{}\"", "1", "null", "{\"type\":\"ping\"", "{} {}", "{\"a\":}"})
    void whatIsNoJsonObjectEndsTheSession(String message) {
        PushClient client = cluster.join(transport, 0, "alice");
        PushClient neighbour = cluster.join(transport, 0, "alice");
        client.trySend(message);
        client.expectClose(4_105);
        neighbour.ping();
    }

    @Test
    void aMessageMayHave4096Bytes() {
        PushClient client = cluster.join(transport, 0, "alice");
        client.send(padded(4_096, "x")).expect("pong");
        client.send(padded(4_096, "\u00e9")).expect("pong");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "\u00e9", "\ud83d\ude00"})
    void aMessageOf4097BytesEndsTheSession(String filler) {
        PushClient client = cluster.join(transport, 0, "alice");
        client.trySend(padded(4_097, filler));
        client.expectClose(4_105);
    }

    @Test
    void twentyMessagesInASecondAreFine() {
        PushClient client = cluster.connect(transport, 0, login("alice")).awaitOpen();
        client.send(messages(20)).expectWelcome();
        for (int i = 0; i < 19; i++) {
            client.expect("pong");
        }
    }

    @Test
    void twentyOneMessagesInASecondEndTheSession() {
        cluster.site().hold();
        PushClient client = cluster.connect(transport, 0, login("alice")).awaitOpen();
        // Wherever the machine may pause between two of them, 21 that follow each other come within a second.
        client.trySend(messages(41));
        client.expectClose(4_105);
        cluster.site().release();
    }

    @Test
    void whoIsNotLoggedInIsTurnedAway() {
        PushClient client = cluster.connect(transport, 0, Map.of()).awaitOpen();
        client.expectClose(4_101);
    }

    @Test
    void anonymousHearsBroadcastOnly() {
        try (Cluster open = Cluster.of(1, Map.of("FANFARE_ANONYMOUS", "allow"))) {
            PushClient client = open.connect(transport, 0, Map.of()).awaitOpen();
            JsonObject welcome = client.send(HELLO).expectWelcome().json();
            assertThat(welcome.containsKey("user")).isTrue();
            assertThat(welcome.getValue("user")).isNull();
            PushClient bob = open.join(transport, 0, "bob");
            open.publish(BOB, "private", "1");
            bob.expectEvent("private");
            open.publish(Channel.BROADCAST, "all", "1");
            client.expectEvent("all");
            bob.expectEvent("all");
        }
    }

    @Test
    void theOldestConnectionOfAUserMakesRoom() {
        try (Cluster small = Cluster.of(1, Map.of("FANFARE_CONNECTIONS_PER_USER_MAX", "2"))) {
            PushClient oldest = small.join(transport, 0, "alice");
            PushClient second = small.join(transport, 0, "alice");
            PushClient other = small.join(transport, 0, "bob");
            PushClient third = small.join(transport, 0, "alice");
            oldest.expectClose(4_106);
            small.publish(Channel.BROADCAST, "all", "1");
            List.of(second, other, third).forEach(client -> client.expectEvent("all"));
        }
    }

    private static Offset<Long> within(long milliseconds) {
        return Offset.offset(milliseconds);
    }

    private static String[] messages(int count) {
        List<String> messages = new ArrayList<>(Collections.nCopies(count - 1, PING));
        messages.add(0, HELLO);
        return messages.toArray(String[]::new);
    }

    /** A ping of exactly this many bytes. */
    private static String padded(int bytes, String filler) {
        String head = "{\"type\":\"ping\",\"pad\":\"";
        int fillerBytes = filler.getBytes(StandardCharsets.UTF_8).length;
        int room = bytes - head.length() - 2;
        return head + "x".repeat(room % fillerBytes) + filler.repeat(room / fillerBytes) + "\"}";
    }

    private static List<Integer> numbers(List<Message> events, String channel) {
        return events.stream()
                .filter(event -> event.string("channel").equals(channel))
                .map(event -> Integer.parseInt(event.string("event")))
                .toList();
    }

    private static List<Integer> range(int first, int last) {
        return IntStream.rangeClosed(first, last).boxed().toList();
    }
}
