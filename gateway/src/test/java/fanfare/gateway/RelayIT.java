package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A fallback session behaves on any gateway as on the one that opened it. */
class RelayIT {
    private static final String PRELUDE = "h".repeat(2_048) + "\n";
    private static final String PING = "[\"{\\\"type\\\":\\\"ping\\\"}\"]";
    private static final String PONG = "a[\"{\\\"type\\\":\\\"pong\\\"}\"]\n";

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.of(3);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void everyGatewayTakesWhatIsSaidAndAnswersAPoll() {
        RawSession session = opened("any");
        for (int round = 0; round < 6; round++) {
            assertThat(at(session, round).send(PING).status()).isEqualTo(204);
            RawHttp.Answer poll = at(session, round + 1).poll();
            assertThat(poll.body()).isEqualTo(PONG);
            assertThat(poll.head().lines().stream().filter(line -> line.startsWith("cache-control:")))
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void aStreamPassesUnbuffered() {
        RawSession session = opened("stream");
        try (RawHttp stream = at(session, 1).receive(SockJsForm.XHR_STREAMING)) {
            assertThat(stream.head().header("X-Accel-Buffering")).isEqualTo("no");
            Chunks chunks = new Chunks(stream);
            assertThat(chunks.upTo(PRELUDE.length())).isEqualTo(PRELUDE);
            for (int i = 0; i < 5; i++) {
                at(session, 2).send(PING);
                assertThat(chunks.line()).isEqualTo(PONG);
            }
        }
    }

    @Test
    void aConnectionSurvivesAPollThatIsHandedOn() {
        RawSession session = opened("keep");
        try (RawHttp http = RawHttp.to(cluster.port(1))) {
            for (int i = 0; i < 3; i++) {
                session.send(PING);
                http.request("POST", session.path("xhr"), "", "Cookie: site_session=keep");
                assertThat(http.answer().body()).isEqualTo(PONG);
            }
        }
    }

    @Test
    void aSecondReceiverElsewhereIsTurnedAwayAndTheFirstDoesNotNotice() {
        RawSession session = opened("second");
        try (RawHttp first = at(session, 1).receive(SockJsForm.XHR_STREAMING)) {
            first.head();
            Chunks chunks = new Chunks(first);
            assertThat(chunks.upTo(PRELUDE.length())).isEqualTo(PRELUDE);
            at(session, 0).send(PING);
            assertThat(chunks.line()).isEqualTo(PONG);
            assertThat(at(session, 2).poll().body()).isEqualTo("c[2010,\"Another connection still open\"]\n");
            at(session, 0).send(PING);
            assertThat(chunks.line()).isEqualTo(PONG);
        }
    }

    @Test
    void anAbortedReceiverElsewhereEndsTheSessionAndTheCloseFrameIsRepeatedEverywhere() {
        RawSession session = opened("abort");
        try (RawHttp stream = at(session, 1).receive(SockJsForm.XHR_STREAMING)) {
            stream.head();
            assertThat(new Chunks(stream).upTo(PRELUDE.length())).isEqualTo(PRELUDE);
            stream.reset();
        }
        Await.until("the loss is noticed", () -> !at(session, 2).poll().body().startsWith("c[2010"));
        for (int node = 0; node < 3; node++) {
            assertThat(at(session, node).poll().body()).isEqualTo("c[1002,\"Connection interrupted\"]\n");
        }
        Await.until("it is forgotten, in Redis too", () -> cluster.owner(session) == null);
        assertThat(at(session, 2).poll().body()).isEqualTo("o\n");
    }

    @Test
    void whatIsWrongIsAnsweredAsOnTheOwnerItself() {
        RawSession session = opened("wrong");
        for (String body : List.of("", "[\"x", "{}", "[1]")) {
            RawHttp.Answer here = session.send(body);
            RawHttp.Answer there = at(session, 1).send(body);
            assertThat(there.status()).isEqualTo(here.status());
            assertThat(there.body()).isEqualTo(here.body());
            assertThat(there.header("Access-Control-Allow-Origin"))
                    .isEqualTo(here.header("Access-Control-Allow-Origin"));
        }
        String origin = "Origin: http://127.0.0.1:8000";
        RawHttp.Answer unknown = RawHttp.post(
                cluster.port(1),
                RawSession.of(0, "wrong").path("xhr_send"),
                PING,
                origin,
                "Cookie: site_session=wrong");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.header("Access-Control-Allow-Origin")).isEqualTo("http://127.0.0.1:8000");
        RawHttp.Answer allowed =
                RawHttp.post(cluster.port(1), session.path("xhr_send"), PING, origin, "Cookie: site_session=wrong");
        assertThat(allowed.status()).isEqualTo(204);
        assertThat(allowed.header("Access-Control-Allow-Origin")).isEqualTo("http://127.0.0.1:8000");
        assertThat(allowed.header("Access-Control-Allow-Credentials")).isEqualTo("true");
        RawHttp.Answer foreign = RawHttp.post(
                cluster.port(1),
                session.path("xhr_send"),
                PING,
                "Origin: http://evil.example",
                "Cookie: site_session=wrong");
        assertThat(foreign.status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void anotherBrowserThatLearnsTheIdGetsNothing(int node) {
        RawSession session = opened("victim");
        cluster.publish(Channel.user("victim"), "secret", "1");
        assertThat(at(session, node).as("thief").poll().status()).isEqualTo(404);
        assertThat(at(session, node).as("thief").send(PING).status()).isEqualTo(404);
        assertThat(session.poll().body()).contains("secret");
    }

    @Test
    void theRelayPortIsForGatewaysOnlyAndHandsNothingOnOnceMore() {
        RawSession session = opened("relay");
        String owner = String.valueOf(cluster.owner(session));
        int relay = Integer.parseInt(owner.substring(owner.lastIndexOf(':') + 1));
        String cookie = "Cookie: site_session=relay";
        assertThat(RawHttp.post(relay, session.path("xhr_send"), PING, cookie).status())
                .isEqualTo(403);
        assertThat(RawHttp.post(relay, session.path("xhr_send"), PING, cookie, "X-Fanfare-Relay: guess")
                        .status())
                .isEqualTo(403);
        String secret = "X-Fanfare-Relay: " + Cluster.RELAY_SECRET;
        assertThat(RawHttp.post(relay, session.path("xhr_send"), PING, cookie, secret)
                        .status())
                .isEqualTo(204);
        RawSession unknown = RawSession.of(relay, "relay");
        assertThat(RawHttp.post(relay, unknown.path("xhr"), "", cookie, secret).status())
                .isEqualTo(421);
        assertThat(RawHttp.get(relay, "/push/info", secret).status()).isEqualTo(404);
    }

    @Test
    void whoseOwnerHasNoLeaseIsOpenedAnewOrUnknown() {
        RawSession session = RawSession.of(cluster.port(0), "orphan");
        cluster.own(session, "nobody 127.0.0.1:1");
        assertThat(session.send(PING).status()).isEqualTo(404);
        assertThat(session.poll().body()).isEqualTo("o\n");
        assertThat(at(session, 1).send(PING).status()).isEqualTo(204);
    }

    @Test
    void anOwnerWhoseAddressMakesNoSenseIsNobody() {
        RawSession session = RawSession.of(cluster.port(0), "nowhere");
        cluster.own(session, "nobody fd00::1:7080");
        assertThat(session.poll().body()).isEqualTo("o\n");
    }

    @Test
    void aGatewayThatLosesItsLeaseKeepsItsSessions() {
        RawSession session = opened("lease");
        String owner = String.valueOf(cluster.owner(session));
        cluster.endLease(owner.substring(0, owner.indexOf(' ')));
        Await.until("it holds the session under another id", () -> !owner.equals(cluster.owner(session)));
        assertThat(at(session, 1).send(PING).status()).isEqualTo(204);
        assertThat(at(session, 2).poll().body()).isEqualTo(PONG);
    }

    @Test
    void whatItsOwnerHasForgottenIsOpenedAnewOrUnknown() {
        String owner = String.valueOf(cluster.owner(opened("forgotten")));
        RawSession session = RawSession.of(cluster.port(1), "forgotten");
        cluster.own(session, owner);
        assertThat(session.send(PING).status()).isEqualTo(404);
        assertThat(session.poll().body()).isEqualTo("o\n");
        assertThat(cluster.owner(session)).isNotEqualTo(owner);
        assertThat(at(session, 2).send(PING).status()).isEqualTo(204);
    }

    @Test
    void whileRedisIsAwayKnownSessionsGoOnAndUnknownOnesAreRefused() {
        try (RedisServer server = RedisServer.start();
                FlakyLink link = FlakyLink.to(server.port());
                Cluster cut = Cluster.on(server, link.port(), 2)) {
            RawSession session = RawSession.of(cut.port(0), "alice").opened();
            RawSession there = session.at(cut.port(1));
            assertThat(there.send(PING).status()).isEqualTo(204);
            assertThat(session.poll().body()).isEqualTo(PONG);
            link.refuse();
            link.cut();
            Await.until(
                    "Redis is missed",
                    () -> RawSession.of(cut.port(1), "alice").send(PING).status() == 503);
            assertThat(RawSession.of(cut.port(1), "alice").poll().status()).isEqualTo(503);
            for (RawSession known : List.of(session, there)) {
                assertThat(known.send(PING).status()).isEqualTo(204);
                assertThat(known.poll().body()).isEqualTo(PONG);
            }
            link.resume();
        }
    }

    @Test
    void aSessionCostsRedisOneWriteAtItsBeginningAndOneAtItsEnd() throws IOException {
        try (RedisServer server = RedisServer.start();
                Cluster own = Cluster.on(server, server.port(), 2);
                Socket monitor = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            // Redis learns the scripts by the first one.
            RawSession before = RawSession.of(own.port(0), "alice").opened();
            before.send("[\"no object\"]");
            Await.until("it is forgotten", () -> own.owner(before) == null);
            monitor.setSoTimeout(20_000);
            monitor.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
            BufferedReader commands =
                    new BufferedReader(new InputStreamReader(monitor.getInputStream(), StandardCharsets.UTF_8));
            assertThat(commands.readLine()).isEqualTo("+OK");
            RawSession session = RawSession.of(own.port(0), "alice").opened();
            for (int i = 0; i < 15; i++) {
                assertThat(session.at(own.port(i & 1)).send(PING).status()).isEqualTo(204);
                assertThat(session.at(own.port((i + 1) & 1)).poll().body()).isEqualTo(PONG);
            }
            session.send("[\"no object\"]");
            Await.until("it is forgotten", () -> own.owner(session) == null);
            Map<String, Long> said = said(commands, session.id());
            assertThat(said)
                    .containsEntry("evalsha", 2L)
                    .containsEntry("set", 1L)
                    .containsEntry("del", 1L);
        }
    }

    /** How often each command named the session, up to the test's own look at it. */
    private static Map<String, Long> said(BufferedReader commands, String id) throws IOException {
        Map<String, Long> counts = new HashMap<>();
        for (String line = commands.readLine(); ; line = commands.readLine()) {
            if (line.contains(id)) {
                String name =
                        line.substring(line.indexOf('"') + 1).split("\"", 2)[0].toLowerCase(Locale.ROOT);
                counts.merge(name, 1L, Long::sum);
                if (name.equals("del")) {
                    return counts;
                }
            }
        }
    }

    @Test
    void anOwnerThatIsKilledInMidPollCostsAReconnectAndNoMessage() {
        try (GatewayProcess process = GatewayProcess.start(cluster.settings())) {
            RawSession session = RawSession.of(process.port(), "killed");
            assertThat(session.poll().body()).isEqualTo("o\n");
            session.send("[\"{\\\"type\\\":\\\"hello\\\"}\"]");
            String welcome = at(session, 0).poll().body();
            String token = new JsonObject(new JsonArray(welcome.substring(1)).getString(0)).getString("resume");
            try (RawHttp poll = at(session, 1).receive(SockJsForm.XHR);
                    RawHttp rival = at(session, 2).receive(SockJsForm.XHR)) {
                Await.until("one of two waits at the owner", () -> poll.hasMore() || rival.hasMore());
                RawHttp waiting = poll.hasMore() ? rival : poll;
                process.kill();
                assertThat(waiting.head().status()).isEqualTo(503);
            }
            cluster.publish(Channel.user("killed"), "meanwhile", "1");
            assertThat(at(session, 0).send(PING).status()).isIn(404, 503);
            RawSession next = RawSession.of(cluster.port(1), "killed");
            assertThat(next.poll().body()).isEqualTo("o\n");
            JsonObject hello = new JsonObject().put("type", "hello").put("resume", token);
            at(next, 2).send(new JsonArray().add(hello.encode()).encode());
            StringBuilder heard = new StringBuilder();
            Await.until("what was published meanwhile comes", () -> {
                heard.append(at(next, 0).poll().body());
                return heard.toString().contains("meanwhile");
            });
            assertThat(heard.toString()).contains("\\\"recovered\\\":true");
        }
    }

    private static RawSession opened(String login) {
        return RawSession.of(cluster.port(0), login).opened();
    }

    private static RawSession at(RawSession session, int node) {
        return session.at(cluster.port(node % 3));
    }
}
