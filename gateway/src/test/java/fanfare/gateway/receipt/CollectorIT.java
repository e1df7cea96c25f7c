package fanfare.gateway.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.config.RedisConfig;
import fanfare.receipt.ReceiptWriter;
import fanfare.receipt.Report;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RedisCluster;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class CollectorIT {
    /** More than go in three flushes. */
    private static final int RECEIPTS = 350;

    private static final List<Report> REPORT = List.of(new Report.Held(Report.place(Channel.user("42"), 1), 1, 1));

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private Context loop;
    private Keys keys;
    private RedisLinks redis;
    private Collector collector;

    @AfterEach
    void close() {
        run(loop, redis::close);
    }

    /** A gateway that stops sees many sessions end at once, and nobody flushes after it. */
    @Test
    void whatWaitsAtTheEndReachesRedisHoweverMuchItIs(Vertx vertx) throws Exception {
        open(vertx, RedisServer.shared());
        run(loop, () -> {
            add(RECEIPTS);
            return collector.finish();
        });
        for (int i = 0; i < RECEIPTS; i++) {
            assertThat(isThere(i)).isTrue();
        }
    }

    @Test
    void whatRedisRefusesJustNowIsTriedUntilItTakesIt(Vertx vertx) throws Exception {
        try (RedisServer server = RedisServer.start("--min-replicas-to-write", "1")) {
            open(vertx, server);
            run(loop, () -> {
                add(1);
                return collector.finish();
            });
            assertThat(isThere(0)).isFalse();
            run(
                    loop,
                    () -> redis.send(
                            "",
                            Request.cmd(Command.CONFIG)
                                    .arg("SET")
                                    .arg("min-replicas-to-write")
                                    .arg(0)));
            Await.until("the report is there", () -> isThere(0));
            assertThat(metrics.get("fanfare_receipt_reports_dropped_total")
                            .counter()
                            .count())
                    .isZero();
        }
    }

    @Test
    void whatTheOtherShardsAreToKnowDoesNotWaitForOneThatIsGone(Vertx vertx) throws Exception {
        try (RedisCluster cluster = RedisCluster.ofMasters(3)) {
            open(vertx, cluster.url());
            int gone = ofShard(cluster, 0);
            int alive = ofShard(cluster, 1);
            Await.until("both shards can be asked", () -> canBeAsked(gone) && canBeAsked(alive));
            cluster.master(0).kill();
            for (int reports = 1; reports <= 2; reports++) {
                run(loop, () -> {
                    collector.add(Map.of(receipt("id" + gone), REPORT));
                    return collector.finish();
                });
            }
            run(loop, () -> {
                collector.add(Map.of(receipt("id" + alive), REPORT));
                return collector.finish();
            });
            assertThat(isThere(alive)).isTrue();
            cluster.master(0).restart();
            Await.until("what waited for the shard is there, in its order", () -> "2".equals(sessions(gone)));
        }
    }

    private boolean canBeAsked(int receipt) {
        return run(loop, () -> Future.succeededFuture(redis.isUp(keys.receipt("id" + receipt))));
    }

    /** One whose receipt is in this shard. */
    private int ofShard(RedisCluster cluster, int shard) {
        return IntStream.iterate(0, number -> number + 1)
                .filter(number -> cluster.ownerOf(keys.receipt("id" + number)) == shard)
                .findFirst()
                .orElseThrow();
    }

    private void open(Vertx vertx, RedisServer server) throws Exception {
        open(vertx, server.url());
    }

    private void open(Vertx vertx, String url) throws Exception {
        RedisConfig config = new RedisConfig(url, "test-" + UUID.randomUUID() + ":");
        keys = new Keys(config.prefix());
        loop = vertx.getOrCreateContext();
        redis = run(
                loop,
                () -> Future.succeededFuture(RedisLinks.open(
                        vertx,
                        Shards.of(vertx, config),
                        "receipts",
                        () -> 0.5,
                        metrics,
                        new RedisLinks.Listener() {})));
        Await.until("the link is up", redis::isUp);
        collector = new Collector(
                vertx,
                new ReceiptWriter(redis, keys),
                new Collector.Room(ReceiptLimits.of(RECEIPTS), metrics),
                "g1",
                "node",
                System::currentTimeMillis);
    }

    private void add(int receipts) {
        Map<Receipt, List<Report>> seen = new HashMap<>();
        for (int i = 0; i < receipts; i++) {
            seen.put(receipt("id" + i), REPORT);
        }
        collector.add(seen);
    }

    private boolean isThere(int receipt) {
        String key = keys.receipt("id" + receipt);
        return run(loop, () -> redis.send(key, Request.cmd(Command.EXISTS).arg(key)))
                        .toInteger()
                == 1;
    }

    /** How many sessions the receipt says were there; empty while nobody can say. */
    private String sessions(int receipt) {
        String key = keys.receipt("id" + receipt);
        Request held = Request.cmd(Command.HGET).arg(key).arg("held " + Channel.user("42") + " node");
        return run(loop, () -> redis.send(key, held).map(Objects::toString).otherwise(""))
                .split(" ", -1)[0];
    }

    private static Receipt receipt(String id) {
        long now = System.currentTimeMillis();
        Item item = new Item(new Position(1, 1), null, now, now, id, "/n", 60, Buffer.buffer("{}"));
        return Objects.requireNonNull(Receipt.of(Channel.user("42"), item));
    }

    private static <T> T run(Context loop, Supplier<Future<T>> work) {
        return Await.on(loop, work);
    }
}
