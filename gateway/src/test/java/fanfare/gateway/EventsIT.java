package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.control.Disconnect;
import fanfare.gateway.EventStream.Event;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.TestSite.Answer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /events} on the wire: what an EventSource may rely on, without a script of ours. */
class EventsIT {
    private static final Channel ALICE = Channel.user("alice");
    private static final String PAGE = "http://127.0.0.1:8000";
    private static final int TOPICS_MAX = 32;

    private Cluster cluster;
    private int port;

    @BeforeEach
    void start() {
        cluster = Cluster.of(2);
        port = cluster.port(0);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void whoIsNotLoggedInIsRefusedBeforeTheHead() {
        RawHttp.Answer answer = RawHttp.get(port, "/events", "Origin: " + PAGE);
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(new JsonObject(answer.body()).getString("type")).isEqualTo("urn:fanfare:problem:not-logged-in");
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
        assertThat(answer.header("Access-Control-Allow-Credentials")).isEqualTo("true");
    }

    @Test
    void aForeignPageIsRefusedBeforeTheHead() {
        RawHttp.Answer answer =
                RawHttp.get(port, "/events", "Origin: http://evil.example", "Cookie: site_session=alice");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.header("Access-Control-Allow-Origin")).isNull();
        assertThat(cluster.site().requests()).isEmpty();
    }

    @Test
    void theHeadSaysWhatProxiesAndBrowsersNeed() {
        try (EventStream stream = EventStream.open(port, "alice", "", "Origin: " + PAGE)) {
            RawHttp.Head head = stream.head();
            assertThat(head.header("Content-Type")).startsWith("text/event-stream");
            assertThat(head.header("Cache-Control")).contains("no-store", "no-transform");
            assertThat(head.header("X-Accel-Buffering")).isEqualTo("no");
            assertThat(head.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(head.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
            assertThat(head.header("Access-Control-Allow-Credentials")).isEqualTo("true");
            assertThat(head.header("Vary")).containsIgnoringCase("Origin");
        }
    }

    @Test
    void aBrowserMayAskForLeave() {
        try (RawHttp http = RawHttp.to(port)) {
            RawHttp.Answer answer = http.request(
                            "OPTIONS",
                            "/events",
                            "",
                            "Origin: " + PAGE,
                            "Access-Control-Request-Headers: last-event-id")
                    .answer();
            assertThat(answer.status()).isEqualTo(204);
            assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
            assertThat(answer.header("Access-Control-Allow-Headers")).isEqualTo("last-event-id");
            assertThat(answer.header("Access-Control-Allow-Methods")).contains("GET");
        }
        assertThat(RawHttp.post(port, "/events", "").status()).isEqualTo(405);
    }

    @Test
    void theWelcomeAndEveryEventCarryATokenAsTheirId() {
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            Event welcome = stream.expect("welcome");
            assertThat(welcome.json().getString("user")).isEqualTo("alice");
            assertThat(welcome.json().getValue("recovered")).isNull();
            assertThat(welcome.id()).isEqualTo(welcome.json().getString("resume"));
            cluster.publish(ALICE, "private", "1");
            Event event = stream.expectEvent("private");
            cluster.publish(Channel.BROADCAST, "public", "2");
            Event other = stream.expectEvent("public");
            for (Event each : List.of(welcome, event, other)) {
                ResumeToken.Read token = ResumeToken.decode(each.id());
                assertThat(token).isNotNull();
                assertThat(token.isOf("alice")).isTrue();
                assertThat(each.lines()).allSatisfy(line -> assertThat(line).matches("(data|id): .*"));
            }
            assertThat(List.of(welcome.id(), event.id(), other.id())).doesNotHaveDuplicates();
        }
    }

    @Test
    void theWelcomeWaitsForNoHello() {
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            // The address is the hello, so what is published now follows at once.
            stream.expect("welcome");
            cluster.publish(ALICE, "at once", "1");
            stream.expectEvent("at once");
        }
    }

    @Test
    void lineBreaksInDataBecomeLines() {
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            stream.expect("welcome");
            cluster.publish(ALICE, "lines", "{\n\"a\":1,\r\n\"b\":[\r2]}");
            Event event = stream.expectEvent("lines");
            assertThat(event.lines()).hasSize(5);
            assertThat(event.field("data")).contains("{\n\"a\":1,\n\"b\":[\n2]}");
            assertThat(event.json().getJsonObject("data"))
                    .isEqualTo(new JsonObject().put("a", 1).put("b", new JsonArray().add(2)));
            cluster.publish(ALICE, "text", "\"% \u2028 \ud83d\ude00 \\ud800 </script> \\n\"");
            assertThat(stream.expectEvent("text").field("data"))
                    .contains("\"data\":\"% \u2028 \ud83d\ude00 \\ud800 </script> \\n\"");
        }
    }

    @Test
    void theLastIdBringsJustWhatWasMissedOnAnotherGateway() {
        String first;
        String seen;
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            first = stream.expect("welcome").id();
            cluster.publish(ALICE, "seen", "1");
            stream.expectEvent("seen");
            cluster.publish(Channel.BROADCAST, "seen by all", "1");
            seen = stream.expectEvent("seen by all").id();
        }
        cluster.publish(ALICE, "missed", "2");
        cluster.publish(Channel.BROADCAST, "missed by all", "2");

        // The address of an EventSource stays what it was; what it heard last is newer.
        String address = "?resume=" + first + "&positions=" + encode("{\"user\":\"0-0\"}") + "&inbox=true";
        try (EventStream stream = EventStream.open(cluster.port(1), "alice", address, "Last-Event-ID: " + seen)) {
            assertThat(stream.expect("welcome").json().getValue("recovered")).isEqualTo(true);
            assertThat(stream.events(2)).containsOnlyKeys("missed", "missed by all");
            cluster.publish(ALICE, "live", "3");
            stream.expectEvent("live");
        }
        try (EventStream stream = EventStream.open(cluster.port(1), "alice", "?resume=" + first)) {
            assertThat(stream.expect("welcome").json().getValue("recovered")).isEqualTo(true);
            assertThat(stream.events(5)).containsOnlyKeys("seen", "seen by all", "missed", "missed by all", "live");
        }
    }

    @Test
    void everyIdIsAPlaceToComeBackTo() {
        List<String> ids;
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            stream.expect("welcome");
            cluster.publishNumbers(ALICE, 1, 10);
            ids = IntStream.rangeClosed(1, 10)
                    .mapToObj(i -> stream.expectEvent(Integer.toString(i)).id())
                    .toList();
        }
        cluster.publish(ALICE, "11", "1");
        for (int seen = 1; seen <= 10; seen++) {
            String id = ids.get(seen - 1);
            try (EventStream stream = EventStream.open(cluster.port(1), "alice", "", "Last-Event-ID: " + id)) {
                assertThat(stream.expect("welcome").json().getValue("recovered"))
                        .isEqualTo(true);
                for (int missed = seen + 1; missed <= 11; missed++) {
                    stream.expectEvent(Integer.toString(missed));
                }
            }
        }
    }

    @Test
    void anothersIdOrGarbageBringsNothing() {
        String bobs;
        try (EventStream bob = EventStream.open(port, "bob", "")) {
            bobs = bob.expect("welcome").id();
        }
        cluster.publish(ALICE, "old", "1");
        cluster.awaitLater();
        for (String id : List.of(bobs, "garbage", "x".repeat(2_000))) {
            try (EventStream alice = EventStream.open(port, "alice", "", "Last-Event-ID: " + id)) {
                assertThat(alice.expect("welcome").json().getValue("recovered")).isEqualTo(false);
                cluster.publish(Channel.BROADCAST, "new", "1");
                alice.expectEvent("new");
            }
        }
    }

    @Test
    void positionsInTheAddressWinOverItsToken() {
        String token;
        String position;
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            token = stream.expect("welcome").id();
            cluster.publish(ALICE, "seen", "1");
            position = stream.expectEvent("seen").json().getString("position");
        }
        cluster.publish(ALICE, "missed", "2");
        String address = "?resume=" + token + "&positions="
                + encode(new JsonObject().put("user", position).encode());
        try (EventStream stream = EventStream.open(cluster.port(1), "alice", address)) {
            assertThat(stream.expect("welcome").json().getValue("recovered")).isEqualTo(true);
            stream.expectEvent("missed");
        }
    }

    @Test
    void namespacesInTheAddressNarrow() {
        try (EventStream some = EventStream.open(port, "alice", "?namespaces=/a,/c");
                EventStream none = EventStream.open(port, "alice", "?namespaces=");
                EventStream all = EventStream.open(port, "alice", "");
                EventStream there = EventStream.open(cluster.port(1), "alice", "?namespaces=")) {
            there.expect("welcome");
            String last = "";
            for (EventStream stream : List.of(some, none, all)) {
                last = stream.expect("welcome").id();
            }
            for (String namespace : List.of("/b", "/a", "/A", "/c", "/a/b")) {
                cluster.publish(ALICE, Cluster.publication(namespace, "in " + namespace, "1"));
            }
            assertThat(all.events(5)).hasSize(5);
            some.expectEvent("in /a");
            some.expectEvent("in /c");
            cluster.disconnect(new Disconnect("alice", null, 4_103, "", List.of()));
            none.expectError(4_103);
            // Or the order, which may reach it later, would end what is opened there next.
            there.expectError(4_103);
            try (EventStream again =
                    EventStream.open(cluster.port(1), "alice", "?namespaces=/c", "Last-Event-ID: " + last)) {
                again.expect("welcome");
                again.expectEvent("in /c");
            }
        }
    }

    @Test
    void theInboxComesIfAskedFor() {
        cluster.publish(ALICE, "waited", "1");
        cluster.awaitLater();
        try (EventStream silent = EventStream.open(port, "alice", "");
                EventStream asking = EventStream.open(cluster.port(1), "alice", "?inbox=true")) {
            asking.expect("welcome");
            asking.expectEvent("waited");
            silent.expect("welcome");
            cluster.publish(ALICE, "new", "1");
            silent.expectEvent("new");
        }
    }

    @Test
    void aTokenThatReplacesAnotherIsTheIdToo() {
        try (EventStream stream = EventStream.open(port, "alice", "?namespaces=/a")) {
            String first = stream.expect("welcome").id();
            cluster.publishNumbers(ALICE, 1, 60);
            Event resume = stream.expect("resume");
            assertThat(resume.id()).isEqualTo(resume.json().getString("resume")).isNotEqualTo(first);
        }
    }

    @Test
    void aSilentStreamBeatsWithAComment() {
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            stream.expect("welcome");
            Await.until("the silence is broken", stream::hasMore);
            assertThat(stream.line()).isEqualTo(":\n");
            assertThat(stream.line()).isEqualTo("\n");
            cluster.publish(ALICE, "afterwards", "1");
            stream.expectEvent("afterwards");
        }
    }

    @Test
    void whenTheSiteIsAwayABrowserIsAskedToComeBack() {
        // What Fanfare does not follow: a mistake of the site's, no refusal of the user's.
        cluster.site().answer(Answer.of(302));
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            Event last = stream.expectError(4_005);
            assertRetry(last);
            assertThat(last.field("id")).isNull();
        }
    }

    @Test
    void aSiteThatFailsIsAskedAgainFirst() {
        cluster.site().answer(Answer.of(500));
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            assertRetry(stream.expectError(4_005));
            assertThat(cluster.site().requests("alice")).hasSizeGreaterThan(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"FANFARE_CONNECTIONS_MAX", "FANFARE_SESSIONS_PER_ADDRESS_MAX"})
    void whenTheGatewayIsFullABrowserIsAskedToComeBack(String limit) {
        try (Cluster small = Cluster.of(1, Map.of(limit, "1"));
                EventStream first = EventStream.open(small.port(0), "alice", "")) {
            first.expect("welcome");
            try (EventStream second = EventStream.open(small.port(0), "bob", "", "Origin: " + PAGE)) {
                assertThat(second.head().header("Content-Type")).startsWith("text/event-stream");
                assertThat(second.head().header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
                assertRetry(second.expectError(4_003));
            }
            small.publish(Channel.BROADCAST, "still here", "1");
            first.expectEvent("still here");
        }
    }

    @Test
    void whoIsDisconnectedStaysAway() {
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            stream.expect("welcome");
            cluster.disconnect(new Disconnect("alice", null, 4_103, "too much noise", List.of()));
            Event last = stream.expectError(4_103);
            assertThat(last.json().getString("message")).isEqualTo("too much noise");
            assertThat(last.field("retry")).isNull();
            // An EventSource comes back by itself whatever it is told, but for a 204 (HTML standard, 9.2.3).
            RawHttp.Answer again = RawHttp.get(
                    cluster.port(1), "/events", "Last-Event-ID: " + last.id(), "Cookie: site_session=alice");
            assertThat(again.status()).isEqualTo(204);
        }
        // The page may try anew with an EventSource of its own.
        try (EventStream anew = EventStream.open(port, "alice", "")) {
            anew.expect("welcome");
        }
    }

    @Test
    void theOldestConnectionOfAUserMakesRoom() {
        try (Cluster small = Cluster.of(1, Map.of("FANFARE_CONNECTIONS_PER_USER_MAX", "1"));
                EventStream first = EventStream.open(small.port(0), "alice", "")) {
            first.expect("welcome");
            try (EventStream second = EventStream.open(small.port(0), "alice", "")) {
                second.expect("welcome");
                assertThat(first.expectError(4_106).field("retry")).isNull();
            }
        }
    }

    @Test
    void anonymousHearsBroadcastOnly() {
        try (Cluster open = Cluster.of(1, Map.of("FANFARE_ANONYMOUS", "allow"))) {
            open.site().answer(Answer.of(401));
            try (EventStream stream = EventStream.open(open.port(0), "nobody", "", "Origin: " + PAGE)) {
                Event welcome = stream.expect("welcome");
                assertThat(welcome.json().getValue("user")).isNull();
                open.publish(ALICE, "private", "1");
                open.publish(Channel.BROADCAST, "public", "1");
                assertThat(stream.expectEvent("public").id()).isNotEqualTo(welcome.id());
            }
        }
    }

    @Test
    void asManyTopicsAsThereMayBeFitIntoAnId() {
        List<String> topics = IntStream.range(0, TOPICS_MAX)
                .mapToObj(i -> "topic-" + "x".repeat(50) + i)
                .toList();
        cluster.site().answer(Answer.of(new JsonObject().put("user", "alice").put("topics", new JsonArray(topics))));
        String id = "";
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            stream.expect("welcome");
            for (String topic : topics) {
                cluster.publish(Channel.topic(topic), "seen " + topic, "1");
                id = stream.expectEvent("seen " + topic).id();
                assertThat(id.length()).isLessThanOrEqualTo(ResumeToken.LENGTH_MAX);
            }
        }
        topics.forEach(topic -> cluster.publish(Channel.topic(topic), "missed " + topic, "1"));
        try (EventStream stream = EventStream.open(cluster.port(1), "alice", "", "Last-Event-ID: " + id)) {
            assertThat(stream.expect("welcome").json().getValue("recovered")).isEqualTo(true);
            assertThat(stream.events(TOPICS_MAX).keySet())
                    .containsExactlyInAnyOrderElementsOf(
                            topics.stream().map(topic -> "missed " + topic).toList());
        }
    }

    @Test
    void nothingPublishedWhileTheSiteThinksIsMissing() {
        cluster.site().hold();
        try (RawHttp http = RawHttp.to(port)) {
            http.request("GET", "/events", "", "Cookie: site_session=alice");
            Await.until(
                    "the site is asked", () -> !cluster.site().requests("alice").isEmpty());
            assertThat(http.hasMore()).isFalse();
            cluster.publishNumbers(ALICE, 1, 20);
            cluster.site().release();
            assertThat(http.head().status()).isEqualTo(200);
            Chunks chunks = new Chunks(http);
            for (int i = 1; i <= 20; i++) {
                assertThat(chunks.through("\"event\":\"" + i + "\"")).doesNotContain("\"event\":\"" + (i + 1) + "\"");
            }
        }
    }

    @Test
    void aStreamToHttp10IsNotChunked() {
        try (RawHttp http = RawHttp.to(port)) {
            http.send("GET /events HTTP/1.0\r\nHost: 127.0.0.1\r\nCookie: site_session=alice\r\n\r\n");
            RawHttp.Head head = http.head();
            assertThat(head.header("Transfer-Encoding")).isNull();
            assertThat(http.line()).startsWith("data: {\"type\":\"welcome\"");
            assertThat(http.line()).startsWith("id: ");
            assertThat(http.line()).isEmpty();
        }
    }

    @Test
    void isAmongTheConnectionsOfItsUser() {
        try (EventStream stream = EventStream.open(port, "alice", "")) {
            stream.expect("welcome");
            Await.until("she is online", () -> cluster.presence("alice").online());
        }
        Await.until("her connection is gone", () -> cluster.presence("alice").connections() == 0);
        PushClient other = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
        other.ping();
    }

    private static void assertRetry(Event last) {
        String retry = last.field("retry");
        assertThat(retry).isNotNull().matches("\\d{1,5}");
        assertThat(Integer.parseInt(retry)).isBetween(1, 10_000);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
