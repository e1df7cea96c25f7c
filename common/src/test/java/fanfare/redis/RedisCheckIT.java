package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.check.Report;
import fanfare.config.Env;
import fanfare.config.RedisConfig;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.junit5.VertxExtension;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(VertxExtension.class)
class RedisCheckIT {
    /** The JDK's own setting, since Fanfare has none: whom the machine trusts may be Redis. */
    private static final String TRUST_STORE = "javax.net.ssl.trustStore";

    private static final String PASSWORD = "changeit";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Report report = new Report(new PrintStream(out, true, StandardCharsets.UTF_8));

    @Test
    void aServerThatWillDo(Vertx vertx) throws Exception {
        run(vertx, RedisServer.shared().url(), false);
        assertThat(lines())
                .allMatch(line -> line.startsWith("ok       Redis: "))
                .anyMatch(line -> line.endsWith(
                        "reached at 127.0.0.1:" + RedisServer.shared().port()))
                .anyMatch(line -> line.matches(".*version \\d+\\.\\d+\\..*"))
                .anyMatch(line -> line.endsWith("maxmemory-policy noeviction"))
                .anyMatch(line -> line.endsWith("a master with 0 replicas"))
                .anyMatch(line -> line.endsWith("takes writes"));
        assertThat(report.exitCode()).isZero();
    }

    @Test
    void whoReliesOnReplicasIsToldOfTheirLack(Vertx vertx) throws Exception {
        run(vertx, RedisServer.shared().url(), true);
        assertThat(lines()).anyMatch(line -> line.startsWith("warning  Redis: a master without replicas"));
        assertThat(report.exitCode()).isZero();
    }

    @Test
    void aPasswordIsNeededAndTold(Vertx vertx) throws Exception {
        try (RedisServer server = RedisServer.start("--requirepass", "s3cret", "--maxmemory-policy", "allkeys-lru")) {
            run(vertx, server.url(), false);
            assertThat(lines()).singleElement().satisfies(line -> assertThat(line)
                    .startsWith("error    Redis: cannot be reached, correct FANFARE_REDIS_URL")
                    .contains("NOAUTH"));
            assertThat(report.exitCode()).isEqualTo(1);
            out.reset();
            run(vertx, "redis://:s3cret@127.0.0.1:" + server.port() + "/0", false);
            assertThat(lines())
                    .anyMatch(line -> line.endsWith("reached at 127.0.0.1:" + server.port()))
                    .anyMatch(line -> line.startsWith("warning  Redis: maxmemory-policy allkeys-lru"))
                    .noneMatch(line -> line.contains("s3cret"));
        }
    }

    @Test
    void aPlusInAPasswordIsOne(Vertx vertx) throws Exception {
        try (RedisServer server = RedisServer.start("--requirepass", "s3+c ret")) {
            for (String password : List.of("s3+c%20ret", "s3%2Bc%20ret")) {
                Env env = new Env(Map.of("FANFARE_REDIS_URL", "redis://:" + password + "@127.0.0.1:" + server.port()));
                run(vertx, env.check(RedisConfig.from(env)).url(), false);
                assertThat(lines()).contains("ok       Redis: takes writes");
                out.reset();
            }
        }
    }

    @Test
    void nobodyThere(Vertx vertx) throws Exception {
        run(vertx, "redis://127.0.0.1:" + RedisServer.freePort(), false);
        assertThat(lines()).singleElement().satisfies(line -> assertThat(line)
                .startsWith("error    Redis: cannot be reached"));
        assertThat(report.exitCode()).isEqualTo(1);
    }

    @Test
    void sentinelsAndAReplica(Vertx vertx) throws Exception {
        try (RedisTrio trio = RedisTrio.start(1)) {
            run(vertx, trio.url(), false);
            assertThat(lines())
                    .anyMatch(line ->
                            line.endsWith("reached at 127.0.0.1:" + trio.first().port()))
                    .anyMatch(line -> line.startsWith("warning  Redis: ") && line.contains("min-replicas-to-write 1"));
            RedisTrio.ask(trio.first(), "CONFIG", "SET", "min-replicas-to-write", "1");
            out.reset();
            run(vertx, trio.url(), false);
            assertThat(lines()).anyMatch(line -> line.equals("ok       Redis: a master with 1 replica"));
            assertThat(report.exitCode()).isZero();

            RedisTrio.ask(trio.first(), "CONFIG", "SET", "min-replicas-to-write", "2");
            out.reset();
            run(vertx, trio.url(), false);
            assertThat(lines()).anyMatch(line -> line.startsWith("error    Redis: does not take writes: NOREPLICAS"));

            out.reset();
            run(vertx, trio.replicas().get(0).url(), false);
            assertThat(lines())
                    .anyMatch(line -> line.startsWith("error    Redis: is a replica of 127.0.0.1, port "
                            + trio.first().port()));

            out.reset();
            run(vertx, trio.url().replaceFirst("/fanfare$", "/other"), false);
            assertThat(lines()).singleElement().satisfies(line -> assertThat(line)
                    .endsWith("no sentinel knows a master other"));
        }
    }

    @Test
    void aServerBehindTlsIsTakenIfItsCertificateIsTrustedAndNamesIt(Vertx vertx, @TempDir Path folder)
            throws Exception {
        Path store = folder.resolve("redis.p12");
        certify("localhost", store);
        int port = tls(vertx, store).actualPort();
        run(vertx, "rediss://localhost:" + port, false);
        assertThat(report.exitCode()).isEqualTo(1);
        assertThat(lines()).singleElement().satisfies(line -> assertThat(line).contains("PKIX"));

        out.reset();
        System.setProperty(TRUST_STORE, store.toString());
        System.setProperty(TRUST_STORE + "Password", PASSWORD);
        try {
            run(vertx, "rediss://localhost:" + port, false);
            assertThat(lines()).anyMatch(line -> line.equals("ok       Redis: takes writes"));
            out.reset();
            run(vertx, "rediss://127.0.0.1:" + port, false);
            assertThat(lines()).singleElement().satisfies(line -> assertThat(line)
                    .startsWith("error    Redis: "));
        } finally {
            System.clearProperty(TRUST_STORE);
            System.clearProperty(TRUST_STORE + "Password");
        }
    }

    @Test
    void anOldServerAndAClusterAreRefused() {
        String info = "redis_version:%s\r\nredis_mode:%s\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n";
        assertThat(judged(info.formatted("6.0.16", "standalone"))).contains("error    Redis: version 6.0.16");
        assertThat(judged(info.formatted("10.0.1", "standalone"))).contains("ok       Redis: version 10.0.1");
        assertThat(judged(info.formatted("7.0.15", "cluster")))
                .contains("error    Redis: is a server of a Redis Cluster");
    }

    private static void certify(String host, Path store) throws Exception {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
    }

    /** The shared server behind TLS, since not every Redis is built with it. */
    private static NetServer tls(Vertx vertx, Path store) throws Exception {
        NetClient plain = vertx.createNetClient();
        return vertx.createNetServer(new NetServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(
                                new PfxOptions().setPath(store.toString()).setPassword(PASSWORD)))
                .connectHandler(socket -> {
                    socket.pause();
                    plain.connect(RedisServer.shared().port(), "127.0.0.1").onSuccess(redis -> {
                        socket.pipeTo(redis);
                        redis.pipeTo(socket);
                    });
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    private String judged(String info) {
        out.reset();
        new RedisCheck(new RedisConfig("redis://h:1", "p:"), false, report).judge(info);
        return out.toString(StandardCharsets.UTF_8);
    }

    private void run(Vertx vertx, String url, boolean replicated) throws Exception {
        RedisCheck.run(vertx, new RedisConfig(url, "check:"), replicated, report)
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    private List<String> lines() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
