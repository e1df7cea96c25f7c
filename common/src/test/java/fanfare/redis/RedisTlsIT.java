package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.check.Report;
import fanfare.config.RedisConfig;
import fanfare.testing.Await;
import fanfare.testing.RedisCluster;
import fanfare.testing.RedisServer;
import fanfare.testing.TestCertificate;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A real Redis that speaks TLS, and certificates that are to be trusted or not. */
@ExtendWith(VertxExtension.class)
class RedisTlsIT {
    private static final String PASSWORD = "a-password";

    @TempDir
    Path folder;

    private final int tlsPort = RedisServer.freePort();
    private final List<RedisServer> servers = new ArrayList<>();
    private final List<RedisLink> links = new ArrayList<>();
    private Vertx vertx;
    private Context loop;
    private TestCertificate certificate;
    private TestCertificate other;

    @BeforeEach
    void make(Vertx vertx) {
        this.vertx = vertx;
        loop = vertx.getOrCreateContext();
        certificate = TestCertificate.make(folder, "redis");
        other = TestCertificate.make(folder, "other");
    }

    @AfterEach
    void stop() {
        loop.runOnContext(turn -> links.forEach(RedisLink::close));
        servers.forEach(RedisServer::close);
    }

    @Test
    void aChangedCertificateOfTheAuthorityCountsForTheNextConnection() {
        Path caFile = folder.resolve("ca.crt");
        TestCertificate.put(other.certificateFile(), caFile);
        start(certificate);
        RedisConfig config = config("rediss://:" + PASSWORD + "@127.0.0.1:" + tlsPort, caFile);
        assertThat(check(config))
                .contains("error    Redis: cannot be reached", "PKIX path")
                .doesNotContain(PASSWORD, "\tat ");

        RedisLink link = link(config);
        TestCertificate.put(certificate.certificateFile(), caFile);

        Await.until("the link is up", link::isUp);
        assertThat(check(config)).contains("ok       Redis: takes writes");
    }

    @Test
    void aServerOfAnotherNameIsRefused() {
        TestCertificate elsewhere = TestCertificate.make(folder, "elsewhere", "-ext", "SAN=dns:elsewhere.example");
        start(elsewhere);
        assertThat(check(config("rediss://:" + PASSWORD + "@127.0.0.1:" + tlsPort, elsewhere.certificateFile())))
                .contains("error    Redis: cannot be reached", "127.0.0.1");
    }

    @Test
    void whoIsNotTrustedByTheJdkNeedsTheFile() {
        start(certificate);
        RedisConfig config = new RedisConfig("rediss://:" + PASSWORD + "@127.0.0.1:" + tlsPort, "test:");
        assertThat(check(config)).contains("error    Redis: cannot be reached", "PKIX path");
    }

    @Test
    void sentinelsSpeakItToo() {
        int sentinelPort = RedisServer.freePort();
        String monitor = "sentinel monitor m 127.0.0.1 " + tlsPort + " 1\nsentinel auth-pass m " + PASSWORD + "\n";
        String tls = "tls-port " + sentinelPort + "\ntls-replication yes\n"
                + String.join("\n", options(certificate))
                        .replaceAll("--(\\S+)\n", "$1 ")
                        .replace("--", "") + "\n";
        start(certificate);
        servers.add(RedisServer.sentinel(RedisServer.freePort(), folder, tls + monitor));

        RedisLink link = link(config(
                "rediss-sentinel://:" + PASSWORD + "@127.0.0.1:" + sentinelPort + "/m", certificate.certificateFile()));

        Await.until("the link is up", link::isUp);
    }

    @Test
    void soDoTheServersOfACluster() {
        try (RedisCluster cluster =
                RedisCluster.ofTlsMasters(3, options(certificate).toArray(String[]::new))) {
            RedisConfig config = config(cluster.url(), certificate.certificateFile());
            RedisLinks all = await(() -> Future.succeededFuture(RedisLinks.open(
                    vertx,
                    Shards.of(vertx, config),
                    "test",
                    () -> 0.1,
                    new SimpleMeterRegistry(),
                    new RedisLinks.Listener() {})));
            Await.until(
                    "all shards are reached",
                    () -> all.all().size() == 3 && all.all().stream().allMatch(RedisLink::isUp));
            for (int number = 0; number < 20; number++) {
                String key = "key" + number;
                assertThat(await(() ->
                                all.send(key, Request.cmd(Command.SET).arg(key).arg(1))))
                        .hasToString("OK");
            }
            assertThat(check(config)).contains("ok       Redis: takes writes");
            await(all::close);
        }
    }

    private <T> T await(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }

    private void start(TestCertificate shown) {
        List<String> options = new ArrayList<>(options(shown));
        options.addAll(List.of("--tls-port", Integer.toString(tlsPort), "--requirepass", PASSWORD));
        servers.add(RedisServer.start(options.toArray(String[]::new)));
    }

    private static List<String> options(TestCertificate shown) {
        return List.of(
                "--tls-cert-file",
                shown.certificateFile().toString(),
                "--tls-key-file",
                shown.keyFile().toString(),
                "--tls-ca-cert-file",
                shown.certificateFile().toString(),
                "--tls-auth-clients",
                "no");
    }

    private static RedisConfig config(String url, Path caFile) {
        return new RedisConfig(url, "test:", caFile.toString());
    }

    /** What an operator is told. */
    private String check(RedisConfig config) {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        Await.result(
                RedisCheck.run(vertx, config, false, new Report(new PrintStream(told, true, StandardCharsets.UTF_8))));
        return told.toString(StandardCharsets.UTF_8);
    }

    private RedisLink link(RedisConfig config) {
        CompletableFuture<RedisLink> opened = new CompletableFuture<>();
        loop.runOnContext(turn -> {
            RedisLink link = new RedisLink(
                    vertx,
                    Masters.of(vertx, config, Masters.LOOK_MS),
                    "test",
                    () -> 0.1,
                    new SimpleMeterRegistry(),
                    new RedisLink.Listener() {});
            link.open();
            links.add(link);
            opened.complete(link);
        });
        return opened.orTimeout(20, TimeUnit.SECONDS).join();
    }
}
