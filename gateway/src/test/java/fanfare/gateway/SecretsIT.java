package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import fanfare.testing.TestCertificate;
import fanfare.testing.TestSite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever goes wrong, neither the log nor the command line has a secret in it. */
class SecretsIT {
    private static final String COOKIE = "Cookie: site_session=secret-cookie";

    @TempDir
    Path folder;

    @Test
    void nothingThatGoesWrongTellsASecret() throws IOException {
        TestCertificate certificate = TestCertificate.make(folder, "one");
        String keyLine = Files.readAllLines(certificate.keyFile()).get(1);
        try (Cluster cluster = Cluster.of(0);
                RedisServer redis = RedisServer.start("--requirepass", "right-secret")) {
            Map<String, String> settings = new HashMap<>(cluster.settings());
            settings.put("FANFARE_RELAY_PORT", Integer.toString(RedisServer.freePort()));
            settings.put(
                    "FANFARE_TLS_CERTIFICATE_FILE",
                    certificate.certificateFile().toString());
            settings.put("FANFARE_TLS_KEY_FILE", certificate.keyFile().toString());
            settings.put("FANFARE_REDIS_URL", "redis://user:wrong-secret@127.0.0.1:" + redis.port());
            try (GatewayProcess process = GatewayProcess.launch(settings, RedisServer.freePort())) {
                Await.until("it is refused by Redis", () -> process.output().contains("WRONGPASS"));
                Await.until("it listens", () -> process.output().contains(" listens on "));
                cluster.site().answer(request -> new TestSite.Answer(302, Map.of("Location", "/login"), ""));
                for (String path :
                        new String[] {"/push/websocket", "/push/000/aaaa/xhr", "/events?resume=secret-cookie"}) {
                    try (RawHttp http = certificate.connect(process.port())) {
                        http.request("GET", path, "", RawWebSocket.upgrade(COOKIE))
                                .head();
                    }
                }
                int relayPort = Integer.parseInt(settings.get("FANFARE_RELAY_PORT"));
                RawHttp.post(relayPort, "/push/000/aaaa/xhr", "", COOKIE, "Authorization: Bearer guessed-secret");
                process.terminate();
                process.exitCode();
                hasNone(process, keyLine);
            }
            // A password whose signs should have been escaped is no reason to quote it.
            settings.put("FANFARE_REDIS_URL", "redis://:wrong-secret/%zz@127.0.0.1:1");
            try (GatewayProcess process = GatewayProcess.launch(settings, RedisServer.freePort())) {
                assertThat(process.exitCode()).isEqualTo(2);
                hasNone(process, keyLine);
            }
        }
    }

    private static void hasNone(GatewayProcess process, String keyLine) throws IOException {
        assertThat(process.output())
                .contains("FANFARE_REDIS_URL")
                .doesNotContain(
                        "right-secret",
                        "wrong-secret",
                        "secret-cookie",
                        "guessed-secret",
                        Cluster.RELAY_SECRET,
                        keyLine);
        assertThat(process.commandLine()).isNotEmpty().doesNotContain("secret@", Cluster.RELAY_SECRET, keyLine);
    }
}
