package fanfare.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.broker.BrokerLimits;
import fanfare.broker.Durability;
import fanfare.config.ConfigException;
import fanfare.config.Env;
import fanfare.config.RedisConfig;
import fanfare.process.LogFormat;
import fanfare.publisher.auth.Rate;
import fanfare.publisher.webhook.WebhookConfig;
import fanfare.tls.TlsConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublisherConfigTest {
    @Test
    void defaults() {
        assertThat(PublisherConfig.from(new Env(Map.of("FANFARE_KEYS_FILE", "/keys"))))
                .isEqualTo(new PublisherConfig(
                        "0.0.0.0",
                        8090,
                        9090,
                        new TlsConfig("", ""),
                        0,
                        "/keys",
                        null,
                        Durability.MASTER,
                        Duration.ofHours(1),
                        64 << 20,
                        new Rate(100_000, 200_000),
                        new RedisConfig("redis://127.0.0.1:6379", "fanfare:"),
                        BrokerLimits.defaults(),
                        null,
                        LogFormat.AUTO));
    }

    @Test
    void twoPortsAreNotOne() {
        Map<String, String> values = new TreeMap<>(Map.of("FANFARE_KEYS_FILE", "/keys", "FANFARE_LISTEN_PORT", "9090"));
        assertThatThrownBy(() -> PublisherConfig.from(new Env(values)))
                .hasMessageContaining("FANFARE_MANAGEMENT_PORT")
                .hasMessageContaining("another port than FANFARE_LISTEN_PORT");
        values.put("FANFARE_LISTEN_PORT", "0");
        values.put("FANFARE_MANAGEMENT_PORT", "0");
        assertThat(PublisherConfig.from(new Env(values)).managementPort()).isZero();
    }

    @Test
    void everySettingHasAName(@TempDir Path folder) throws IOException {
        Path password = Files.writeString(folder.resolve("password"), "secret");
        Map<String, String> values = new TreeMap<>();
        values.put("FANFARE_LISTEN_HOST", "127.0.0.2");
        values.put("FANFARE_LISTEN_PORT", "1");
        values.put("FANFARE_MANAGEMENT_PORT", "2");
        values.put("FANFARE_TLS_CERTIFICATE_FILE", "/tls.crt");
        values.put("FANFARE_TLS_KEY_FILE", "/tls.key");
        values.put("FANFARE_PARENT_PID", "3");
        values.put("FANFARE_KEYS_FILE", "/keys");
        values.put("FANFARE_DEV_KEY", "dev.secret");
        values.put("FANFARE_DURABILITY", "replicated");
        values.put("FANFARE_RATE_LIMIT", "7");
        values.put("FANFARE_RATE_BURST", "8");
        values.put("FANFARE_REDIS_URL", "rediss://h:1");
        values.put("FANFARE_REDIS_CA_FILE", "pom.xml");
        values.put("FANFARE_REDIS_PASSWORD_FILE", password.toString());
        values.put("FANFARE_REDIS_PREFIX", "p:");
        values.put("FANFARE_INBOX_TTL", "1h");
        values.put("FANFARE_INBOX_ITEMS_MAX", "5");
        values.put("FANFARE_LOG_ITEMS_MAX", "6");
        values.put("FANFARE_LOG_BYTES_MAX", "200000");
        values.put("FANFARE_RECEIPT_TTL", "7m");
        values.put("FANFARE_BODY_BYTES_PENDING_MAX", "20000000");
        values.put("FANFARE_DEDUPE_WINDOW", "5m");
        values.put("FANFARE_OUTBOX_BYTES_MAX", "2000000");
        values.put("FANFARE_WEBHOOK_URL", "https://site/hooks?a=b");
        values.put("FANFARE_WEBHOOK_SECRET_FILE", "/secrets");
        values.put("FANFARE_WEBHOOK_BATCH_MAX", "7");
        values.put("FANFARE_WEBHOOK_TIMEOUT", "2s");
        values.put("FANFARE_WEBHOOK_RETRY_MAX", "5m");
        values.put("FANFARE_LOG_FORMAT", "json");
        Env env = new Env(values);
        assertThat(PublisherConfig.from(env))
                .isEqualTo(new PublisherConfig(
                        "127.0.0.2",
                        1,
                        2,
                        new TlsConfig("/tls.crt", "/tls.key"),
                        3,
                        "/keys",
                        "dev.secret",
                        Durability.REPLICATED,
                        Duration.ofMinutes(7),
                        20_000_000,
                        new Rate(7, 8),
                        new RedisConfig("rediss://:secret@h:1", "p:", "pom.xml"),
                        new BrokerLimits(Duration.ofHours(1), 5, 6, 200_000, Duration.ofMinutes(5), 2_000_000),
                        new WebhookConfig(
                                URI.create("https://site/hooks?a=b"),
                                "/secrets",
                                7,
                                Duration.ofSeconds(2),
                                Duration.ofMinutes(5)),
                        LogFormat.JSON));
        assertThat(env.settings().keySet()).isEqualTo(values.keySet());
        assertThat(env.table()).doesNotContain("dev.secret");
    }

    @Test
    void allMistakesAreToldAtOnce() {
        Map<String, String> values = Map.of(
                "FANFARE_LISTEN_PORT", "80900",
                "FANFARE_DEV_KEY", "secret",
                "FANFARE_DURABILITY", "best",
                "FANFARE_KEY_FILE", "/keys");
        assertThatThrownBy(() -> PublisherConfig.from(new Env(values)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("FANFARE_LISTEN_PORT")
                .hasMessageContaining("keyId.secret")
                .hasMessageContaining("loopback")
                .hasMessageContaining("FANFARE_DURABILITY")
                .hasMessageContaining("did you mean FANFARE_KEYS_FILE");
    }

    @Test
    void webhooksAreOffUnlessTheyHaveAnAddressAndASecret() {
        Map<String, String> values = new TreeMap<>(Map.of("FANFARE_KEYS_FILE", "/keys"));
        values.put("FANFARE_WEBHOOK_SECRET_FILE", "/secrets");
        assertThatThrownBy(() -> PublisherConfig.from(new Env(values)))
                .hasMessage("FANFARE_WEBHOOK_SECRET_FILE is '/secrets': there is no FANFARE_WEBHOOK_URL to send to");
        for (String url :
                List.of("site/hooks", "ftp://site/", "http://user:word@site/", "http://site/#a", "http:///")) {
            values.put("FANFARE_WEBHOOK_URL", url);
            assertThatThrownBy(() -> PublisherConfig.from(new Env(values)))
                    .hasMessageContaining("FANFARE_WEBHOOK_URL is '")
                    .hasMessageNotContaining("word");
        }
        values.put("FANFARE_WEBHOOK_URL", "http://site/");
        values.put("FANFARE_WEBHOOK_BATCH_MAX", "1001");
        values.put("FANFARE_WEBHOOK_TIMEOUT", "31s");
        values.put("FANFARE_WEBHOOK_RETRY_MAX", "0s");
        values.remove("FANFARE_WEBHOOK_SECRET_FILE");
        assertThatThrownBy(() -> PublisherConfig.from(new Env(values)))
                .hasMessageContaining("FANFARE_WEBHOOK_SECRET_FILE")
                .hasMessageContaining("FANFARE_WEBHOOK_BATCH_MAX")
                .hasMessageContaining("FANFARE_WEBHOOK_TIMEOUT")
                .hasMessageContaining("FANFARE_WEBHOOK_RETRY_MAX");
    }

    @Test
    void withoutAnyKeyThereIsNoStart() {
        assertThatThrownBy(() -> PublisherConfig.from(new Env(Map.of()))).hasMessageContaining("FANFARE_KEYS_FILE");
    }

    @Test
    void theReadmeListsEverySettingWithItsDefault() throws IOException {
        Env env = new Env(Map.of("FANFARE_DEV_KEY", "dev.secret", "FANFARE_LISTEN_HOST", "127.0.0.1"));
        PublisherConfig.from(env);
        Map<String, String> settings = new TreeMap<>(env.settings());
        settings.put("FANFARE_DEV_KEY", "");
        settings.put("FANFARE_LISTEN_HOST", "0.0.0.0");
        Matcher row = Pattern.compile("^\\| `(FANFARE_\\w+)` \\| (?:`([^`]*)`|none) \\|", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("README.md")));
        Map<String, String> listed = new TreeMap<>();
        while (row.find()) {
            listed.put(row.group(1), row.group(2) == null ? "" : row.group(2));
        }
        assertThat(listed).isEqualTo(settings);
    }
}
