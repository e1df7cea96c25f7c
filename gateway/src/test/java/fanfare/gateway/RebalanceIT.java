package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.TestSite;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;

/** One gateway has everybody, another one nobody, as after a scale-out. */
class RebalanceIT {
    private static final int BROWSERS = 60;
    /** Half of what one of two has too much. */
    private static final int FIRST_ROUND = BROWSERS / 4;

    private static final int LEASE_MS = 60_000;

    /** How often each browser was asked to move, by its number. */
    private final Map<Integer, Integer> asked = new ConcurrentHashMap<>();

    /** The test is over, and whoever was asked last need not go. */
    private final AtomicBoolean leaving = new AtomicBoolean();

    @Test
    void theCrowdedOneAsksSomeToGoAndTheyGoOnceEach() {
        Map<String, String> settings = Map.of("FANFARE_REBALANCE_AGE", "1s", "FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0");
        try (Cluster cluster = Cluster.of(2, settings)) {
            WebSocketClient client =
                    cluster.vertx().createWebSocketClient(new WebSocketClientOptions().setMaxConnections(BROWSERS));
            Context loop = cluster.vertx().getOrCreateContext();
            starting(cluster);
            loop.runOnContext(start -> {
                for (int i = 0; i < BROWSERS; i++) {
                    int browser = i;
                    connect(cluster, client, 0, i)
                            .onSuccess(socket -> socket.textMessageHandler(text -> {
                                JsonObject message = new JsonObject(text);
                                if ("reconnect".equals(message.getString("type"))) {
                                    assertThat(message.getString("reason")).isEqualTo("rebalance");
                                    asked.merge(browser, 1, Integer::sum);
                                    cluster.vertx().setTimer(1 + message.getLong("delay"), timer -> {
                                        if (!leaving.get()) {
                                            connect(cluster, client, 1, browser).onSuccess(moved -> socket.close());
                                        }
                                    });
                                }
                            }));
                }
            });
            Await.until("all are in", () -> sessions(cluster, 0) == BROWSERS);
            Await.until("the first have moved", () -> sessions(cluster, 1) >= FIRST_ROUND);
            assertThat(asked.values()).allMatch(count -> count == 1);
            assertThat(cluster.log().records())
                    .extracting(entry -> new SimpleFormatter().formatMessage(entry))
                    .contains("asking " + FIRST_ROUND + " of " + BROWSERS + " browsers to move: others have [0]");
            // Perhaps the second round has begun, for a quarter of the excess that there was.
            assertThat(asked.size()).isBetween(FIRST_ROUND, 2 * FIRST_ROUND);
            assertThat(cluster.metric(1, "fanfare_reconnects_asked_total{reason=\"rebalance\""))
                    .isZero();
            leaving.set(true);
            client.close();
            Await.until("they have left", () -> sessions(cluster, 0) + sessions(cluster, 1) == 0);
        }
    }

    /** Whoever was moved has just come, whatever carries it and whether it goes on from somewhere; so it is left alone. */
    @Test
    void nobodyIsAskedWhoCameAMomentAgo() {
        try (Cluster cluster = Cluster.of(2)) {
            List<PushClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                for (PushTransport transport : PushTransport.values()) {
                    clients.add(cluster.join(transport, 0, "user-" + i));
                }
            }
            PushClient resumed = cluster.connect(PushTransport.XHR, 0, TestSite.login("user-0"))
                    .awaitOpen();
            resumed.send(new JsonObject()
                    .put("type", "hello")
                    .put("resume", clients.get(0).token())
                    .encode());
            resumed.expectVerdict();
            Await.until("some are to move", () -> cluster.log().records().stream()
                    .anyMatch(entry ->
                            new SimpleFormatter().formatMessage(entry).startsWith("asking 7 of 29 browsers to move")));
            clients.forEach(PushClient::ping);
            resumed.ping();
            assertThat(cluster.metric(0, "fanfare_reconnects_asked_total{reason=\"rebalance\""))
                    .isZero();
        }
    }

    /** Leaves the lease of a gateway that is just starting: no browser can reach it yet. */
    private static void starting(Cluster cluster) {
        Keys keys = new Keys(cluster.redis().prefix());
        JsonObject state = new JsonObject().put("node", "starting").put("ready", false);
        cluster.redis(Command.SET, keys.node("starting"), state, "PX", LEASE_MS);
        cluster.redis(Command.ZADD, keys.nodes(), System.currentTimeMillis() + LEASE_MS, "starting");
    }

    private static double sessions(Cluster cluster, int gateway) {
        return cluster.metric(gateway, "fanfare_connections{");
    }

    private static Future<WebSocket> connect(Cluster cluster, WebSocketClient client, int gateway, int browser) {
        WebSocketConnectOptions options = new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(cluster.port(gateway))
                .setURI("/push/websocket?namespaces=/a");
        TestSite.login("user-" + browser).forEach(options::addHeader);
        return client.connect(options);
    }
}
