package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.check.Report;
import fanfare.config.RedisConfig;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class RedisCheckIT {
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
            run(vertx, "redis://:s3cret@127.0.0.1:" + server.port(), false);
            assertThat(lines())
                    .anyMatch(line -> line.endsWith("reached at 127.0.0.1:" + server.port()))
                    .anyMatch(line -> line.startsWith("warning  Redis: maxmemory-policy allkeys-lru"))
                    .noneMatch(line -> line.contains("s3cret"));
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
    void anOldServerAndAClusterAreRefused() {
        String info = "redis_version:%s\r\nredis_mode:%s\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n";
        assertThat(judged(info.formatted("6.0.16", "standalone"))).contains("error    Redis: version 6.0.16");
        assertThat(judged(info.formatted("10.0.1", "standalone"))).contains("ok       Redis: version 10.0.1");
        assertThat(judged(info.formatted("7.0.15", "cluster")))
                .contains("error    Redis: is a node of a Redis Cluster");
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
