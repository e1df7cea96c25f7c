package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What one client address may cost, and that another address does not notice. */
class AddressLimitsIT {
    private static final String FLOODER = "203.0.113.7";
    /** The longest body that is taken, in bytes. */
    private static final int BODY = 128 << 10;
    /** What does not fit beside one such body in the test of bodies. */
    private static final String TOO_MUCH = "[" + " ".repeat(1_100) + "]";

    @Test
    void tooManyHandshakesAreRefusedWhateverTheirTransport() {
        try (Cluster cluster = Cluster.of(1, settings("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", 2))) {
            Await.until("the flood is refused", () -> poll(cluster, FLOODER).status() == 429);
            // Full speed again, so that what the wait let through does not count.
            RawHttp.Answer refusal = poll(cluster, FLOODER);
            for (int i = 0; i < 50 && refusal.status() != 429; i++) {
                refusal = poll(cluster, FLOODER);
            }
            assertThat(refusal.status()).isEqualTo(429);
            assertThat(refusal.header("Retry-After")).isNotNull();
            assertThat(refusal.header("Access-Control-Allow-Origin")).isEqualTo("*");
            for (PushTransport transport : PushTransport.values()) {
                Await.until(transport + " is refused too", () -> upgradeOrPoll(cluster, transport) == 429);
            }
            assertThat(poll(cluster, "203.0.113.8").status()).isEqualTo(200);
        }
    }

    @Test
    void requestsOfAnOpenSessionAreNoHandshakes() {
        try (Cluster cluster = Cluster.of(1, settings("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", 2))) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            for (int i = 0; i < 15; i++) {
                assertThat(session.send("[]").status()).isEqualTo(204);
            }
        }
    }

    @Test
    void tooManySessionsAreRefusedUntilOneEnds() {
        try (Cluster cluster = Cluster.of(1, settings("FANFARE_SESSIONS_PER_ADDRESS_MAX", 2))) {
            PushClient first = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            cluster.join(PushTransport.SOCKJS_WEBSOCKET, 0, "alice");
            for (PushTransport transport : PushTransport.values()) {
                cluster.connect(transport, 0, login("alice")).expectRefusal(429);
            }
            assertThat(poll(cluster, FLOODER).status()).isEqualTo(200);
            first.close();
            Await.until(
                    "there is room again",
                    () -> RawSession.of(cluster.port(0), "alice").poll().status() == 200);
        }
    }

    @Test
    void tooManyPendingBodiesAreRefused() {
        try (Cluster cluster = Cluster.of(1, settings("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", BODY + 1_000))) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            try (RawHttp pending = RawHttp.to(cluster.port(0))) {
                pending.send("POST " + session.path("xhr_send") + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        + "Cookie: site_session=alice\r\nContent-Length: " + BODY + "\r\n\r\n[");
                Await.until("the body is waited for", () -> bytesPending(cluster) == BODY);
                assertThat(session.send(TOO_MUCH).status()).isEqualTo(429);
            }
            Await.until("there is room again", () -> session.send(TOO_MUCH).status() != 429);
        }
    }

    @Test
    void soIsTooMuchOfWebSocketMessagesThatHaveNotComeInFull() {
        try (Cluster cluster = Cluster.of(1, settings("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", 90_000))) {
            byte[] whole = RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.TEXT, "x".repeat(50_000));
            byte[] part = Arrays.copyOf(whole, whole.length - 1);
            try (RawWebSocket first = upgraded(cluster, FLOODER);
                    RawWebSocket second = upgraded(cluster, FLOODER);
                    RawWebSocket other = upgraded(cluster, "203.0.113.8")) {
                first.send(part);
                Await.until("it is kept", () -> bytesPending(cluster) > 0);
                assertThat(second.send(part).end()).isEqualTo(4003);
                // What another address sends is read to its end, which makes it no better a message.
                assertThat(other.send(whole).end()).isEqualTo(4105);
            }
            Await.until("there is room again", () -> bytesPending(cluster) == 0);
        }
    }

    private static RawWebSocket upgraded(Cluster cluster, String address) {
        return RawWebSocket.open(
                cluster.port(0), "/push/websocket", "X-Forwarded-For: " + address, "Cookie: site_session=alice");
    }

    private static Map<String, String> settings(String limit, int value) {
        return Map.of(limit, Integer.toString(value), "FANFARE_TRUSTED_PROXIES", "127.0.0.0/8");
    }

    private static double bytesPending(Cluster cluster) {
        return cluster.metric(0, "fanfare_body_bytes_pending ");
    }

    private static RawHttp.Answer poll(Cluster cluster, String address) {
        return RawHttp.post(
                cluster.port(0),
                RawSession.of(cluster.port(0), "alice").path("xhr"),
                "",
                "X-Forwarded-For: 198.51.100.1, " + address,
                "Cookie: site_session=alice");
    }

    private static int upgradeOrPoll(Cluster cluster, PushTransport transport) {
        RawSession session = RawSession.of(cluster.port(0), "alice");
        String path =
                switch (transport) {
                    case RAW_WEBSOCKET -> "/push/websocket";
                    case SOCKJS_WEBSOCKET -> session.path("websocket");
                    case XHR_STREAMING -> session.path("xhr_streaming");
                    case EVENTSOURCE -> session.path("eventsource");
                    case HTMLFILE -> session.path("htmlfile?c=f");
                    case XHR -> session.path("xhr");
                    case JSONP -> session.path("jsonp?c=f");
                };
        boolean upgrade = path.endsWith("websocket");
        boolean post = path.contains("/xhr");
        try (RawHttp http = RawHttp.to(cluster.port(0))) {
            List<String> headers = upgrade
                    ? List.of(
                            "X-Forwarded-For: " + FLOODER,
                            "Upgrade: websocket",
                            "Connection: Upgrade",
                            "Sec-WebSocket-Version: 13",
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
                    : List.of("X-Forwarded-For: " + FLOODER, "Cookie: site_session=alice");
            return http.request(post ? "POST" : "GET", path, "", headers.toArray(String[]::new))
                    .head()
                    .status();
        }
    }
}
