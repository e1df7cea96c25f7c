package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.TestSite.Answer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One address opens session after session and comes back to none of them. */
class AbandonedSessionsIT {
    private static final String FLOODER = "203.0.113.7";
    private static final int SESSIONS_MAX = 20;
    private static final int ATTEMPTS = 1_000;
    /** Longer than a browser may be without a request. */
    private static final Duration AWAY = Duration.ofSeconds(6);

    /** Whatever the cookie. */
    private static final Answer ALICE =
            Answer.of(new JsonObject().put("user", "alice").put("session", "alice"));

    @Test
    void anAddressHoldsNoMoreThanItMayAndAllOfItIsReleased() {
        try (Cluster cluster = Cluster.of(1, settings())) {
            List<RawSession> admitted = new ArrayList<>();
            List<RawHttp.Answer> refusals = new ArrayList<>();
            for (int i = 0; i < ATTEMPTS; i++) {
                RawSession session = RawSession.of(cluster.port(0), "alice", "X-Forwarded-For: " + FLOODER);
                RawHttp.Answer answer = session.poll();
                if (answer.status() == 200) {
                    admitted.add(session);
                } else {
                    refusals.add(answer);
                }
                if (i % 100 == 0) {
                    assertThat(cluster.metric(0, "fanfare_connections{transport=\"xhr\"}"))
                            .isBetween(1., SESSIONS_MAX + 0.);
                }
            }
            assertThat(admitted).hasSizeGreaterThanOrEqualTo(SESSIONS_MAX);
            assertThat(refusals).isNotEmpty().allSatisfy(refusal -> {
                assertThat(refusal.status()).isEqualTo(429);
                assertThat(refusal.header("Content-Type")).isEqualTo("application/problem+json");
                assertThat(refusal.header("Retry-After")).isNotNull();
                JsonObject problem = new JsonObject(refusal.body());
                assertThat(problem.getString("type")).isEqualTo("urn:fanfare:problem:too-many-requests");
                assertThat(problem.getString("detail")).contains("sessions from your address");
            });
            assertThat(cluster.metric(0, "fanfare_address_refusals_total{limit=\"sessions\"}"))
                    .isEqualTo(refusals.size());

            cluster.join(PushTransport.XHR, 0, "bob").close();
            Await.until("everybody has gone", () -> cluster.metric(0, "fanfare_connections{transport=\"xhr\"}") == 0);
            assertThat(cluster.metric(0, "fanfare_queue_bytes")).isZero();
            assertThat(admitted.get(0).send("[]").status()).isEqualTo(404);
            for (RawSession again : admitted.subList(0, SESSIONS_MAX)) {
                assertThat(again.poll().body()).isEqualTo("o\n");
            }
        }
    }

    @Test
    void upgradesThatAreCutOffHoldNoPlace() {
        try (Cluster cluster = Cluster.of(1, settings())) {
            for (int i = 0; i < ATTEMPTS; i++) {
                upgrade(cluster).reset();
            }
            List<RawHttp> open = new ArrayList<>();
            Await.until("there is room for all that there may be", () -> {
                RawHttp http = upgrade(cluster);
                if (http.head().status() == 101) {
                    open.add(http);
                } else {
                    http.close();
                }
                return open.size() == SESSIONS_MAX;
            });
            assertThat(upgrade(cluster).head().status()).isEqualTo(429);
            open.forEach(RawHttp::close);
        }
    }

    /** What its answer brought is lost: a session that lived on would hear later messages, and nobody would miss these. */
    @Test
    void aPollWhoseAnswerIsLostEndsItsSession() {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_EVENT_LOOPS", "1"))) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            cluster.publish(Channel.user("alice"), "early", "1");
            Await.until("it waits", () -> cluster.metric(0, "fanfare_queue_bytes") > 0);
            // The browser leaves while the site is asked about a cookie that has changed.
            cluster.site().hold();
            RawSession changed = session.as("alice~2");
            changed.receive(SockJsForm.XHR).reset();
            Await.until(
                    "the site is asked",
                    () -> !cluster.site().requests("alice~2").isEmpty());
            awaitTheOneLoop(cluster);
            cluster.site().answer(ALICE);
            cluster.site().release();
            Await.until("the answer is written", () -> cluster.metric(0, "fanfare_queue_bytes") == 0);
            cluster.publish(Channel.user("alice"), "later", "1");
            assertThat(changed.poll().body()).isEqualTo("c[1002,\"Connection interrupted\"]\n");
        }
    }

    @Test
    void aCookieThatChangesBeforeTheSiteHasAnsweredEndsNoSession() {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_EVENT_LOOPS", "1"))) {
            cluster.site().answer(ALICE);
            cluster.site().hold();
            RawSession session = RawSession.of(cluster.port(0), "alice");
            assertThat(session.poll().body()).isEqualTo("o\n");
            try (RawHttp next = session.as("alice~2").receive(SockJsForm.XHR)) {
                awaitTheOneLoop(cluster);
                cluster.site().release();
                assertThat(next.answer().body()).contains("welcome");
            }
        }
    }

    /** A receiver is as good as there; only the site keeps it waiting, for longer than a browser may be away. */
    @Test
    void aSlowSiteEndsNoSessionOfABrowserThatIsBack() {
        try (Cluster cluster = Cluster.of(1, Map.of())) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            cluster.site().answer(ALICE);
            cluster.site().hold();
            try (RawHttp back = session.as("alice~2").receive(SockJsForm.XHR)) {
                Await.until(
                        "the site has been asked again and again",
                        () -> cluster.site().requests("alice~2").size() > 1);
                long begun = System.nanoTime();
                Await.until(
                        "a browser that is not back would be given up",
                        () -> System.nanoTime() - begun > AWAY.toNanos());
                cluster.site().release();
                cluster.publish(Channel.user("alice"), "later", "1");
                assertThat(back.answer().body()).contains("later");
            }
        }
    }

    @Test
    void whereTheSiteCannotSayWhoseItIsTheSessionIsNotDenied() {
        try (Cluster cluster = Cluster.of(1, Map.of())) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            cluster.site().answer(Answer.of(500));
            assertThat(session.as("alice~2").poll().status()).isEqualTo(503);
            cluster.publish(Channel.user("alice"), "later", "1");
            assertThat(session.poll().body()).contains("later");
        }
    }

    /** Each has the site asked, as a newcomer does. */
    @Test
    void requestsWithCookieAfterCookieAreLimitedAsHandshakesAre() {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "5"))) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            int[] changes = new int[1];
            Await.until(
                    "the address has had its share",
                    () -> session.as("mallory~" + changes[0]++).send("[]").status() == 429);
            assertThat(cluster.metric(0, "fanfare_address_refusals_total{limit=\"handshakes\"}"))
                    .isPositive();
            assertThat(session.send("[]").status()).isEqualTo(204);
        }
    }

    @Test
    void whoTheSiteKnowsByAddressHasASessionAtThatAddressAlone() {
        try (Cluster cluster = Cluster.of(1, settings())) {
            cluster.site().answer(Answer.of(new JsonObject().put("user", "alice")));
            RawSession session = RawSession.of(cluster.port(0), "").with("X-Forwarded-For: 203.0.113.8");
            session.opened();
            cluster.site().answer(Answer.of(new JsonObject().put("user", "mallory")));
            assertThat(session.with("X-Forwarded-For: " + FLOODER).poll().status())
                    .isEqualTo(404);
            cluster.publish(Channel.user("alice"), "later", "1");
            assertThat(session.poll().body()).contains("later");
        }
    }

    private static RawHttp upgrade(Cluster cluster) {
        return RawHttp.to(cluster.port(0))
                .request("GET", "/push/websocket", "", RawWebSocket.upgrade("Cookie: site_session=alice"));
    }

    private static Map<String, String> settings() {
        return Map.of(
                "FANFARE_SESSIONS_PER_ADDRESS_MAX",
                Integer.toString(SESSIONS_MAX),
                "FANFARE_HANDSHAKES_PER_ADDRESS_MAX",
                "0",
                "FANFARE_CONNECTIONS_PER_USER_MAX",
                Integer.toString(ATTEMPTS),
                "FANFARE_TRUSTED_PROXIES",
                "127.0.0.0/8");
    }

    /** By the time the one loop has answered twice it has heard of what was sent or reset before. */
    private static void awaitTheOneLoop(Cluster cluster) {
        RawHttp.get(cluster.port(0), "/push");
        RawHttp.get(cluster.port(0), "/push");
    }
}
