package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The jar itself: starts, serves, says what is wrong with its settings, ends when told. */
class GatewayProcessIT {
    private Cluster cluster;

    @BeforeEach
    void start() {
        cluster = Cluster.of(0);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void servesAndEndsWhenTold() {
        try (GatewayProcess process = GatewayProcess.start(cluster.settings())) {
            PushClient client = PushClient.connect(
                    cluster.vertx(), PushTransport.XHR_STREAMING, "http://127.0.0.1:" + process.port(), login("alice"));
            client.awaitOpen().send("{\"type\":\"hello\"}").expectWelcome();
            cluster.publish(Channel.user("alice"), "hear", "1");
            client.expectEvent("hear");
            assertThat(RawHttp.get(process.managementPort(), "/livez").status()).isEqualTo(200);
            assertThat(RawHttp.get(process.managementPort(), "/readyz").status())
                    .isEqualTo(200);
            client.close();
            process.terminate();
            assertThat(process.exitCode()).isZero();
            assertThat(process.output()).contains("FANFARE_SITE_AUTH_URL").doesNotContain("\tat ");
        }
    }

    @Test
    void theLogIsJsonAndHasALineForEachConnection() {
        Map<String, String> settings = new HashMap<>(cluster.settings());
        settings.put("FANFARE_DRAIN_WINDOW", "100ms");
        try (GatewayProcess process = GatewayProcess.start(settings)) {
            String uri = "http://127.0.0.1:" + process.port();
            PushClient left =
                    PushClient.connect(cluster.vertx(), PushTransport.SOCKJS_WEBSOCKET, uri, login("unmistakable"));
            left.awaitOpen().send("{\"type\":\"hello\",\"x\":\"\u00e9\u20ac\"}").expectWelcome();
            cluster.publish(Channel.user("unmistakable"), "hear", "\"" + "x".repeat(100) + "\"");
            left.expectEvent("hear");
            left.close();
            Await.until("its line is there", () -> process.output().contains("connection ended"));
            PushClient stayed =
                    PushClient.connect(cluster.vertx(), PushTransport.RAW_WEBSOCKET, uri, login("unmistakable"));
            stayed.awaitOpen().send("{\"type\":\"hello\"}").expectWelcome();
            process.terminate();
            assertThat(process.exitCode()).isIn(0, 143);
            List<JsonObject> ends = process.output()
                    .lines()
                    .map(JsonObject::new)
                    .filter(line -> line.getString("message").equals("connection ended"))
                    .toList();
            assertThat(process.output()).doesNotContain("unmistakable");
            assertThat(ends).hasSize(2);
            JsonObject first = ends.get(0);
            assertThat(first.getString("level")).isEqualTo("INFO");
            assertThat(first.getString("transport")).isEqualTo("websocket");
            assertThat(first.getInteger("sent")).isEqualTo(2);
            assertThat(first.getInteger("sentBytes")).isGreaterThan(200);
            assertThat(first.getInteger("received")).isEqualTo(1);
            assertThat(first.getInteger("receivedBytes")).isEqualTo(28);
            assertThat(first.getLong("ageMs")).isNotNegative();
            // Long after the JDK has closed everybody else's log.
            JsonObject last = ends.get(1);
            assertThat(last.getInteger("code")).isEqualTo(4_001);
            assertThat(last.getString("reason")).isEqualTo("drain");
            assertThat(last.getString("transport")).isEqualTo("raw-websocket");
        }
    }

    @Test
    void anUnknownSettingStopsTheStartAndNamesTheNearest() {
        Map<String, String> settings = new HashMap<>(cluster.settings());
        settings.put("FANFARE_ANONYMUS", "allow");
        try (GatewayProcess process = GatewayProcess.launch(settings, RedisServer.freePort())) {
            assertThat(process.exitCode()).isNotZero();
            assertThat(process.output())
                    .contains("FANFARE_ANONYMUS", "FANFARE_ANONYMOUS")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void theSettingsAreCheckedWithoutAStart() {
        try (GatewayProcess process =
                GatewayProcess.launch(cluster.settings(), RedisServer.freePort(), "check-config")) {
            assertThat(process.exitCode()).isZero();
            assertThat(process.output())
                    .contains("\n  FANFARE_SITE_AUTH_URL ")
                    .contains("\nok       Redis: takes writes\n", "\nok       FANFARE_SITE_AUTH_URL: ")
                    .doesNotContain("error", "listens", "FANFARE_LISTEN_PORT:");
        }
        Map<String, String> settings = new HashMap<>(cluster.settings());
        settings.put("FANFARE_REDIS_URL", "redis://127.0.0.1:" + RedisServer.freePort());
        settings.put("FANFARE_SITE_AUTH_URL", "http://127.0.0.1:" + RedisServer.freePort());
        try (GatewayProcess process = GatewayProcess.launch(settings, RedisServer.freePort(), "check-config")) {
            assertThat(process.exitCode()).isEqualTo(1);
            assertThat(process.output())
                    .contains("\nerror    Redis: ", "\nerror    FANFARE_SITE_AUTH_URL: ")
                    .doesNotContain("\tat ");
        }
        settings.put("FANFARE_TRANSPORTS", "smoke");
        settings.put("FANFARE_LISTEN_HOST", "127.0.0.1");
        settings.put("FANFARE_RELAY_SECRET_FILE", "/nowhere/secret");
        try (GatewayProcess process = GatewayProcess.launch(settings, RedisServer.freePort(), "check-config")) {
            assertThat(process.exitCode()).isEqualTo(2);
            assertThat(process.output())
                    .contains("error    FANFARE_TRANSPORTS is 'smoke'", "error    FANFARE_RELAY_SECRET_FILE is ");
        }
    }

    @Test
    void aTakenPortIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            try (GatewayProcess process = GatewayProcess.launch(cluster.settings(), taken.getLocalPort())) {
                assertThat(process.exitCode()).isNotZero();
                assertThat(process.output()).contains("A port is taken: ").doesNotContain("\tat ");
            }
        }
    }
}
