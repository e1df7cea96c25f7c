package fanfare.deploy.observability;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.DevCluster;
import fanfare.deploy.Server;
import fanfare.deploy.dev.JvmFlags;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import fanfare.testing.TestCertificate;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What operators see of a running cluster: the page of metrics is right, and nothing that asks for one asks in vain. */
@Timeout(180)
class ObservabilityIT {
    private static final String BROADCAST =
            "{\"to\":{\"broadcast\":true},\"namespace\":\"/a\",\"event\":\"e\",\"data\":1,\"receipt\":true}";

    /** What an expression asks for, in our rules: series of these names, perhaps with labels. */
    private static final Pattern SELECTOR =
            Pattern.compile("\\b(?:fanfare[_:][a-z0-9_:]+|jvm_\\w+|process_\\w+|up\\b)(?:\\{[^}]*\\})?");

    @TempDir
    private static Path folder;

    private static final Vertx VERTX = Vertx.vertx();
    private static final List<PushClient> CLIENTS = new ArrayList<>();
    private static DevCluster cluster;
    private static Server publisher;
    private static TestCertificate certificate;

    @BeforeAll
    static void start() throws Exception {
        cluster = DevCluster.start(2);
        startPublisher();
        for (PushTransport transport : PushTransport.values()) {
            for (int gateway = 0; gateway < 2; gateway++) {
                CLIENTS.add(enter(transport, gateway));
            }
        }
        assertThat(publish()).isEqualTo(200);
        // It counts what it has answered after the answer has gone out.
        Await.until("the request is counted", () -> RawHttp.get(publisher.managementPort(), "/metrics")
                .body()
                .contains("\nfanfare_http_requests_total{"));
    }

    @AfterAll
    static void stop() throws Exception {
        CLIENTS.forEach(PushClient::close);
        if (publisher != null) {
            publisher.close();
        }
        if (cluster != null) {
            cluster.close();
        }
        VERTX.close().await();
    }

    /** One with all there is: TLS, keys in a file, and a site that is told who comes and goes, if it listened. */
    private static void startPublisher() throws Exception {
        byte[] sha = MessageDigest.getInstance("SHA-256").digest("secret".getBytes(StandardCharsets.UTF_8));
        Path keys = Files.writeString(
                folder.resolve("keys"), "load, " + HexFormat.of().formatHex(sha) + ", publish:broadcast\n");
        Path secrets = Files.writeString(folder.resolve("secrets"), "whsec_" + "A".repeat(43) + "=\n");
        certificate = TestCertificate.make(folder, "publisher");
        publisher = Server.start(
                "publisher",
                folder,
                Server.Ports.free(),
                JvmFlags.start(Path.of(".."), "publisher-api", "-Xmx128m"),
                Map.of(
                        "FANFARE_REDIS_URL", "redis://127.0.0.1:" + cluster.port(6390),
                        "FANFARE_TLS_CERTIFICATE_FILE",
                                certificate.certificateFile().toString(),
                        "FANFARE_TLS_KEY_FILE", certificate.keyFile().toString(),
                        "FANFARE_KEYS_FILE", keys.toString(),
                        "FANFARE_WEBHOOK_URL", "http://127.0.0.1:" + RedisServer.freePort() + "/",
                        "FANFARE_WEBHOOK_SECRET_FILE", secrets.toString()));
        publisher.awaitReady();
        // Who comes now is news for the site.
        Await.until("it tells the site who comes", () -> RawHttp.get(publisher.managementPort(), "/metrics")
                .body()
                .contains("\nfanfare_webhook_owner 1.0\n"));
    }

    @Test
    void thePageHasEveryMetricAndNoOther() throws Exception {
        Path page = Path.of("METRICS.md");
        assertThat(Exposed.by(cluster.port(9081)))
                .containsExactlyInAnyOrderEntriesOf(Exposed.documented(page, "A gateway's", "Of both"));
        assertThat(Exposed.by(publisher.managementPort()))
                .containsExactlyInAnyOrderEntriesOf(
                        Exposed.documented(page, "A publisher's", "Of both", "Of both, with TLS"));
    }

    @Test
    void nothingIsAskedForInVain() throws Exception {
        try (Prometheus prometheus = Prometheus.start(
                folder,
                Map.of(
                        "gateway", List.of(cluster.port(9081), cluster.port(9082)),
                        "publisher-api", List.of(cluster.port(9090), publisher.managementPort())))) {
            Map<String, String> asked = panels();
            assertThat(asked).hasSizeGreaterThan(50);
            for (JsonObject rule : prometheus.rules()) {
                String name = rule.getString("name");
                if (rule.getString("type").equals("recording")) {
                    asked.put("rule " + name, name);
                }
                SELECTOR.matcher(rule.getString("query"))
                        .results()
                        .forEach(selector -> asked.put("rule " + name + ": " + selector.group(), selector.group()));
            }
            try {
                Await.until("all has data", () -> {
                    assertThat(publish()).isEqualTo(200);
                    // A rate of what was over before Prometheus came is none.
                    enter(PushTransport.RAW_WEBSOCKET, 0).close();
                    asked.values().removeIf(expression -> hasData(prometheus.query(expression)));
                    return asked.isEmpty();
                });
            } catch (AssertionError e) {
                throw new AssertionError("no data for " + asked, e);
            }
            assertThat(prometheus.rules()).hasSizeGreaterThan(30).allSatisfy(rule -> {
                assertThat(rule.getString("health")).as(rule.encode()).isEqualTo("ok");
                // Nothing is wrong with this cluster, or not for long enough.
                assertThat(rule.getString("state", "inactive"))
                        .as(rule.encode())
                        .isNotEqualTo("firing");
            });
        }
    }

    /** Every expression of the dashboard, by its panel, with Grafana's variables as Grafana would fill them in. */
    private static Map<String, String> panels() throws Exception {
        JsonObject dashboard = new JsonObject(Files.readString(Path.of("observability/dashboard.json")));
        Map<String, String> expressions = new TreeMap<>();
        for (Object each : dashboard.getJsonArray("panels")) {
            JsonObject panel = (JsonObject) each;
            for (Object target : panel.getJsonArray("targets", new JsonArray())) {
                String expression = ((JsonObject) target)
                        .getString("expr")
                        .replace("$__rate_interval", "15s")
                        .replace("$node", "127.0.0.1:(" + cluster.port(9081) + "|" + cluster.port(9082) + ")");
                assertThat(expression).doesNotContain("$");
                expressions.put(panel.getString("title") + " " + ((JsonObject) target).getString("refId"), expression);
            }
        }
        return expressions;
    }

    private static boolean hasData(JsonArray series) {
        return series.stream()
                .map(each -> ((JsonObject) each).getJsonArray("value").getString(1))
                .anyMatch(value -> !value.equals("NaN"));
    }

    /** A client of a user who has just logged in, welcome. */
    private static PushClient enter(PushTransport transport, int gateway) {
        String uri = "http://127.0.0.1:" + cluster.port(8081 + gateway);
        PushClient client = PushClient.connect(VERTX, transport, uri, login(transport.name()));
        client.awaitOpen().send("{\"type\":\"hello\"}").expectWelcome();
        return client;
    }

    private static Map<String, String> login(String user) {
        try (RawHttp site = RawHttp.to(cluster.port(8000))) {
            RawHttp.Answer answer = site.request(
                            "POST",
                            "/login",
                            "user=" + user,
                            "Host: 127.0.0.1",
                            "Content-Type: application/x-www-form-urlencoded",
                            "Accept: application/json")
                    .answer();
            return Map.of("Cookie", String.valueOf(answer.header("Set-Cookie")).replaceFirst(";.*", ""));
        }
    }

    private static int publish() {
        try (RawHttp caller = certificate.connect(publisher.port())) {
            return caller.request(
                            "POST",
                            "/v1/publish",
                            BROADCAST,
                            "Authorization: Bearer load.secret",
                            "Content-Type: application/json")
                    .answer()
                    .status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
