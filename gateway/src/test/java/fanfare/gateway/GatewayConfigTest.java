package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.config.ConfigException;
import fanfare.config.Env;
import fanfare.gateway.node.Balance;
import fanfare.gateway.node.Rebalance;
import fanfare.gateway.relay.RelayConfig;
import fanfare.gateway.sockjs.SockJsTransport;
import fanfare.process.LogFormat;
import fanfare.tls.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayConfigTest {
    private static final Map<String, String> LEAST = Map.of("FANFARE_SITE_AUTH_URL", "http://site/push/auth");

    @Test
    void defaults() {
        GatewayConfig config = GatewayConfig.from(new Env(LEAST));
        assertThat(config.listenHost()).isEqualTo("0.0.0.0");
        assertThat(config.listenPort()).isEqualTo(8080);
        assertThat(config.managementPort()).isEqualTo(9080);
        assertThat(config.nodeName()).isEqualTo("gateway");
        assertThat(config.transports()).isEqualTo(EnumSet.allOf(SockJsTransport.class));
        assertThat(config.session().queueBytesMax()).isEqualTo(1 << 20);
        assertThat(config.connectionsMax()).isZero();
        assertThat(config.handshakesMax()).isEqualTo(5_000);
        assertThat(config.connectionsPerUserMax()).isEqualTo(20);
        assertThat(config.rebalance()).isEqualTo(new Rebalance.Settings(new Balance(20, 50), Duration.ofMinutes(10)));
        assertThat(config.drainWindow()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.redisGrace()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.logFormat()).isEqualTo(LogFormat.AUTO);
        assertThat(config.connectionLogPerSecondMax()).isEqualTo(500);
        assertThat(config.parentPid()).isZero();
        assertThat(config.tls().isOn()).isFalse();
        assertThat(config.relay().port()).isEqualTo(7080);
        assertThat(config.relay().isOn()).isFalse();
    }

    @Test
    void theRelaysSecretIsReadAndNotShown(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("secret"), "0123456789abcdef\n");
        Map<String, String> values = new HashMap<>(LEAST);
        values.put("FANFARE_RELAY_HOST", "10.0.0.7");
        values.put("FANFARE_RELAY_PORT", "11");
        values.put("FANFARE_RELAY_SECRET_FILE", file.toString());
        RelayConfig relay = GatewayConfig.from(new Env(values)).relay();
        assertThat(relay).isEqualTo(new RelayConfig("10.0.0.7", 11, "0123456789abcdef"));
        assertThat(relay.toString()).contains("10.0.0.7:11").doesNotContain("0123456789abcdef");

        values.put("FANFARE_LISTEN_PORT", "11");
        assertThatThrownBy(() -> GatewayConfig.from(new Env(values)))
                .hasMessageContaining("FANFARE_RELAY_PORT is '11': it takes another port than FANFARE_LISTEN_PORT");

        Files.writeString(file, "too short");
        assertThatThrownBy(() -> GatewayConfig.from(new Env(values)))
                .hasMessageContaining("FANFARE_RELAY_SECRET_FILE")
                .hasMessageContaining("16");
        values.put("FANFARE_RELAY_SECRET_FILE", folder.resolve("none").toString());
        assertThatThrownBy(() -> GatewayConfig.from(new Env(values))).hasMessageContaining("cannot be read");
    }

    @Test
    void everySettingHasAName() {
        Map<String, String> values = new HashMap<>(LEAST);
        values.put("FANFARE_LISTEN_HOST", "127.0.0.2");
        values.put("FANFARE_LISTEN_PORT", "1");
        values.put("FANFARE_MANAGEMENT_PORT", "2");
        values.put("FANFARE_EVENT_LOOPS", "3");
        values.put("FANFARE_NODE_NAME", "n4");
        values.put("FANFARE_TRANSPORTS", "xhr, raw-websocket");
        values.put("FANFARE_SEND_QUEUE_BYTES_MAX", "5000");
        values.put("FANFARE_CONNECTIONS_MAX", "6");
        values.put("FANFARE_CONNECTIONS_PER_USER_MAX", "7");
        values.put("FANFARE_HANDSHAKES_MAX", "11");
        values.put("FANFARE_REBALANCE_SKEW", "12");
        values.put("FANFARE_REBALANCE_MAX", "13");
        values.put("FANFARE_REBALANCE_AGE", "14m");
        values.put("FANFARE_DRAIN_WINDOW", "8s");
        values.put("FANFARE_REDIS_GRACE", "9s");
        values.put("FANFARE_LOG_FORMAT", "text");
        values.put("FANFARE_CONNECTION_LOG_PER_SECOND_MAX", "11");
        values.put("FANFARE_PARENT_PID", "10");
        values.put("FANFARE_TLS_CERTIFICATE_FILE", "/tls.crt");
        values.put("FANFARE_TLS_KEY_FILE", "/tls.key");
        GatewayConfig config = GatewayConfig.from(new Env(values));
        assertThat(config.listenHost()).isEqualTo("127.0.0.2");
        assertThat(config.listenPort()).isEqualTo(1);
        assertThat(config.managementPort()).isEqualTo(2);
        assertThat(config.eventLoops()).isEqualTo(3);
        assertThat(config.nodeName()).isEqualTo("n4");
        assertThat(config.transports()).isEqualTo(EnumSet.of(SockJsTransport.XHR, SockJsTransport.RAW_WEBSOCKET));
        assertThat(config.session().queueBytesMax()).isEqualTo(5_000);
        assertThat(config.connectionsMax()).isEqualTo(6);
        assertThat(config.handshakesMax()).isEqualTo(11);
        assertThat(config.connectionsPerUserMax()).isEqualTo(7);
        assertThat(config.rebalance()).isEqualTo(new Rebalance.Settings(new Balance(12, 13), Duration.ofMinutes(14)));
        assertThat(config.drainWindow()).isEqualTo(Duration.ofSeconds(8));
        assertThat(config.redisGrace()).isEqualTo(Duration.ofSeconds(9));
        assertThat(config.logFormat()).isEqualTo(LogFormat.TEXT);
        assertThat(config.connectionLogPerSecondMax()).isEqualTo(11);
        assertThat(config.parentPid()).isEqualTo(10);
        assertThat(config.tls()).isEqualTo(new TlsConfig("/tls.crt", "/tls.key"));
    }

    @Test
    void allMistakesAreToldAtOnce() {
        Map<String, String> values = Map.of(
                "FANFARE_LISTEN_PORT", "x",
                "FANFARE_TRANSPORTS", "smoke",
                "FANFARE_NODE_NAME", "a b",
                "FANFARE_TLS_CERTIFICATE_FILE", "/tls.crt",
                "FANFARE_REDIS_CA_FILE", "/ca.crt",
                "FANFARE_ALLOWED_ORIGIN", "*");
        assertThatThrownBy(() -> GatewayConfig.from(new Env(values)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("FANFARE_SITE_AUTH_URL is not set")
                .hasMessageContaining("FANFARE_LISTEN_PORT is 'x'")
                .hasMessageContaining("FANFARE_TRANSPORTS is 'smoke'")
                .hasMessageContaining("FANFARE_NODE_NAME is 'a b'")
                .hasMessageContaining("FANFARE_TLS_KEY_FILE is '': certificate and key go together")
                .hasMessageContaining("FANFARE_REDIS_CA_FILE is '/ca.crt': FANFARE_REDIS_URL says nothing of TLS")
                .hasMessageContaining("did you mean FANFARE_ALLOWED_ORIGINS");
    }

    @Test
    void theReadmeHasEverySettingAndNoOther() throws IOException {
        Env env = new Env(LEAST);
        GatewayConfig.from(env);
        List<String> documented = Files.readAllLines(Path.of("README.md")).stream()
                .filter(line -> line.startsWith("| `FANFARE_"))
                .map(line -> line.substring(3, line.indexOf('`', 3)))
                .toList();
        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(env.settings().keySet());
    }
}
