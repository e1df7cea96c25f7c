package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.TestSite;
import io.vertx.core.Context;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** More browsers come at once than a gateway may let in. */
class AdmissionIT {
    private static final int RATE = 50;
    /** What may come at once. */
    private static final int BURST = 5 * RATE;

    private static final int CROWD = 500;

    /** What became of one half of the crowd. */
    private static final class Half {
        final AtomicInteger in = new AtomicInteger();
        final AtomicInteger inAtOnce = new AtomicInteger();
        final AtomicInteger attempts = new AtomicInteger();
        final List<Throwable> surprises = new ArrayList<>();
    }

    @Test
    void aCrowdIsInInItsTimeAndNobodyElseNotices() {
        Random random = new Random(11);
        Half resuming = new Half();
        Half fresh = new Half();
        Map<String, String> settings =
                Map.of("FANFARE_HANDSHAKES_MAX", Integer.toString(RATE), "FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0");
        try (Cluster cluster = Cluster.of(1, settings)) {
            PushClient live = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "live");
            WebSocketClient client =
                    cluster.vertx().createWebSocketClient(new WebSocketClientOptions().setMaxConnections(2 * CROWD));
            Context loop = cluster.vertx().getOrCreateContext();
            // Not in turn, as the gateway's event loops take connections: or one kind might have a loop that others
            // keep busy.
            List<Boolean> kinds = new ArrayList<>(Collections.nCopies(CROWD / 2, true));
            kinds.addAll(Collections.nCopies(CROWD / 2, false));
            Collections.shuffle(kinds, random);
            loop.runOnContext(start -> {
                for (int i = 0; i < CROWD; i++) {
                    boolean resumes = kinds.get(i);
                    WebSocketConnectOptions options = new WebSocketConnectOptions()
                            .setHost("127.0.0.1")
                            .setPort(cluster.port(0))
                            .setURI("/push/websocket" + (resumes ? "?resume=" + live.token() : ""));
                    TestSite.login("user-" + i).forEach(options::addHeader);
                    dial(cluster, client, options, random, resumes ? resuming : fresh, true);
                }
            });
            for (int i = 0; resuming.in.get() + fresh.in.get() < CROWD; i++) {
                assertThat(i).as("seconds that it may take").isLessThan(60);
                String event = "event " + i;
                cluster.publish(Channel.user("live"), event, "{}");
                live.expectEvent(event);
                int before = resuming.in.get() + fresh.in.get();
                Await.until(
                        "some more are in", () -> resuming.in.get() + fresh.in.get() >= Math.min(CROWD, before + RATE));
            }
            assertThat(resuming.surprises).isEmpty();
            assertThat(fresh.surprises).isEmpty();
            // One is the live client's.
            assertThat(resuming.inAtOnce.get() + fresh.inAtOnce.get()).isGreaterThanOrEqualTo(BURST - 1);
            // By how many more says TurnstileTest: while a crowd is slow to come, places become free for both.
            assertThat(resuming.inAtOnce.get()).isGreaterThan(fresh.inAtOnce.get());
            // A crowd that came back as one, or at moments of its own choice, would be refused over and over.
            assertThat(resuming.attempts.get() + fresh.attempts.get()).isLessThan(2 * CROWD);
            assertThat(cluster.metric(0, "fanfare_newcomers_refused_total{limit=\"rate\""))
                    .isEqualTo(resuming.attempts.get() + fresh.attempts.get() - CROWD);
            client.close();
            Await.until("they have left", () -> cluster.metric(0, "fanfare_connections{") == 1);
        }
    }

    @Test
    void aFullGatewaySaysSo() {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_CONNECTIONS_MAX", "1"))) {
            PushClient in = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            assertFull(RawSession.of(cluster.port(0), "bob").poll());
            // Or a SockJS client would try one transport after the other.
            assertFull(RawHttp.get(cluster.port(0), "/push/info"));
            in.ping();
            assertThat(cluster.metric(0, "fanfare_newcomers_refused_total")).isEqualTo(1);
            in.close();
            Await.until(
                    "there is room again",
                    () -> RawHttp.get(cluster.port(0), "/push/info").status() == 200);
            assertThat(RawSession.of(cluster.port(0), "bob").poll().status()).isEqualTo(200);
        }
    }

    @Test
    void noMoreAreInThanMayHoweverManyAreOnTheirWayAtOnce() {
        int most = 10;
        int crowd = 60;
        AtomicInteger in = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_CONNECTIONS_MAX", Integer.toString(most)))) {
            WebSocketClient client =
                    cluster.vertx().createWebSocketClient(new WebSocketClientOptions().setMaxConnections(crowd));
            for (int i = 0; i < crowd; i++) {
                WebSocketConnectOptions options = new WebSocketConnectOptions()
                        .setHost("127.0.0.1")
                        .setPort(cluster.port(0))
                        .setURI("/push/websocket");
                TestSite.login("user-" + i).forEach(options::addHeader);
                client.connect(options)
                        .onSuccess(socket -> in.incrementAndGet())
                        .onFailure(failure -> refused.incrementAndGet());
            }
            Await.until("all have an answer", () -> in.get() + refused.get() == crowd);
            assertThat(in).hasValue(most);
            client.close();
            Await.until("they have left", () -> cluster.metric(0, "fanfare_connections{") == 0);
            assertThat(RawHttp.get(cluster.port(0), "/push/info").status()).isEqualTo(200);
        }
    }

    private static void assertFull(RawHttp.Answer refused) {
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("5");
    }

    /** Comes back when it is told to, at a moment of that second which is its own, as fanfare.js does. */
    private static void dial(
            Cluster cluster,
            WebSocketClient client,
            WebSocketConnectOptions options,
            Random random,
            Half half,
            boolean first) {
        half.attempts.incrementAndGet();
        client.connect(options)
                .onSuccess(socket -> {
                    half.in.incrementAndGet();
                    if (first) {
                        half.inAtOnce.incrementAndGet();
                    }
                })
                .onFailure(failure -> {
                    if (failure instanceof UpgradeRejectedException refused && refused.getStatus() == 503) {
                        long waitMs =
                                1_000 * Long.parseLong(refused.getHeaders().get("Retry-After"));
                        cluster.vertx()
                                .setTimer(
                                        waitMs + random.nextInt(1_000),
                                        timer -> dial(cluster, client, options, random, half, false));
                    } else {
                        half.surprises.add(failure);
                    }
                });
    }
}
