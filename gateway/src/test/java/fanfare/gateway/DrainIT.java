package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.TestSite;
import fanfare.testing.TestSite.Answer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A gateway is told to stop, as an orchestrator does, while another one goes on. */
class DrainIT {
    private static final String PING = "[\"{\\\"type\\\":\\\"ping\\\"}\"]";

    private Cluster cluster;

    @BeforeEach
    void start() {
        cluster = Cluster.of(1);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void everybodyIsToldBeforeBeingClosedAndTheProcessEndsWithZero() {
        try (GatewayProcess leaving = start("4s")) {
            List<PushClient> clients = new ArrayList<>();
            for (PushTransport transport : PushTransport.values()) {
                clients.add(join(transport, List.of(uri(leaving))));
            }
            // Half of its requests come by way of the other gateway, which reaches this one by its relay port.
            clients.add(join(PushTransport.XHR, List.of(uri(leaving), cluster.uri(0))));
            RawSession open = RawSession.of(leaving.port(), "alice").opened();
            JsonObject before = progress(leaving);
            assertThat(before.getString("state")).isEqualTo("serving");
            assertThat(before.getInteger("sessions")).isEqualTo(clients.size() + 1);
            assertThat(before.getInteger("told")).isZero();
            assertThat(before.getDouble("window")).isEqualTo(4.0);

            leaving.terminate();
            Await.until(
                    "nobody is sent there any more",
                    () -> RawHttp.get(leaving.managementPort(), "/readyz").status() == 503);
            assertRefused(RawSession.of(leaving.port(), "alice").poll());
            assertRefused(RawSession.of(leaving.port(), "alice").upgrade().answer());
            assertRefused(RawHttp.get(leaving.port(), "/push/info"));
            RawHttp.Answer taken = open.send(PING);
            assertThat(taken.status()).isEqualTo(204);
            assertThat(taken.header("Connection")).isEqualTo("close");
            assertThat(progress(leaving).getString("state")).isEqualTo("draining");
            assertThat(lastFrame(open)).isEqualTo("c[4001,\"drain\"]\n");
            assertThat(progress(leaving).getInteger("told")).isPositive();
            assertThat(progress(leaving).getDouble("remaining")).isBetween(0.0, 3.0);

            for (PushClient client : clients) {
                Message told = client.expect("reconnect");
                assertThat(told.json().getLong("delay")).isBetween(0L, 500L);
                assertThat(told.string("reason")).isEqualTo("drain");
            }
            clients.forEach(client -> client.expectClose(4_001));
            assertThat(leaving.exitCode()).isZero();
            assertThat(leaving.output()).doesNotContain("\tat ", "in a hurry");
            assertThat(cluster.presence("alice").connections()).isZero();
        }
    }

    @Test
    void whoIsWelcomeElsewhereInTimeIsNotClosedAndMissesNothing() {
        try (GatewayProcess leaving = start("4s")) {
            PushClient here = join(PushTransport.XHR_STREAMING, List.of(uri(leaving)));
            leaving.terminate();
            here.expect("reconnect");
            cluster.publish(Channel.user("alice"), "in between", "1");
            here.expectEvent("in between");
            cluster.publish(Channel.user("alice"), "next", "2");
            PushClient there = cluster.connect(PushTransport.RAW_WEBSOCKET, 0, TestSite.login("alice"))
                    .awaitOpen();
            there.send(new JsonObject()
                    .put("type", "hello")
                    .put("resume", here.token())
                    .encode());
            assertThat(there.expectVerdict().json().getBoolean("recovered")).isTrue();
            there.expectEvent("in between");
            there.expectEvent("next");
            here.expectEvent("next");
            here.close();
            assertThat(leaving.exitCode()).isZero();
            assertThat(cluster.presence("alice").connections()).isEqualTo(1);
        }
    }

    @Test
    void aStreamThatItHandsOnEndsInOrderAndTheSessionLivesOn() {
        try (GatewayProcess leaving = start("2s")) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            try (RawHttp stream = session.at(leaving.port()).receive(SockJsForm.XHR_STREAMING)) {
                assertThat(stream.head().status()).isEqualTo(200);
                Chunks chunks = new Chunks(stream);
                assertThat(chunks.line()).hasSize(2_049);
                assertThat(progress(leaving).getInteger("relayed")).isEqualTo(1);
                leaving.terminate();
                assertThat(chunks.rest()).isEmpty();
            }
            session.send(PING);
            assertThat(session.poll().body()).contains("pong");
            assertThat(leaving.exitCode()).isZero();
        }
    }

    @Test
    void aStreamThatItsOwnerCannotEndYetIsAskedForAgain() {
        try (GatewayProcess leaving = start("2s")) {
            RawSession session = RawSession.of(cluster.port(0), "alice").opened();
            // Other cookies of the same login: its owner asks the site, and until it answers no response is the
            // session's.
            cluster.site()
                    .answer(request ->
                            Answer.of(new JsonObject().put("user", "alice").put("session", "alice")));
            cluster.site().hold();
            try (RawHttp stream = session.as("alice~again").at(leaving.port()).receive(SockJsForm.XHR_STREAMING)) {
                Await.until(
                        "its owner asks",
                        () -> !cluster.site().requests("alice~again").isEmpty());
                leaving.terminate();
                // The first half of the window is for telling, the other for leaving.
                Await.until(
                        "everybody has been told",
                        () -> progress(leaving).getString("state").equals("draining")
                                && progress(leaving).getDouble("remaining") < 0.9);
                cluster.site().release();
                assertThat(stream.head().status()).isEqualTo(200);
                Chunks chunks = new Chunks(stream);
                assertThat(chunks.line()).hasSize(2_049);
                assertThat(chunks.rest()).isEmpty();
            }
            session.send(PING);
            assertThat(session.poll().body()).contains("pong");
            assertThat(leaving.exitCode()).isZero();
        }
    }

    @Test
    void aSecondSignalEndsItAtOnce() {
        try (GatewayProcess leaving = start("1h")) {
            PushClient client = join(PushTransport.RAW_WEBSOCKET, List.of(uri(leaving)));
            leaving.terminate();
            Await.until(
                    "the drain has begun",
                    () -> progress(leaving).getString("state").equals("draining"));
            leaving.terminate();
            assertThat(leaving.exitCode()).isEqualTo(143);
            client.expectClose(1_006);
        }
    }

    private GatewayProcess start(String window) {
        Map<String, String> settings = new HashMap<>(cluster.settings());
        settings.put("FANFARE_DRAIN_WINDOW", window);
        return GatewayProcess.start(settings);
    }

    private PushClient join(PushTransport transport, List<String> uris) {
        PushClient client =
                cluster.track(PushClient.connect(cluster.vertx(), transport, uris, TestSite.login("alice")));
        client.awaitOpen().send("{\"type\":\"hello\",\"protocol\":1}").expectWelcome();
        return client;
    }

    private static String uri(GatewayProcess gateway) {
        return "http://127.0.0.1:" + gateway.port();
    }

    private static JsonObject progress(GatewayProcess gateway) {
        RawHttp.Answer answer = RawHttp.get(gateway.managementPort(), "/drain");
        assertThat(answer.status()).isEqualTo(200);
        return new JsonObject(answer.body());
    }

    private static void assertRefused(RawHttp.Answer answer) {
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).isNotNull();
        assertThat(answer.header("Connection")).isEqualTo("close");
    }

    /** What a session that is polled says last. */
    private static String lastFrame(RawSession session) {
        String frame = session.poll().body();
        while (frame.startsWith("a[") || frame.equals("h\n")) {
            frame = session.poll().body();
        }
        return frame;
    }
}
