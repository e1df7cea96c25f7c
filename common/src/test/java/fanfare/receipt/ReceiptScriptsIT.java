package fanfare.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.config.RedisConfig;
import fanfare.receipt.ReceiptWriter.Call;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import fanfare.redis.ServerTime;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The record as Redis keeps it, whatever the order and number of the calls. */
@ExtendWith(VertxExtension.class)
class ReceiptScriptsIT {
    private static final int MINUTE_MS = 60_000;

    private final String id = UUID.randomUUID().toString();
    private Context loop;
    private Keys keys;
    private RedisLinks redis;
    private ReceiptWriter writer;
    private ReceiptReader reader;

    @BeforeEach
    void open(Vertx vertx) throws Exception {
        RedisConfig config = new RedisConfig(RedisServer.shared().url(), "test-" + UUID.randomUUID() + ":");
        keys = new Keys(config.prefix());
        loop = vertx.getOrCreateContext();
        redis = run(() -> Future.succeededFuture(RedisLinks.open(
                vertx,
                Shards.of(vertx, config),
                "receipts",
                () -> 0.5,
                new SimpleMeterRegistry(),
                new RedisLinks.Listener() {})));
        Await.until("the link is up", redis::isUp);
        writer = new ReceiptWriter(redis, keys);
        reader = new ReceiptReader(redis, keys);
    }

    @AfterEach
    void close() throws Exception {
        run(redis::close);
    }

    @Test
    void aRepeatedCallCountsOnce() throws Exception {
        long now = redisMs();
        stored(now, now + MINUTE_MS);
        List<Report> reports = List.of(
                new Report.Held(alice(now), 3, 5_000),
                new Report.Written(alice(now), "c1", "websocket", "alice", 5_001),
                new Report.Acknowledged(alice(now), "c1", 5_002),
                new Report.Counted(alice(now), 2, 1, 4));
        for (int i = 0; i < 3; i++) {
            report("g1", 7, now + MINUTE_MS, reports);
        }
        report("g1", 6, now + MINUTE_MS, reports);
        Delivery once = read();
        assertThat(List.of(once.written(), once.acknowledged(), once.notDelivered()))
                .containsExactly(3, 2, 4);
        assertThat(once.omitted()).isEqualTo(6);
        assertThat(once.gateways()).extracting(Delivery.Gateway::sessions).containsExactly(3);
        // The gateway's clock says something else altogether; what counts is how long ago it was there.
        assertThat(once.connections().get(0).ms()).isBetween(now, redisMs());
        assertThat(once.connections().get(0).acknowledgedMs())
                .isEqualTo(once.connections().get(0).ms() + 1);

        report("g1", 8, now + MINUTE_MS, List.of(new Report.Held(alice(now), 1, 5_003)));
        report("g2", 0, now + MINUTE_MS, List.of(new Report.Written(alice(now), "c1", "xhr", "alice", 5_003)));
        Delivery after = read();
        assertThat(after.gateways()).extracting(Delivery.Gateway::sessions).containsExactly(4);
        assertThat(after.written()).isEqualTo(3);
        assertThat(after.connections()).isEqualTo(once.connections());
    }

    @Test
    void whatCannotBeToldApartAnyMoreIsCounted() throws Exception {
        long now = redisMs();
        stored(now, now + MINUTE_MS);
        int all = ReceiptWriter.CONNECTIONS_MAX + 3;
        report(
                "g1",
                0,
                now + MINUTE_MS,
                IntStream.range(0, all)
                        .<Report>mapToObj(i -> new Report.Written(alice(now), "c" + i, "xhr", null, 1))
                        .toList());
        report(
                "g1",
                1,
                now + MINUTE_MS,
                IntStream.range(0, all)
                        .<Report>mapToObj(i -> new Report.Acknowledged(alice(now), "c" + i, 2))
                        .toList());
        Delivery delivery = read();
        assertThat(delivery.connections()).hasSize(ReceiptWriter.CONNECTIONS_MAX);
        assertThat(delivery.omitted()).isEqualTo(3);
        assertThat(delivery.acknowledged()).isEqualTo(all);
    }

    @Test
    void aRecordTakesNoChannelBeyondItsLimit() throws Exception {
        long now = redisMs();
        Stored what = new Stored("1-1", now, now + MINUTE_MS, 1, "/n", "e");
        List<Boolean> taken = run(() -> Future.all(IntStream.range(0, ReceiptWriter.CHANNELS_MAX + 3)
                        .mapToObj(i -> writer.stored(id, Channel.user("u" + i), what, now + MINUTE_MS, true))
                        .toList())
                .map(all -> all.<Boolean>list()));
        assertThat(taken.stream().filter(there -> there)).hasSize(ReceiptWriter.CHANNELS_MAX);
        assertThat(run(() -> writer.stored(id, Channel.user("u0"), what, now + MINUTE_MS, true)))
                .isTrue();
        String refused = "user:u" + ReceiptWriter.CHANNELS_MAX;
        report(
                "g1",
                0,
                now + MINUTE_MS,
                List.of(
                        new Report.Written(Report.place(Channel.user("u0"), now), "c1", "xhr", "u0", 1),
                        new Report.Held(refused + " " + now, 1, 1),
                        new Report.Written(refused + " " + now, "c2", "xhr", "u", 1)));
        assertThat(run(() -> redis.send("", Request.cmd(Command.HKEYS).arg(keys.receipt(id)))))
                .noneMatch(field -> field.toString().contains(refused))
                .anyMatch(field -> field.toString().equals("on user:u0 c1"));
    }

    @Test
    void anIdThatIsUsedAgainHasNoPartInTheFirstReceipt() throws Exception {
        long now = redisMs();
        stored(now, now + MINUTE_MS);
        Stored again = new Stored("1-2", now + 1, now + MINUTE_MS, 1, "/secret", "e");
        assertThat(run(() -> writer.stored(id, Channel.user("alice"), again, now + MINUTE_MS, true)))
                .isFalse();
        report(
                "g1",
                0,
                now + MINUTE_MS,
                List.of(
                        new Report.Held(alice(now + 1), 1, 1),
                        new Report.Written(alice(now + 1), "c2", "xhr", null, 1)));
        assertThat(read().gateways()).isEmpty();
        assertThat(read().connections()).isEmpty();
        // A master that is new to it gives it another position, and it is the same publication.
        Stored replayed = new Stored("2-1", now, now + MINUTE_MS, 1, "/n", "e");
        assertThat(run(() -> writer.stored(id, Channel.user("alice"), replayed, now + MINUTE_MS, true)))
                .isTrue();
    }

    @Test
    void whatIsNotKnownAsWrittenIsNotAcknowledged() throws Exception {
        long now = redisMs();
        stored(now, now + MINUTE_MS);
        report("g1", 0, now + MINUTE_MS, List.of(new Report.Acknowledged(alice(now), "c1", 2)));
        assertThat(read().acknowledged()).isZero();
    }

    @Test
    void aReceiptEndsWhenItsItemSaysSoAndStaysOver() throws Exception {
        long now = redisMs();
        // A gateway may be quicker than the publisher.
        report("g1", 0, now + MINUTE_MS, List.of(new Report.Held(alice(now), 1, 1)));
        assertThat(run(() -> reader.read(id))).isEmpty();
        stored(now, now + MINUTE_MS);
        assertThat(read().gateways()).hasSize(1);
        long leftMs = run(() -> redis.send("", Request.cmd(Command.PTTL).arg(keys.receipt(id))))
                .toLong();
        assertThat(leftMs).isBetween(1L, (long) MINUTE_MS);

        run(() -> redis.send("", Request.cmd(Command.DEL).arg(keys.receipt(id))));
        report("g1", 1, redisMs() - 1, List.of(new Report.Held(alice(now), 1, 1)));
        assertThat(run(() -> redis.send("", Request.cmd(Command.EXISTS).arg(keys.receipt(id))))
                        .toInteger())
                .isZero();
    }

    private static String alice(long serverMs) {
        return Report.place(Channel.user("alice"), serverMs);
    }

    private void stored(long serverMs, long endMs) throws Exception {
        Stored stored = new Stored("1-1", serverMs, serverMs + MINUTE_MS, 1, "/n", "e");
        assertThat(run(() -> writer.stored(id, Channel.user("alice"), stored, endMs, true)))
                .isTrue();
    }

    private void report(String gateway, long number, long endMs, List<Report> reports) throws Exception {
        run(() -> writer.report(gateway, "node", 5_003, new Call(number, id, endMs, reports)));
    }

    private Delivery read() throws Exception {
        List<Delivery> all = run(() -> reader.read(id));
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    private long redisMs() throws Exception {
        return run(() -> redis.send("", Request.cmd(Command.TIME)).map(ServerTime::msOf));
    }

    private <T> T run(Supplier<Future<T>> work) {
        return Await.on(loop, work);
    }
}
