package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SockJS as it is on the wire: each test is a fact that a sockjs-client, or a proxy in between, relies on. */
class SockJsIT {
    private static final String PRELUDE = "h".repeat(2_048) + "\n";
    private static final int STREAMING_LIMIT = 128 << 10;
    private static final int BODY_MAX = 128 << 10;
    private static final String PING = "[\"{\\\"type\\\":\\\"ping\\\"}\"]";
    /** For how long a session that was closed says so. */
    private static final Duration CLOSE_REPEATED = Duration.ofSeconds(5);

    private static Cluster cluster;
    private static int port;

    @BeforeAll
    static void start() {
        cluster = Cluster.of(1);
        port = cluster.port(0);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/push", "/push/"})
    void greets(String path) {
        RawHttp.Answer answer = RawHttp.get(port, path);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualToIgnoringCase("text/plain; charset=UTF-8");
        assertThat(answer.body()).isEqualTo("Welcome to SockJS!\n");
    }

    @Test
    void infoSaysWhatIsThere() {
        RawHttp.Answer answer = RawHttp.get(port, "/push/info");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualToIgnoringCase("application/json; charset=UTF-8");
        assertThat(answer.header("Cache-Control")).contains("no-store", "no-cache", "max-age=0");
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(answer.header("Access-Control-Allow-Credentials")).isNull();
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        JsonObject info = new JsonObject(answer.body());
        assertThat(info.getBoolean("websocket")).isTrue();
        assertThat(info.getBoolean("cookie_needed")).isNotNull();
        assertThat(info.getJsonArray("origins")).isEqualTo(new JsonArray().add("*:*"));
        long entropy = info.getLong("entropy");
        assertThat(entropy).isBetween(0L, 0xffff_ffffL);
        assertThat(new JsonObject(RawHttp.get(port, "/push/info").body()).getLong("entropy"))
                .isNotEqualTo(entropy);
    }

    @ParameterizedTest
    @CsvSource({"/push/info,GET", "/push/000/s/xhr,POST", "/push/000/s/xhr_streaming,POST", "/push/000/s/xhr_send,POST"
    })
    void optionsAllowABrowserToAsk(String path, String method) {
        try (RawHttp http = RawHttp.to(port)) {
            RawHttp.Answer answer = http.request(
                            "OPTIONS", path, "", "Origin: http://127.0.0.1:8000", "Access-Control-Request-Headers: x-a")
                    .answer();
            assertThat(answer.status()).isEqualTo(204);
            assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("http://127.0.0.1:8000");
            assertThat(answer.header("Access-Control-Allow-Credentials")).isEqualTo("true");
            assertThat(answer.header("Access-Control-Allow-Methods")).contains("OPTIONS", method);
            assertThat(answer.header("Access-Control-Max-Age")).isNotNull();
            assertThat(answer.header("Cache-Control")).contains("max-age=");
        }
    }

    @Test
    void theFirstPollIsAnsweredWithTheOpenFrameOnly() {
        RawHttp.Answer answer = RawSession.of(port, "alice").poll();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualToIgnoringCase("application/javascript; charset=UTF-8");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.body()).isEqualTo("o\n");
    }

    @Test
    void aPollCarriesOneFrame() {
        RawSession session = RawSession.of(port, "poll-one").opened();
        cluster.publishNumbers(Channel.user("poll-one"), 1, 10);
        int events = 0;
        while (events < 10) {
            String body = session.poll().body();
            assertThat(body).startsWith("a[").endsWith("]\n");
            assertThat(body.indexOf('\n')).isEqualTo(body.length() - 1);
            events += new JsonArray(body.substring(1)).size();
        }
        assertThat(events).isEqualTo(10);
    }

    @Test
    void onePollAnswersWithEverythingThatWaits() {
        RawSession session = RawSession.of(port, "poll-all").opened();
        Channel user = Channel.user("poll-all");
        // The first to come is in a poll of its own, and shows that the channel is live.
        cluster.publishNumbers(user, 1, 1);
        assertThat(session.poll().body()).contains("\\\"event\\\":\\\"1\\\"");
        cluster.publishNumbers(user, 2, 51);
        // A pong follows what was there before it.
        session.send(PING);
        Await.until("all of it waits", () -> queued() > 50 * 100);
        String all = session.poll().body();
        assertThat(new JsonArray(all.substring(1))).hasSizeGreaterThanOrEqualTo(50);
    }

    private static double queued() {
        return cluster.metric(0, "fanfare_queue_bytes");
    }

    @Test
    void aStreamBeginsWithItsPrelude() {
        try (RawHttp stream = RawSession.of(port, "alice").receive(SockJsForm.XHR_STREAMING)) {
            RawHttp.Head head = stream.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Content-Type")).isEqualToIgnoringCase("application/javascript; charset=UTF-8");
            assertThat(head.header("X-Accel-Buffering")).isEqualTo("no");
            assertThat(head.header("Transfer-Encoding")).isEqualTo("chunked");
            Chunks chunks = new Chunks(stream);
            assertThat(chunks.upTo(PRELUDE.length())).isEqualTo(PRELUDE);
            assertThat(chunks.upTo(2)).isEqualTo("o\n");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"XHR_STREAMING", "EVENTSOURCE", "HTMLFILE"})
    void theStreamStartsBeforeTheSiteHasAnswered(SockJsForm form) {
        try (Cluster slow = Cluster.of(1)) {
            slow.site().hold();
            RawSession session = RawSession.of(slow.port(0), "alice");
            try (RawHttp stream = session.receive(form)) {
                stream.head();
                Chunks chunks = new Chunks(stream);
                form.prelude(chunks);
                assertThat(form.next(chunks)).isEqualTo(form.wire("o"));
            }
            slow.site().release();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"XHR_STREAMING", "EVENTSOURCE", "HTMLFILE"})
    void aStreamEndsAtItsLimitAndTheSessionLivesOn(SockJsForm form) {
        RawSession session = RawSession.of(port, "long-" + form).opened();
        Channel user = Channel.user("long-" + form);
        String data = "\"" + "x".repeat(60_000) + "\"";
        try (RawHttp stream = session.receive(form)) {
            stream.head();
            Chunks chunks = new Chunks(stream);
            form.prelude(chunks);
            IntStream.range(0, 3).forEach(i -> cluster.publish(user, "filler", data));
            String body = chunks.rest();
            assertThat(body.length()).isGreaterThanOrEqualTo(STREAMING_LIMIT).isLessThan(2 * STREAMING_LIMIT);
            assertThat(body).endsWith(form.frameEnd);
            // The connection is as good as before.
            stream.request("GET", "/push/info", "");
            assertThat(stream.answer().status()).isEqualTo(200);
        }
        cluster.publish(user, "afterwards", "1");
        assertThat(session.poll().body()).contains("\\\"event\\\":\\\"afterwards\\\"");
    }

    @ParameterizedTest
    @EnumSource
    void aSecondReceiverIsTurnedAwayAndTheFirstDoesNotNotice(SockJsForm second) {
        RawSession session = RawSession.of(port, "two").opened();
        try (RawHttp first = session.receive(SockJsForm.XHR_STREAMING)) {
            first.head();
            Chunks chunks = new Chunks(first);
            assertThat(chunks.upTo(PRELUDE.length())).isEqualTo(PRELUDE);
            // The prelude goes out before the session has its receiver, and the next request may come by another loop.
            session.send(PING);
            assertThat(chunks.line()).contains("pong");
            assertThat(session.answer(second).body())
                    .endsWith(second.wire("c[2010,\"Another connection still open\"]"));
            cluster.publish(Channel.user("two"), "still here", "1");
            assertThat(chunks.line()).startsWith("a[").contains("still here");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAbortedReceiverEndsTheSession(SockJsForm form) {
        RawSession session = RawSession.of(port, "abort-" + form).opened();
        RawHttp receiver = session.receive(form);
        if (form.isStream()) {
            receiver.head();
            receiver.reset();
        } else {
            // A poll that waits says nothing; another one's refusal shows that it is there, whichever came first.
            try (RawHttp rival = session.receive(form)) {
                Await.until("one of two is refused", () -> receiver.hasMore() || rival.hasMore());
                (receiver.hasMore() ? rival : receiver).reset();
            }
            receiver.close();
        }
        Await.until("the loss is noticed", () -> !session.poll().body().startsWith("c[2010"));
        String interrupted = "c[1002,\"Connection interrupted\"]";
        assertThat(session.poll().body()).isEqualTo(SockJsForm.XHR.wire(interrupted));
        assertThat(session.answer(form).body()).endsWith(form.wire(interrupted));
    }

    @Test
    void theCloseFrameIsRepeatedForAWhile() {
        List<RawSession> repeated =
                Stream.of(SockJsForm.values()).map(this::repeatsItsClose).toList();
        for (RawSession session : repeated) {
            Await.until("the session is forgotten", () -> session.poll().body().equals("o\n"));
        }
    }

    /** Closes a session and has it say so, to polls and to this form, as often as it is asked. */
    private RawSession repeatsItsClose(SockJsForm form) {
        List<String> polled = new ArrayList<>();
        List<String> heard = new ArrayList<>();
        RawSession session = Await.within(CLOSE_REPEATED, () -> {
            RawSession closed = RawSession.of(port, "closed-" + form).opened();
            closed.send("[\"no object\"]");
            polled.clear();
            heard.clear();
            for (int i = 0; i < 3; i++) {
                polled.add(closed.poll().body());
            }
            for (int i = 0; i < 3; i++) {
                heard.add(closed.answer(form).body());
            }
            return closed;
        });
        // The first poll may still have brought what the message was answered.
        String close = polled.get(2);
        assertThat(close).startsWith("c[4105,").endsWith("]\n");
        assertThat(polled.get(1)).isEqualTo(close);
        assertThat(heard).allSatisfy(body -> assertThat(body).endsWith(form.wire(close.strip())));
        return session;
    }

    @Test
    void aSendIsAnswered204() {
        RawSession session = RawSession.of(port, "alice").opened();
        RawHttp.Answer answer = session.send("[\"{\\\"type\\\":\\\"ping\\\"}\"]");
        assertThat(answer.status()).isEqualTo(204);
        assertThat(answer.header("Content-Type")).isEqualToIgnoringCase("text/plain; charset=UTF-8");
        assertThat(session.poll().body()).isEqualTo("a[\"{\\\"type\\\":\\\"pong\\\"}\"]\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "T",
                "application/json",
                "application/xml",
                "",
                "application/json; charset=utf-8",
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded; charset=nonsense",
                "multipart/form-data",
                "multipart/form-data; boundary",
                "multipart/form-data; boundary=x"
            })
    void anyContentTypeWillDo(String contentType) {
        RawSession session = RawSession.of(port, "alice").opened();
        // A form with this in it would be broken.
        String ping = "[\"{\\\"type\\\":\\\"ping\\\",\\\"a\\\":\\\"=100%\\\"}\"]";
        assertThat(session.send(ping, contentType).status()).isEqualTo(204);
        assertThat(session.poll().body()).contains("pong");
        assertThat(cluster.metric(0, "fanfare_internal_errors_total")).isZero();
    }

    @Test
    void anEmptySendIsRefused() {
        RawSession session = RawSession.of(port, "alice").opened();
        RawHttp.Answer answer = session.send("");
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo("Payload expected.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"x", "x", "{}", "[1]", "[null]", "[\"{}\"] x", "\"\ud83d\ude00", "\u0000"})
    void aBrokenSendIsRefusedAndTheSessionLivesOn(String body) {
        RawSession session = RawSession.of(port, "alice").opened();
        RawHttp.Answer answer = session.send(body);
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo("Broken JSON encoding.");
        assertThat(session.send("[\"{\\\"type\\\":\\\"ping\\\"}\"]").status()).isEqualTo(204);
        assertThat(session.poll().body()).contains("pong");
    }

    @Test
    void aSendToAnUnknownSessionIsRefused() {
        assertThat(RawSession.of(port, "alice").send("[\"{}\"]").status()).isEqualTo(404);
    }

    /** Else whether there is such a session could be learned with any login, or none. */
    @ParameterizedTest
    @ValueSource(strings = {"", "x", "[\"{}\"]"})
    void whatAnotherLoginSendsIsSentToNobody(String body) {
        RawSession session = RawSession.of(port, "alice").opened();
        RawHttp.Answer stranger = session.as("bob").send(body);
        RawHttp.Answer unknown = RawSession.of(port, "bob").send(body);
        assertThat(stranger.status()).isEqualTo(404);
        assertThat(stranger.body()).isEqualTo(unknown.body());
    }

    @Test
    void aSendMayHave128KiB() {
        RawSession session = RawSession.of(port, "alice").opened();
        String ping = "[\"{\\\"type\\\":\\\"ping\\\"}\"";
        String fits = ping + " ".repeat(BODY_MAX - ping.length() - 1) + "]";
        assertThat(session.send(fits).status()).isEqualTo(204);
        assertThat(session.poll().body()).contains("pong");
        assertThat(session.send(fits + " ").status()).isEqualTo(413);
        assertThat(session.send("[\"{\\\"type\\\":\\\"ping\\\"}\"]").status()).isEqualTo(204);
        assertThat(session.poll().body()).contains("pong");
    }

    @Test
    void aChunkedSendOfMoreThan128KiBIsRefusedToo() {
        RawSession session = RawSession.of(port, "alice").opened();
        try (RawHttp http = RawHttp.to(port)) {
            http.send("POST " + session.path("xhr_send") + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Cookie: site_session=alice\r\nTransfer-Encoding: chunked\r\n\r\n");
            String piece = "1000\r\n" + " ".repeat(4_096) + "\r\n";
            http.send(piece.repeat(32) + "1\r\n \r\n0\r\n\r\n");
            assertThat(http.answer().status()).isEqualTo(413);
        }
    }

    @Test
    void errorsCarryCorsHeadersToo() {
        String origin = "Origin: http://127.0.0.1:8000";
        for (RawHttp.Answer answer : new RawHttp.Answer[] {
            RawHttp.post(port, "/push/000/unknown-session/xhr_send", "[\"{}\"]", origin),
            RawHttp.post(port, "/push/000/unknown-session/xhr_send", "", origin),
            RawHttp.post(port, "/push/000/unknown-session/xhr_send", "[" + " ".repeat(BODY_MAX) + "]", origin)
        }) {
            assertThat(answer.status()).isGreaterThanOrEqualTo(400);
            assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("http://127.0.0.1:8000");
            assertThat(answer.header("Access-Control-Allow-Credentials")).isEqualTo("true");
            assertThat(answer.header("Vary")).containsIgnoringCase("Origin");
        }
    }

    @Test
    void whatBrowsersMangleIsEscapedInLowerCase() {
        RawSession session = RawSession.of(port, "escape").opened();
        StringBuilder risky = new StringBuilder();
        StringBuilder escaped = new StringBuilder();
        int[][] ranges = {{0x200c, 0x200f}, {0x2028, 0x202f}, {0x2060, 0x206f}, {0xfff0, 0xffff}};
        for (int[] range : ranges) {
            for (int c = range[0]; c <= range[1]; c++) {
                risky.append((char) c);
                escaped.append("\\u%04x".formatted(c));
            }
        }
        cluster.publish(Channel.user("escape"), "risky", "\"" + risky + "\"");
        String polled = session.poll().body();
        assertThat(polled).contains("\\\"data\\\":\\\"" + escaped + "\\\"");
        cluster.publish(Channel.user("escape"), "risky", "\"\\ud800\"");
        assertThat(session.poll().body()).contains("\\\"data\\\":\\\"\\\\ud800\\\"");
    }

    @Test
    void aConnectionSurvivesAPoll() {
        RawSession session = RawSession.of(port, "keep");
        try (RawHttp http = session.receive(SockJsForm.XHR)) {
            RawHttp.Answer first = http.answer();
            assertThat(first.body()).isEqualTo("o\n");
            assertThat(first.header("Connection")).isNotEqualToIgnoringCase("close");
            String cookie = "Cookie: site_session=keep";
            http.request("POST", session.path("xhr_send"), "[\"{\\\"type\\\":\\\"hello\\\"}\"]", cookie);
            assertThat(http.answer().status()).isEqualTo(204);
            http.request("POST", session.path("xhr"), "", cookie);
            assertThat(http.answer().body()).contains("welcome");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"XHR_STREAMING", "EVENTSOURCE", "HTMLFILE"})
    void aStreamToHttp10IsNotChunked(SockJsForm form) {
        try (RawHttp http = RawSession.of(port, "old").receiveByHttp10(form)) {
            RawHttp.Head head = http.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Transfer-Encoding")).isNull();
            assertThat(head.header("Content-Length")).isNull();
            StringBuilder body = new StringBuilder();
            while (!body.toString().endsWith(form.wire("o"))) {
                body.append(http.bytes(1));
            }
            assertThat(body).doesNotContain("\r\n0\r\n");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"XHR", "JSONP"})
    void aPollOfHttp10HasALengthOrEnds(SockJsForm form) {
        try (RawHttp http = RawSession.of(port, "old").receiveByHttp10(form)) {
            RawHttp.Answer answer = http.answer();
            assertThat(answer.header("Transfer-Encoding")).isNull();
            assertThat(answer.body()).isEqualTo(form.wire("o"));
        }
    }

    @Test
    void theServerIdIsIgnored() {
        RawSession session = RawSession.of(port, "alice").opened();
        String elsewhere = session.path("xhr_send").replace("/000/", "/999/");
        assertThat(RawHttp.post(port, elsewhere, "[\"{}\"]", "Cookie: site_session=alice")
                        .status())
                .isEqualTo(204);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/push/a/a/a/xhr",
                "/push//s/xhr",
                "/push/000//xhr",
                "/push/a.b/s/xhr",
                "/push/000/s.s/xhr",
                "/push/000/s/",
                "/push/000/s/carrier-pigeon",
                "/push/xhr",
                "/pushinfo"
            })
    void otherPathsAreNotFound(String path) {
        assertThat(RawHttp.post(port, path, "").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/push/000/s/xhr",
        "PUT,/push/000/s/xhr",
        "GET,/push/000/s/xhr_streaming",
        "GET,/push/000/s/xhr_send",
        "DELETE,/push/000/s/xhr_send",
        "POST,/push/000/s/websocket",
        "POST,/push/websocket",
        "POST,/push/info"
    })
    void otherMethodsAreNotAllowed(String method, String path) {
        try (RawHttp http = RawHttp.to(port)) {
            assertThat(http.request(method, path, "").answer().status()).isEqualTo(405);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/push/000/s/websocket", "/push/websocket"})
    void aWebSocketNeedsAnUpgrade(String path) {
        assertThat(RawHttp.get(port, path).status()).isEqualTo(400);
        assertThat(RawHttp.get(port, path, "Upgrade: websocket", "Connection: close")
                        .status())
                .isEqualTo(400);
        assertThat(RawHttp.get(port, path, "Upgrade: tea", "Connection: Upgrade")
                        .status())
                .isEqualTo(400);
    }
}
