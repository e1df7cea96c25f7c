package fanfare.gateway;

import static fanfare.gateway.RawWebSocket.upgrade;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.Fuzz;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is sent to it, the gateway has no bug to report and goes on serving everybody else. */
class GarbageIT {
    /** How many parser's rounds one connection is worth. */
    private static final int COST = 25;

    private static final String COOKIE = "Cookie: site_session=alice";

    private static final String[] PATHS = {
        "/push",
        "/push/",
        "/push/info?t=1",
        "/push/iframe-1.6.1.html",
        "/push/000/abc/xhr",
        "/push/000/abc/xhr_streaming",
        "/push/000/abc/xhr_send",
        "/push/000/abc/websocket",
        "/push/000/abc/jsonp?c=call",
        "/client/fanfare.js",
        "/client/../client/sockjs.min.js",
        "/push/%30/%61%62c/xhr",
        "/events?namespaces=/a",
        "*",
        "http://127.0.0.1/push"
    };
    private static final String[] QUERIES = {
        "namespaces=/a,%2Fb&inbox=true",
        "resume=AgM&positions=%7B%22user%22%3A%221-2%22%7D",
        "resume=%zz",
        "namespaces=%",
        "inbox=%ff%fe&positions=[]",
        "positions=%7B",
        "a&b=c&=d&&;"
    };
    private static final String[] HEADERS = {
        "Origin: http://127.0.0.1",
        "Referer: http://127.0.0.1/page",
        "Sec-Fetch-Site: cross-site",
        COOKIE,
        "Access-Control-Request-Headers: x-a, x-b",
        "Access-Control-Request-Method: POST",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: a, b",
        "Sec-WebSocket-Extensions: permessage-deflate; x=\"y\"",
        "Host: 127.0.0.1",
        "X-Forwarded-For: 6.6.6.6",
        "If-None-Match: \"x\"",
        "User-Agent: x",
        "Accept-Language: de, *;q=0.5",
        "Accept-Encoding: gzip",
        "Last-Event-ID: AgM",
        "X-Folded: a\r\n b"
    };
    private static final String[] BODY_HEADERS = {
        "Content-Length: 5",
        "Content-Length: 99999999999999999999",
        "Content-Length: -1",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Expect: 100-continue",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: application/x-www-form-urlencoded; charset=nonsense",
        "Content-Encoding: gzip"
    };

    private static Cluster cluster;
    private static PushClient bystander;

    @BeforeAll
    static void start() {
        cluster = Cluster.of(1, Map.of("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0"));
        bystander = cluster.join(PushTransport.SOCKJS_WEBSOCKET, 0, "bystander");
    }

    @AfterEach
    void theBystanderNoticedNothingAndNothingWasABug() {
        cluster.publish(Channel.user("bystander"), "well", "1");
        bystander.expectEvent("well");
        assertThat(cluster.metric(0, "fanfare_internal_errors_total")).isZero();
    }

    @AfterAll
    static void nothingIsLeftBehind() {
        Await.until("only the bystander is left", () -> cluster.metric(0, "fanfare_connections{") == 1);
        assertThat(cluster.metric(0, "fanfare_queue_bytes ")).isZero();
        assertThat(cluster.metric(0, "fanfare_body_bytes_pending ")).isZero();
        cluster.close();
    }

    @Test
    void anyRequestIsAnsweredWithoutABug() {
        Fuzz.play(COST, fuzz -> {
            String line = fuzz.oneOf("GET", "POST", "OPTIONS", "HEAD", "PUT", "BREW") + " " + fuzz.text(3_000, PATHS);
            String head = line + " HTTP/1.1\r\n" + headers(fuzz, HEADERS) + "\r\n";
            try (RawHttp http = RawHttp.to(cluster.port(0)).send(head)) {
                // SockJS has a 500 for scripts without a callback; a bug of ours would be counted.
                String answer = line.contains("jsonp") || line.contains("htmlfile") ? "" : firstLine(http);
                assertThat(answer).doesNotContain(" 500 ");
            }
        });
    }

    @Test
    void anyQueryIsReadAsFarAsItMakesSense() {
        Fuzz.play(COST, fuzz -> {
            String query = fuzz.text(3_000, QUERIES).replaceAll("[^!-~]", "%");
            try (RawHttp http = RawHttp.to(cluster.port(0))) {
                http.request("GET", "/push/websocket?" + query, "", upgrade(COOKIE));
                assertThat(firstLine(http)).matches("HTTP/1.1 (101|4\\d\\d) .*");
            }
            try (RawHttp http = RawHttp.to(cluster.port(0))) {
                http.request("GET", "/events?" + query, "", COOKIE);
                assertThat(firstLine(http)).matches("HTTP/1.1 (200|4\\d\\d) .*");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/events?resume=%zz",
                "/events?%",
                "/push/000/s/jsonp?c=%zz",
                "/push/000/s/htmlfile?c=call&x=%",
            })
    void aQueryThatIsNotPercentEncodedIsTheCallersMistake(String path) {
        RawHttp.Answer answer = RawHttp.get(cluster.port(0), path, COOKIE);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.body()).contains("urn:fanfare:problem:invalid");
    }

    /** Nobody waits for the answer: it may be a while until the gateway has given up on the rest. */
    @Test
    void requestsThatBreakOffLeaveNothingBehind() {
        Fuzz.play(COST, fuzz -> {
            String head = fuzz.oneOf("GET ", "POST ") + fuzz.oneOf(PATHS) + " HTTP/1.1\r\n" + headers(fuzz, HEADERS)
                    + headers(fuzz, BODY_HEADERS) + "\r\n" + fuzz.text(2_000, "[\"a\"]", "5\r\nhello\r\n0\r\n\r\n");
            sendAndLeave(fuzz, RawHttp.to(cluster.port(0)), head.substring(0, fuzz.number(head.length() + 1)));
        });
    }

    @Test
    void aPollMayBeCutOffTogetherWithTheRequestsBehindIt() {
        for (int i = 0; i < 10; i++) {
            RawSession session = RawSession.of(cluster.port(0), "bob").opened();
            RawHttp http = session.receive(SockJsForm.XHR)
                    .request("GET", "/push/info", "")
                    .request("GET", "/push/%zz", "");
            http.reset();
        }
        Await.until("they have gone", () -> cluster.metric(0, "fanfare_connections{transport=\"xhr\"") == 0);
    }

    @Test
    void anUpgradeMayBeCutOffAtAnyMoment() {
        for (int i = 0; i < 300; i++) {
            RawHttp.to(cluster.port(0))
                    .request("GET", "/push/websocket", "", upgrade(COOKIE))
                    .reset();
        }
    }

    @Test
    void anUpgradeHasNoBody() {
        for (String header : new String[] {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
            try (RawHttp http = RawHttp.to(cluster.port(0))) {
                http.request("GET", "/push/websocket", "", upgrade(COOKIE, header));
                assertThat(http.head().status()).isEqualTo(400);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/push/websocket", "/push/000/%s/websocket"})
    void anythingMayFollowAnUpgrade(String path) {
        String frames = text(RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.TEXT, "{\"type\":\"ping\"}"))
                + text(RawWebSocket.frame(RawWebSocket.TEXT, "[\"x\""))
                + text(RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.PING, "p"))
                + text(RawWebSocket.frame(RawWebSocket.FIN, "]"))
                + text(RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.CLOSE, "\u0003\u00e8bye"));
        Fuzz.play(COST, fuzz -> {
            RawHttp http = RawHttp.to(cluster.port(0));
            http.request("GET", path.formatted(UUID.randomUUID()), "", upgrade(COOKIE));
            if (fuzz.number(4) > 0) {
                assertThat(http.head().status()).isEqualTo(101);
            }
            sendAndLeave(fuzz, http, fuzz.text(5_000, frames));
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "000/%s",
                "000/a%s-_~!$&'()*+,;=:@",
                "000/%%F0%%9F%%98%%80%s",
                "000/%%00%%0d%%0a%s",
                "000/%%2e%%2e%%2f%s",
                "a%%2Fb/c%%2Fd%s",
                "x/%%ff%%fe%s",
                "x/%%ED%%A0%%80%s",
                "\u00e9\u2028/\ud83d\ude00%s",
                "''\"<script>/\"><script>%s",
                "000/__proto__%s",
            })
    void anIdIsAnIdWhateverItsAlphabet(String ids) {
        String path = "/push/" + ids.formatted(UUID.randomUUID()) + "/xhr";
        RawHttp.Answer answer = RawHttp.post(cluster.port(0), path, "", COOKIE);
        assertThat(answer.status()).isIn(200, 400, 404);
        if (answer.status() == 200) {
            assertThat(answer.body()).isEqualTo("o\n");
            assertThat(RawHttp.post(cluster.port(0), path + "_send", "[]", COOKIE)
                            .status())
                    .isEqualTo(204);
        }
    }

    @Test
    void anIdIsNoLongerThanThereIsAReasonFor() {
        for (int length : new int[] {1, 64, 65, 128, 129, 4_000}) {
            String id = UUID.randomUUID().toString().repeat(200).substring(0, length);
            assertThat(open("000", id)).isEqualTo(length <= 128 ? 200 : 404);
            assertThat(open(id, UUID.randomUUID().toString())).isEqualTo(length <= 64 ? 200 : 404);
        }
        assertThat(open("", "a")).isEqualTo(404);
        assertThat(open("000", "")).isEqualTo(404);
        assertThat(open("a.b", "c")).isEqualTo(404);
        assertThat(open("a", "b.c")).isEqualTo(404);
    }

    private static int open(String server, String session) {
        String path = "/push/" + server + "/" + session + "/xhr";
        return RawHttp.post(cluster.port(0), path, "", COOKIE).status();
    }

    private static String headers(Fuzz fuzz, String... valid) {
        StringBuilder headers = new StringBuilder("Host: 127.0.0.1\r\n");
        for (int i = fuzz.number(8); i > 0; i--) {
            headers.append(fuzz.number(3) == 0 ? fuzz.text(1_000, valid) : fuzz.oneOf(valid))
                    .append("\r\n");
        }
        return headers.toString();
    }

    /** Sends this as bytes and ends the connection, in one way or the other. */
    private static void sendAndLeave(Fuzz fuzz, RawHttp http, String bytes) {
        try (http) {
            http.send(RawWebSocket.bytes(bytes));
            if (fuzz.number(2) == 0) {
                http.reset();
            }
        } catch (UncheckedIOException e) {
            // The gateway had heard enough.
        }
    }

    /** What the answer begins with; empty if there is none. */
    private static String firstLine(RawHttp http) {
        StringBuilder line = new StringBuilder();
        for (int b = http.next(); b >= 0 && b != '\n'; b = http.next()) {
            line.append((char) b);
        }
        return line.toString().trim();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
