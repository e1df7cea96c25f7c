package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.TestSite;
import fanfare.testing.TestSite.Answer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The site says who a browser is; these are its answers, odd ones included, and what becomes of the browser. */
class SiteIT {
    private static final String HELLO = "{\"type\":\"hello\"}";
    private static final PushTransport ANY = PushTransport.SOCKJS_WEBSOCKET;
    /** For how long a gateway waits for the site. */
    private static final Duration ASKED_AGAIN_AFTER = Duration.ofSeconds(3);
    /** For how long a gateway takes the site's word for further connections. */
    private static final Duration REMEMBERED = Duration.ofSeconds(5);

    private Cluster cluster;
    private TestSite site;

    @BeforeEach
    void start() {
        cluster = Cluster.of(1);
        site = cluster.site();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void theSiteSeesTheBrowsersHeaders() {
        Map<String, String> headers = Map.of(
                "Cookie", "a=1; site_session=alice; b=2",
                "User-Agent", "Netscape",
                "Accept-Language", "eo",
                "Origin", "http://127.0.0.1:8000",
                "Authorization", "Basic c2VjcmV0",
                "X-Fanfare-Recheck", "1");
        cluster.connect(ANY, 0, headers).awaitOpen().send(HELLO).expectWelcome();
        TestSite.Request request = site.requests().get(0);
        assertThat(request.header("cookie")).isEqualTo("a=1; site_session=alice; b=2");
        assertThat(request.header("user-agent")).isEqualTo("Netscape");
        assertThat(request.header("accept-language")).isEqualTo("eo");
        assertThat(request.header("origin")).isEqualTo("http://127.0.0.1:8000");
        assertThat(request.header("x-forwarded-for")).isEqualTo("127.0.0.1");
        assertThat(request.header("authorization")).isNull();
        assertThat(request.header("x-fanfare-recheck")).isNull();
    }

    @Test
    void theSiteSeesThemByteForByte() {
        StringBuilder beyondAscii = new StringBuilder();
        for (char c = 0x80; c <= 0xff; c++) {
            beyondAscii.append(c);
        }
        String head = "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                + "Cookie: site_session=alice; name=" + beyondAscii + "\r\n"
                + "User-Agent: " + beyondAscii + "\r\n"
                + "Accept-Language: " + beyondAscii + "\r\n\r\n";
        try (RawHttp http = RawHttp.to(cluster.port(0)).send(head.getBytes(StandardCharsets.ISO_8859_1))) {
            assertThat(http.head().status()).isEqualTo(200);
        }
        // A character of these is a byte, here as there.
        TestSite.Request request = site.requests("alice").get(0);
        assertThat(request.header("cookie")).isEqualTo("site_session=alice; name=" + beyondAscii);
        assertThat(request.header("user-agent")).isEqualTo(beyondAscii.toString());
        assertThat(request.header("accept-language")).isEqualTo(beyondAscii.toString());
    }

    @Test
    void onlyTheNamedCookiesAreForwarded() {
        try (Cluster narrow = Cluster.of(1, Map.of("FANFARE_SITE_COOKIES", "site_session"))) {
            Map<String, String> headers = Map.of("Cookie", "a=1; site_session=alice; site_session2=x");
            narrow.connect(ANY, 0, headers).awaitOpen().send(HELLO).expectWelcome();
            assertThat(narrow.site().requests().get(0).header("cookie")).isEqualTo("site_session=alice");
        }
    }

    @Test
    void aNumberIsAUserToo() {
        site.answer(Answer.of(new JsonObject().put("user", 42).put("unknown", new JsonArray())));
        PushClient client = cluster.connect(ANY, 0, login("x")).awaitOpen().send(HELLO);
        assertThat(client.expectWelcome().string("user")).isEqualTo("42");
        cluster.publish(Channel.user("42"), "private", "1");
        client.expectEvent("private");
    }

    @Test
    void topicsThatTheSiteGrantsAreHeard() {
        site.answer(Answer.of(new JsonObject().put("user", "1").put("topics", new JsonArray().add("news"))));
        PushClient client = cluster.connect(ANY, 0, login("x")).awaitOpen().send(HELLO);
        client.expectWelcome();
        cluster.publish(Channel.topic("sports"), "sports", "1");
        cluster.publish(Channel.topic("news"), "news", "1");
        assertThat(client.expectEvent("news").string("channel")).isEqualTo("topic:news");
    }

    /** There are sites whose cookies change with each of their answers. */
    @Test
    void whoPollsWithOtherCookiesThanItCameWithStaysThroughAnOutageOfTheSite() {
        site.answer(Answer.of(new JsonObject().put("user", "alice").put("session", "s1")));
        RawSession polling = RawSession.of(cluster.port(0), "alice").opened().as("alice~changed");
        expectNext(polling, Channel.user("alice"));
        site.answer(Answer.of(500));
        long begun = System.nanoTime();
        Await.until("the site's word has been kept for longer than it counts", () -> {
            expectNext(polling, Channel.user("alice"));
            return System.nanoTime() - begun > REMEMBERED.plusSeconds(1).toNanos();
        });
    }

    @Test
    void soDoesAVisitorWhoIsNobody() {
        try (Cluster open = Cluster.of(1, Map.of("FANFARE_ANONYMOUS", "allow"))) {
            open.site().answer(Answer.of(401));
            RawSession polling = RawSession.of(open.port(0), "visit1").opened();
            open.publish(Channel.BROADCAST, "public", "1");
            assertThat(polling.as("visit2").poll().body()).contains("public");
            open.site().answer(Answer.of(new JsonObject().put("user", "alice")));
            assertThat(polling.as("alice").poll().status()).isEqualTo(404);
        }
    }

    private void expectNext(RawSession polling, Channel channel) {
        cluster.publish(channel, "next", "1");
        RawHttp.Answer answer = polling.poll();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("next");
    }

    @Test
    void concurrentChecksOfOneBrowserAreOneRequest() {
        String login = Await.within(ASKED_AGAIN_AFTER, () -> {
            String asked = "alice~" + UUID.randomUUID();
            site.hold();
            List<PushClient> clients = IntStream.range(0, 10)
                    .mapToObj(i -> cluster.connect(ANY, 0, login(asked)))
                    .toList();
            PushClient other =
                    cluster.connect(ANY, 0, Map.of("Cookie", "site_session=" + asked, "Accept-Language", "eo"));
            clients.forEach(PushClient::awaitOpen);
            other.awaitOpen();
            Await.until("both questions arrived", () -> site.requests(asked).size() >= 2);
            site.release();
            clients.forEach(client -> client.send(HELLO).expectWelcome());
            other.send(HELLO).expectWelcome();
            return asked;
        });
        assertThat(site.requests(login)).hasSize(2);
    }

    @Test
    void aFreshAnswerIsRemembered() {
        String login = Await.within(REMEMBERED, () -> {
            String joining = "alice~" + UUID.randomUUID();
            cluster.join(PushTransport.RAW_WEBSOCKET, 0, joining);
            cluster.join(PushTransport.RAW_WEBSOCKET, 0, joining);
            return joining;
        });
        cluster.join(PushTransport.RAW_WEBSOCKET, 0, "bob");
        assertThat(site.requests(login)).hasSize(1);
        assertThat(site.requests("bob")).hasSize(1);
    }

    @Test
    void aRefusalIsNotRemembered() {
        site.answer(Answer.of(401));
        cluster.connect(ANY, 0, login("alice")).expectClose(4_101);
        site.answer(TestSite::byLogin);
        cluster.join(ANY, 0, "alice");
    }

    @ParameterizedTest
    @EnumSource
    void refusalsOfTheSiteTurnAway(PushTransport transport) {
        for (int status : new int[] {401, 403}) {
            site.answer(Answer.of(status));
            cluster.connect(transport, 0, login("alice")).expectClose(4_101);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503})
    void aTroubledSiteIsAskedAgain(int status) {
        AtomicInteger asked = new AtomicInteger();
        site.answer(request -> asked.incrementAndGet() < 3
                ? new Answer(status, Map.of("Retry-After", "1"), "")
                : TestSite.byLogin(request));
        cluster.join(ANY, 0, "alice");
        assertThat(asked).hasValue(3);
    }

    @Test
    void aSiteThatStaysDownIsGivenUp() {
        site.answer(Answer.of(500));
        cluster.connect(ANY, 0, login("alice")).awaitOpen().expectClose(4_005);
        assertThat(site.requests()).hasSize(3);
    }

    @Test
    void aSilentSiteIsGivenUp() {
        site.hold();
        cluster.connect(ANY, 0, login("alice")).awaitOpen().expectClose(4_005);
        site.release();
    }

    static Stream<Answer> misconfigured() {
        return Stream.of(
                new Answer(302, Map.of("Location", "http://127.0.0.1:1/login"), ""),
                new Answer(301, Map.of(), ""),
                new Answer(200, Map.of(), ""),
                new Answer(200, Map.of(), "<html>please log in</html>"),
                new Answer(200, Map.of(), "[]"),
                new Answer(200, Map.of(), "\"alice\""),
                Answer.of(new JsonObject()),
                Answer.of(new JsonObject().put("user", "")),
                Answer.of(new JsonObject().put("user", "a b")),
                Answer.of(new JsonObject().put("user", "\u00e9")),
                Answer.of(new JsonObject().put("user", "x".repeat(129))),
                Answer.of(new JsonObject().put("user", true)),
                Answer.of(new JsonObject().put("user", new JsonObject())));
    }

    @ParameterizedTest
    @MethodSource("misconfigured")
    void aMisconfiguredSiteLetsNobodyInAndIsToldSo(Answer answer) {
        site.answer(answer);
        cluster.connect(ANY, 0, login("alice")).awaitOpen().expectClose(4_005);
        cluster.connect(ANY, 0, login("bob")).awaitOpen().expectClose(4_005);
        assertThat(site.requests()).hasSize(2);
        List<String> hints = cluster.log().records().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(entry -> java.text.MessageFormat.format(
                        entry.getMessage(), entry.getParameters() == null ? new Object[0] : entry.getParameters()))
                .filter(text -> text.contains("answer 401 instead"))
                .toList();
        assertThat(hints).hasSize(1);
        assertThat(hints.get(0)).contains(Integer.toString(answer.status()));
        assertThat(hints.get(0)).contains(answer.headers().getOrDefault("Location", ""));
    }

    @Test
    void aLoginIsCheckedAgainWhenItExpires() {
        site.answer(request -> Answer.of(new JsonObject()
                .put("user", "alice")
                .put("expires", Instant.now().getEpochSecond() + 1)));
        PushClient client = cluster.join(ANY, 0, "alice");
        Await.until("the login is checked again", () -> site.requests().size() > 1);
        assertThat(site.requests().get(1).header("x-fanfare-recheck")).isEqualTo("1");
        assertThat(site.requests().get(1).header("cookie")).isEqualTo("site_session=alice");
        client.ping();
        site.answer(Answer.of(401));
        client.expectClose(4_102);
    }

    @Test
    void aLoginThatBecameAnotherUsersEndsTheSession() {
        AtomicInteger asked = new AtomicInteger();
        site.answer(request -> Answer.of(new JsonObject()
                .put("user", "user-" + asked.incrementAndGet())
                .put("expires", Instant.now().getEpochSecond() + 1)));
        cluster.join(ANY, 0, "alice").expectClose(4_102);
    }

    @Test
    void topicsJoinAndLeaveWithACheck() {
        AtomicInteger asked = new AtomicInteger();
        site.answer(request -> Answer.of(new JsonObject()
                .put("user", "alice")
                .put("topics", new JsonArray().add(asked.incrementAndGet() == 1 ? "old" : "new"))
                .put("expires", Instant.now().getEpochSecond() + (asked.get() == 1 ? 1 : 3_600))));
        PushClient client = cluster.join(ANY, 0, "alice");
        cluster.publish(Channel.topic("old"), "old", "1");
        client.expectEvent("old");
        Await.until(
                "the new topic is heard",
                () -> cluster.publish(Channel.topic("new"), "new", "1").routed() > 0);
        cluster.publish(Channel.topic("new"), "joined", "1");
        // What was published from the moment of the check on is heard, however often the wait asked.
        Message event = client.expectEvent();
        while (event.string("event").equals("new")) {
            event = client.expectEvent();
        }
        assertThat(event.string("event")).isEqualTo("joined");
        cluster.publish(Channel.topic("old"), "old", "2");
        cluster.publish(Channel.BROADCAST, "end", "1");
        client.expectEvent("end");
    }

    @Test
    void anOutageOfTheSiteDisconnectsNobody() {
        AtomicInteger asked = new AtomicInteger();
        site.answer(request -> asked.incrementAndGet() == 1
                ? Answer.of(new JsonObject()
                        .put("user", "alice")
                        .put("expires", Instant.now().getEpochSecond() + 1))
                : Answer.of(500));
        PushClient client = cluster.join(ANY, 0, "alice");
        Await.until("a check failed", () -> asked.get() >= 2);
        client.ping();
        cluster.publish(Channel.user("alice"), "private", "1");
        client.expectEvent("private");
    }
}
