package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that mean no good get their answer; another client beside them notices nothing. */
class HostilePeerIT {
    /** More than any bound on a slow peer, with room for a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Cluster cluster;
    private int port;
    private PushClient bystander;

    @BeforeEach
    void start() {
        cluster = Cluster.of(1);
        port = cluster.port(0);
        bystander = cluster.join(PushTransport.SOCKJS_WEBSOCKET, 0, "bystander");
    }

    @AfterEach
    void theBystanderNoticedNothing() {
        cluster.publish(Channel.user("bystander"), "well", "1");
        bystander.expectEvent("well");
        cluster.close();
    }

    @Test
    void slowHeadsAndBodiesAreEnded() {
        RawSession session = RawSession.of(port, "alice").opened();
        try (RawHttp silent = RawHttp.to(port);
                RawHttp slowHead = RawHttp.to(port);
                RawHttp slowBody = RawHttp.to(port)) {
            slowHead.send("POST /push/000/s/xhr HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
            slowBody.send("POST " + session.path("xhr_send") + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Cookie: site_session=alice\r\nContent-Length: 100\r\n\r\n[\"");
            assertThat(slowHead.endsWithin(PATIENCE)).isTrue();
            assertThat(silent.endsWithin(PATIENCE)).isTrue();
            assertThat(slowBody.head().status()).isEqualTo(408);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: ",
                "Host: a b",
                "Host: evil.example\"><script>",
                "Host: [::1",
                "Host: 127.0.0.1:99999999",
                "Host: ../../etc/passwd",
                "Host: \u00e9\u2028"
            })
    void aHostileHostIsAnsweredLikeAnyOther(String host) {
        RawHttp.Answer withOrigin = RawHttp.post(
                port,
                RawSession.of(port, "alice").path("xhr"),
                "",
                host,
                "Origin: http://evil.example",
                "Cookie: site_session=alice");
        assertThat(withOrigin.status()).isIn(400, 403);
        assertThat(RawHttp.get(port, "/push/info", host).status()).isIn(200, 400);
    }

    @Test
    void noHostMeansNoSameHost() {
        try (RawHttp http = RawHttp.to(port)) {
            http.send("POST " + RawSession.of(port, "alice").path("xhr") + " HTTP/1.0\r\n"
                    + "Origin: http://evil.example\r\nContent-Length: 0\r\n\r\n");
            assertThat(http.answer().status()).isIn(400, 403);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "6.6.6.6",
                "6.6.6.6, 7.7.7.7",
                "\"'; DROP TABLE users",
                ",,,",
                "::ffff:6.6.6.6",
                "evil.example",
                "127.0.0.1, 6.6.6.6"
            })
    void aForwardedAddressCountsOnlyFromATrustedProxy(String forwarded) {
        RawHttp.Answer answer = RawHttp.post(
                port,
                RawSession.of(port, "alice").path("xhr"),
                "",
                "X-Forwarded-For: " + forwarded,
                "X-Forwarded-Host: evil.example",
                "X-Forwarded-Proto: https",
                "Forwarded: for=6.6.6.6",
                "Cookie: site_session=forwarded");
        assertThat(answer.body()).isEqualTo("o\n");
        cluster.join(PushTransport.XHR, 0, "forwarded").ping();
        List<String> told = cluster.site().requests("forwarded").stream()
                .map(request -> request.header("x-forwarded-for"))
                .distinct()
                .toList();
        assertThat(told).containsExactly("127.0.0.1");
    }

    @Test
    void aForwardedHostDoesNotAllowItsOrigin() {
        RawHttp.Answer answer = RawHttp.post(
                port,
                RawSession.of(port, "alice").path("xhr"),
                "",
                "X-Forwarded-Host: evil.example",
                "Origin: http://evil.example",
                "Cookie: site_session=alice");
        assertThat(answer.status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET\r\n\r\n",
                "GET /push/info HTTP/9.9\r\n\r\n",
                "GET /push/info HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n",
                "GET /push/%zz/%00/xhr HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                "POST /push/000/s/xhr_send HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
            })
    void garbageIsRefused(String bytes) {
        try (RawHttp http = RawHttp.to(port)) {
            http.send(bytes);
            String answer = http.head().statusLine();
            assertThat(answer).matches("HTTP/\\d\\.\\d (4\\d\\d|50[15]) .*");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n",
                "POST /push/000/s/xhr_send HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            })
    void garbageThatIsNoRequestEndsTheConnection(String bytes) {
        try (RawHttp http = RawHttp.to(port)) {
            assertThat(http.send(bytes).rest()).matches("(?s)(HTTP/1\\.1 4\\d\\d .*)?");
        }
    }

    /** No longer than what is read at once: what is left unread would reset the connection before the answer is read. */
    @Test
    void anEndlessHeadIsRefused() {
        try (RawHttp http = RawHttp.to(port)) {
            http.send("GET /push/info HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + "x".repeat(20_000));
            assertThat(http.head().status()).isIn(400, 431);
        }
    }

    @Test
    void anEndlessPathIsRefused() {
        try (RawHttp http = RawHttp.to(port)) {
            http.send("GET /push/" + "x".repeat(20_000));
            assertThat(http.head().status()).isIn(400, 414);
        }
    }
}
