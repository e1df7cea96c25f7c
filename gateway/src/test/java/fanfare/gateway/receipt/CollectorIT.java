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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class CollectorIT {
    /** More than go in three flushes. */
    private static final int RECEIPTS = 350;

    /** A gateway that stops sees many sessions end at once, and nobody flushes after it. */
    @Test
    void whatWaitsAtTheEndReachesRedisHoweverMuchItIs(Vertx vertx) throws Exception {
        RedisConfig config = new RedisConfig(RedisServer.shared().url(), "test-" + UUID.randomUUID() + ":");
        Keys keys = new Keys(config.prefix());
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        Context loop = vertx.getOrCreateContext();
        RedisLinks redis = run(
                loop,
                () -> Future.succeededFuture(RedisLinks.open(
                        vertx,
                        Shards.of(vertx, config),
                        "receipts",
                        () -> 0.5,
                        metrics,
                        new RedisLinks.Listener() {})));
        Await.until("the link is up", redis::isUp);
        Collector collector = new Collector(
                vertx,
                new ReceiptWriter(redis, keys),
                new Collector.Room(ReceiptLimits.of(RECEIPTS), metrics),
                "g1",
                "node",
                System::currentTimeMillis);
        run(loop, () -> {
            Map<Receipt, List<Report>> seen = new HashMap<>();
            for (int i = 0; i < RECEIPTS; i++) {
                seen.put(receipt("id" + i), List.of(new Report.Held(Report.place(Channel.user("42"), 1), 1, 1)));
            }
            collector.add(seen);
            return collector.finish();
        });
        for (int i = 0; i < RECEIPTS; i++) {
            String key = keys.receipt("id" + i);
            assertThat(run(
                                    loop,
                                    () -> redis.send(
                                            key, Request.cmd(Command.EXISTS).arg(key)))
                            .toInteger())
                    .isEqualTo(1);
        }
        run(loop, redis::close);
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
